/** Where a client publishes its keys, and the level of compliance that it is held to. */
import { managementScopes } from '@tallystick/management-api/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Algorithm, createKeyPair } from '../../../../test/assertion-client.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const published = (uri: string) => ({
  client_authentication_methods: { private_key_jwt: { jwks_uri: uri } },
})
const rsa = createKeyPair('RS256')
const ec = createKeyPair('ES256')
const registered = (...algorithms: Algorithm[]) => ({
  client_authentication_methods: {
    private_key_jwt: {
      credentials: algorithms.map((alg) => ({
        credential_type: 'public_key' as const,
        pem: (alg === 'ES256' ? ec : rsa).pem,
        alg,
        kid: alg,
      })),
    },
  },
})
const somewhere = 'https://billing.example.com/.well-known/jwks.json'
const invalid = (words: string) => ({ status: 400, message: expect.stringContaining(words) })

test.each([
  ['no URL', 'billing.example.com/jwks.json', 'the URL of a key set'],
  ['no URL that can be read', 'https://:80/', 'It must be a URL'],
  ['of a file', 'file:///etc/passwd', 'the URL of a key set'],
  ['with a password', 'https://me:secret@billing.example.com/', 'without credentials'],
  ['with a fragment', `${somewhere}#one`, 'without a fragment'],
  ['with an empty fragment', `${somewhere}#`, 'without a fragment'],
  ['without TLS', 'http://billing.example.com/jwks.json', 'it takes https'],
  ['of a private address', 'https://10.0.0.1/jwks.json', 'a public address'],
  ['of this host', 'https://[::1]/jwks.json', 'a public address'],
  ['of the metadata of a cloud', 'https://169.254.169.254/jwks.json', 'a public address'],
  ['with a space', 'https://billing.example.com/a b', 'the URL of a key set'],
  ['of more than 2,000 characters', `${somewhere}?${'x'.repeat(2000)}`, 'more than 2000 characters'],
])('a jwks_uri that is %s is refused', async (_name, uri, words) => {
  const { clients } = world.mine.connection
  await expect(clients.create({ name: 'x', ...published(uri) })).rejects.toMatchObject(invalid(words))
})

test('keys are kept here or published there, and never both or neither', async () => {
  const { clients } = world.mine.connection
  const both = { private_key_jwt: { ...published(somewhere).client_authentication_methods.private_key_jwt } }
  const [credential] = registered('ES256').client_authentication_methods.private_key_jwt.credentials
  for (const methods of [
    { private_key_jwt: {} },
    { private_key_jwt: { ...both.private_key_jwt, credentials: credential ? [credential] : [] } },
  ]) {
    await expect(clients.create({ name: 'x', client_authentication_methods: methods })).rejects.toMatchObject(
      invalid('one of them alone'),
    )
  }
})

test('a client turns from its secret to keys that it publishes, to a credential, and back', async () => {
  const { clients, clientCredentials } = world.mine.connection
  const { client_id: id, client_secret } = await clients.create({ name: 'turning' })
  expect(client_secret).toBeDefined()
  const byUri = { token_endpoint_auth_method: null, ...published(somewhere) }
  expect(await clients.update(id, byUri)).toMatchObject(byUri)
  expect(await clients.get(id)).toMatchObject(byUri)
  expect(await clients.update(id, { description: 'changed' })).toMatchObject(byUri)
  const credential = await clientCredentials.create(id, {
    credential_type: 'public_key',
    pem: ec.pem,
  })
  const byCredential = {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { credentials: [{ id: credential.id }] } },
  }
  const changed = await clients.update(id, byCredential)
  expect(changed.client_authentication_methods).toEqual(byCredential.client_authentication_methods)
  const back = await clients.update(id, {
    token_endpoint_auth_method: 'client_secret_basic',
    client_authentication_methods: null,
  })
  expect(back).not.toHaveProperty('client_authentication_methods')
})

test('to name where keys are published takes the scope that each of them would take; to repeat it takes none', async () => {
  const clients = (await world.mine.connectionWith(without('create:client_credentials'))).clients
  const lacking = { status: 403, message: expect.stringContaining('create:client_credentials') }
  await expect(clients.create({ name: 'x', ...published(somewhere) })).rejects.toMatchObject(lacking)
  const { client_id: id } = await world.mine.connection.clients.create({ name: 'x', ...published(somewhere) })
  await expect(clients.update(id, published(`${somewhere}?other`))).rejects.toMatchObject(lacking)
  expect(await clients.update(id, published(somewhere))).toMatchObject(published(somewhere))
  const blind = (await world.mine.connectionWith(without('read:client_credentials'))).clients
  expect(await blind.get(id)).not.toHaveProperty('client_authentication_methods')
})

function without(scope: string): string[] {
  return managementScopes.filter((one) => one !== scope)
}

const unmet: [name: string, level: string, sent: object, words: string][] = [
  [
    'a secret',
    'fapi2_sp_pkj_dpop',
    {},
    'must authenticate with private_key_jwt, and its method is client_secret_post',
  ],
  [
    'tokens of another issuer',
    'fapi2_sp_pkj_dpop',
    { token_endpoint_auth_method: 'federated_jwt' },
    'its method is federated_jwt',
  ],
  ['no proof at all', 'fapi2_sp_pkj_mtls', { token_endpoint_auth_method: 'none' }, 'its method is none'],
  [
    'a key, where certificates are asked for',
    'fapi2_sp_mtls_dpop',
    registered('ES256'),
    'tls_client_auth or',
  ],
  [
    'keys of RS256 and RS384 alone',
    'fapi2_sp_pkj_dpop',
    registered('RS256', 'RS384'),
    'those in use are for RS256, RS384',
  ],
]
test.each(unmet)('a client with %s cannot be held to %s', async (_name, level, sent, words) => {
  const made = await world.mine.send('POST', '/clients', { name: 'x', ...sent, compliance_level: level })
  expect([made.status, made.body.message]).toEqual([400, expect.stringContaining(words)])
  expect(made.body.message).toContain('on property compliance_level')
  const { client_id: id } = (await world.mine.send('POST', '/clients', { name: 'x', ...sent })).body
  const changed = await world.mine.send('PATCH', `/clients/${id}`, { compliance_level: level })
  expect([changed.status, changed.body.message]).toEqual([400, expect.stringContaining(words)])
})

test('a level nobody knows, or of FAPI 1, is refused by name', async () => {
  for (const level of ['fapi2', 'fapi1_adv_pkj_par', '']) {
    const { status, body } = await world.mine.send('POST', '/clients', { name: 'x', compliance_level: level })
    expect([status, body.message]).toEqual([
      400,
      expect.stringContaining('Expected one of: none, fapi2_sp_pkj_mtls'),
    ])
  }
})

test('a client that meets its level keeps it, cannot fall below it, and can be let out of it', async () => {
  const { clients } = world.mine.connection
  const level = 'fapi2_sp_pkj_dpop' as const
  const { client_id: id } = await clients.create({
    name: 'strict',
    ...registered('RS256', 'PS256'),
    compliance_level: level,
  })
  expect(await clients.get(id)).toMatchObject({ compliance_level: level })
  expect(await clients.update(id, { description: 'changed' })).toMatchObject({ compliance_level: level })
  const toSecret = {
    token_endpoint_auth_method: 'client_secret_post',
    client_authentication_methods: null,
  } as const
  await expect(clients.update(id, toSecret)).rejects.toMatchObject(
    invalid('its method is client_secret_post'),
  )
  expect(await clients.update(id, { ...toSecret, compliance_level: 'none' })).not.toHaveProperty(
    'compliance_level',
  )
  const { client_id: other } = await clients.create({
    name: 'published',
    ...published(somewhere),
    compliance_level: 'fapi2_sp_pkj_mtls',
  })
  expect(await clients.update(other, { compliance_level: null })).not.toHaveProperty('compliance_level')
})
