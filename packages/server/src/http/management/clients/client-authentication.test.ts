/** How a client authenticates, changed through the management API and held against the token endpoint. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  byAssertion,
  createKeyClient,
  createKeyPair,
  signAssertion,
} from '../../../../test/assertion-client.ts'
import { invoices, startTestServer, type TestServer } from '../../../../test/test-server.ts'

let server: TestServer
let issuer: string
beforeAll(async () => {
  server = await startTestServer()
  issuer = `${server.bootstrap.origin}/`
})
afterAll(() => server.close())

const pair = createKeyPair('ES256')
const other = createKeyPair('EdDSA')
const keyOf = ({ pem }: { pem: string }) => ({ credential_type: 'public_key' as const, pem })
const activate = (...ids: string[]) => ({
  token_endpoint_auth_method: null,
  client_authentication_methods: { private_key_jwt: { credentials: ids.map((id) => ({ id })) } },
})
const toSecret = {
  token_endpoint_auth_method: 'client_secret_post',
  client_authentication_methods: null,
} as const

async function statusBySecret(client: { id: string; secret: string }): Promise<number> {
  return (await server.requestToken({ client_id: client.id, client_secret: client.secret })).status
}

async function statusByKey(clientId: string, key = pair): Promise<number> {
  return (await server.requestToken(byAssertion(await signAssertion(key, { clientId, issuer })))).status
}

const invalid = (words: string) => ({
  status: 400,
  code: 'invalid_body',
  message: expect.stringContaining(words),
})

test('a body that leaves open how the client authenticates is refused', async () => {
  const { clients, clientCredentials } = server.management
  const { id } = await server.createClient('undecided', ['read'])
  const { id: credential } = await clientCredentials.create(id, keyOf(pair))
  const { client_authentication_methods: keys } = activate(credential)
  await expect(clients.update(id, { client_authentication_methods: keys })).rejects.toMatchObject(
    invalid('Send token_endpoint_auth_method: null with it'),
  )
  await expect(
    clients.update(id, { ...activate(credential), token_endpoint_auth_method: 'none' }),
  ).rejects.toMatchObject(invalid('on property client_authentication_methods'))
  await expect(clients.update(id, { token_endpoint_auth_method: null })).rejects.toMatchObject(
    invalid('on property token_endpoint_auth_method'),
  )
  await clients.update(id, activate(credential))
  await expect(
    clients.update(id, { token_endpoint_auth_method: 'client_secret_basic' }),
  ).rejects.toMatchObject(invalid('Send client_authentication_methods: null with it'))
  await expect(clients.update(id, { client_authentication_methods: null })).rejects.toMatchObject(
    invalid('on property token_endpoint_auth_method'),
  )
  await expect(clients.create({ name: 'x', token_endpoint_auth_method: null })).rejects.toMatchObject(
    invalid('on property token_endpoint_auth_method'),
  )
})

test('only credentials that the client has can be made to count, one or two of them', async () => {
  const { clients, clientCredentials } = server.management
  const { id } = await server.createClient('borrower', ['read'])
  const theirs = await createKeyClient(server.management, pair)
  for (const credential of [theirs.credentialId, `cred_${'x'.repeat(22)}`, 'x']) {
    await expect(clients.update(id, activate(credential))).rejects.toMatchObject(
      invalid('The client has no such credential'),
    )
  }
  const one = await clientCredentials.create(id, keyOf(pair))
  await expect(clients.update(id, activate())).rejects.toMatchObject(invalid('fewer than 1'))
  await expect(clients.update(id, activate(one.id, one.id, one.id))).rejects.toMatchObject(
    invalid('more than 2'),
  )
})

test('a member that would be another way of authenticating is refused by name', async () => {
  const body = { name: 'x', client_authentication_methods: { tls_client_auth: { credentials: [] } } }
  const response = await fetch(`${server.url}/api/v2/clients`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await operatorToken()}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { message } = Object(await response.json())
  expect([response.status, message]).toEqual([400, expect.stringContaining('client_authentication_methods')])
})

async function operatorToken(): Promise<string> {
  const { client_id, client_secret, audience } = server.bootstrap.management
  return String((await server.requestToken({ client_id, client_secret, audience })).body.access_token)
}

test('while keys count the secret is kept and refused; going back brings it back', async () => {
  const { clients, clientCredentials } = server.management
  const client = await server.createClient('switching', ['read'])
  const credential = await clientCredentials.create(client.id, keyOf(pair))
  expect([await statusBySecret(client), await statusByKey(client.id)]).toEqual([200, 401])

  const active = await clients.update(client.id, activate(credential.id))
  expect(active).toMatchObject(activate(credential.id))
  expect(await clients.get(client.id)).toMatchObject(activate(credential.id))
  expect([await statusBySecret(client), await statusByKey(client.id)]).toEqual([401, 200])
  await expect(clients.rotateSecret(client.id)).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining('authenticates with its credentials'),
  })

  const back = await clients.update(client.id, toSecret)
  expect(back).not.toHaveProperty('client_authentication_methods')
  expect(back).not.toHaveProperty('client_secret')
  expect([await statusBySecret(client), await statusByKey(client.id)]).toEqual([200, 401])
})

test('a client is not changed by being sent again as it was read', async () => {
  const { clients } = server.management
  const { id } = await createKeyClient(server.management, pair)
  const { tenant: _, global: __, client_id: ___, ...members } = await clients.get(id)
  expect(await clients.update(id, { ...members, token_endpoint_auth_method: null })).toEqual(
    await clients.get(id),
  )
  expect(await clients.update(id, { token_endpoint_auth_method: null })).toMatchObject(members)
  expect(await clients.update(id, { description: 'changed' })).toMatchObject({
    ...members,
    description: 'changed',
  })
  expect(await statusByKey(id)).toBe(200)
})

test('keys turn without a gap: the new one counts beside the old one, then alone', async () => {
  const { clients, clientCredentials } = server.management
  const { id, credentialId } = await createKeyClient(server.management, pair)
  const added = await clientCredentials.create(id, keyOf(other))
  expect(await statusByKey(id, other)).toBe(401)
  await clients.update(id, activate(credentialId, added.id))
  expect([await statusByKey(id, pair), await statusByKey(id, other)]).toEqual([200, 200])
  await clients.update(id, activate(added.id))
  await clientCredentials.delete(id, credentialId)
  expect([await statusByKey(id, pair), await statusByKey(id, other)]).toEqual([401, 200])
})

test('a key that has expired proves nothing any more, and does again when its end is moved', async () => {
  const { clientCredentials } = server.management
  const { id, credentialId } = await createKeyClient(server.management, pair)
  await clientCredentials.update(id, credentialId, { expires_at: new Date(Date.now() - 1000).toISOString() })
  expect(await statusByKey(id)).toBe(401)
  await clientCredentials.update(id, credentialId, {
    expires_at: new Date(Date.now() + 60_000).toISOString(),
  })
  expect(await statusByKey(id)).toBe(200)
})

test('a client that is made with a key, or without any proof, has no secret until it is to use one', async () => {
  const { clients } = server.management
  const withKey = await clients.create({
    name: 'from a key',
    client_authentication_methods: { private_key_jwt: { credentials: [keyOf(pair)] } },
  })
  expect(withKey).not.toHaveProperty('client_secret')
  expect(withKey.token_endpoint_auth_method).toBeNull()
  const without = await clients.create({ name: 'public', token_endpoint_auth_method: 'none' })
  expect(without).not.toHaveProperty('client_secret')
  await expect(clients.rotateSecret(without.client_id)).rejects.toMatchObject({ status: 403 })
  const asked = await server.requestToken({ client_id: without.client_id, client_secret: undefined })
  expect([asked.status, asked.body.error]).toEqual([401, 'invalid_client'])

  await clients.update(without.client_id, { token_endpoint_auth_method: 'client_secret_post' })
  const { client_secret: secret } = await clients.rotateSecret(without.client_id)
  await server.management.clientGrants.create({ client_id: without.client_id, audience: invoices, scope: [] })
  expect(await statusBySecret({ id: without.client_id, secret })).toBe(200)
})
