import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { managementScopes } from '@tallystick/management-api/contract'
import { calculateJwkThumbprint } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKeyPair } from '../../../../test/assertion-client.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import { createAuthority } from '../../../keys/tls/private-authority.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const publicKey = 'public_key' as const
const rsa = createKeyPair('RS256')
const ec = createKeyPair('ES256')
const rsaKey = { credential_type: publicKey, pem: rsa.pem }
const ecKey = { credential_type: publicKey, pem: ec.pem }
const nobody = 'n'.repeat(32)

async function newClient(): Promise<string> {
  const { client_id } = await world.mine.connection.clients.create({ name: 'with keys' })
  return client_id
}

async function post(id: string, body: unknown) {
  const response = await world.mine.fetch(`/api/v2/clients/${id}/credentials`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer: Record<string, unknown> = Object(await response.json())
  return { status: response.status, answer }
}

const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const ecJwk = ec.publicKey.export({ format: 'jwk' })
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
const refused: [name: string, body: Record<string, unknown>, words: string][] = [
  ['without a type', { pem: rsa.pem }, "'Missing required property: credential_type'"],
  ['of a type nobody knows', { ...rsaKey, credential_type: 'password' }, 'Expected one of: public_key'],
  [
    'without a key',
    { credential_type: publicKey },
    "'Send the public key once, as pem or as jwk' on property pem",
  ],
  ['with two keys', { ...rsaKey, jwk: { kty: 'RSA' } }, 'Send the public key once'],
  ['with a private key', { ...rsaKey, pem: privatePem }, 'must never leave its owner'],
  [
    'with a private JWK',
    { credential_type: publicKey, jwk: ec.privateKey.export({ format: 'jwk' }) },
    'on property jwk',
  ],
  [
    'with a key off its curve',
    { credential_type: publicKey, jwk: { ...ecJwk, x: ecJwk.y, y: ecJwk.x } },
    'on property jwk',
  ],
  [
    'with the exponent 1',
    { credential_type: publicKey, jwk: { ...rsa.publicKey.export({ format: 'jwk' }), e: 'AQ' } },
    'on property jwk',
  ],
  ['with a shared secret', { credential_type: publicKey, jwk: { kty: 'oct', k: 'AAAA' } }, 'on property jwk'],
  [
    'with a weak key',
    { ...rsaKey, pem: weak.publicKey.export({ type: 'spki', format: 'pem' }) },
    '1024 bits',
  ],
  [
    'with an algorithm of another key',
    { ...rsaKey, alg: 'ES256' },
    "RS256, RS384, PS256 alone' on property alg",
  ],
  ['with an algorithm nobody offers', { ...rsaKey, alg: 'HS256' }, 'Expected one of: RS256'],
  [
    'with a JWK for another algorithm',
    { credential_type: publicKey, jwk: { ...rsa.publicKey.export({ format: 'jwk' }), alg: 'RS512' } },
    'on property alg',
  ],
  ['with a kid that is a path', { ...rsaKey, kid: '../x' }, 'on property kid'],
  [
    'that expired',
    { ...rsaKey, expires_at: '2020-01-01T00:00:00Z' },
    "'It has expired already' on property expires_at",
  ],
  ['that expires on no day', { ...rsaKey, expires_at: '2099-02-30T00:00:00Z' }, "'There is no such moment'"],
  ['that expires at no hour', { ...rsaKey, expires_at: '2099-02-01T25:00:00Z' }, "'There is no such moment'"],
  ['that expires some day', { ...rsaKey, expires_at: 'tomorrow' }, 'on property expires_at'],
  ['that expires with a key', { ...rsaKey, parse_expiry_from_cert: true }, 'The pem is no certificate'],
  [
    'that expires twice',
    { ...rsaKey, parse_expiry_from_cert: true, expires_at: '2099-01-01T00:00:00Z' },
    'and not both',
  ],
  ['with a member nobody knows', { ...rsaKey, usage: 'x' }, "'Additional properties not allowed: usage'"],
]
test.each(refused)('a credential %s is refused', async (_name, body, words) => {
  const id = await newClient()
  const { status, answer } = await post(id, body)
  expect([status, answer.errorCode]).toEqual([400, 'invalid_body'])
  expect(answer.message).toContain(words)
  expect(JSON.stringify(answer)).not.toContain(privatePem.split('\n')[1])
  expect(await world.mine.connection.clientCredentials.list(id)).toEqual([])
})

test('a third credential is refused, and of several at the same time as many as there is room for are kept', async () => {
  const id = await newClient()
  const keys = Array.from({ length: 5 }, () => ({
    credential_type: publicKey,
    pem: createKeyPair('ES256').pem,
  }))
  const answers = await Promise.all(keys.map((key) => post(id, key)))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 201).length).toBeLessThanOrEqual(2)
  expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([])
  while ((await post(id, { credential_type: publicKey, pem: createKeyPair('ES256').pem })).status === 201);
  expect(await world.mine.connection.clientCredentials.list(id)).toHaveLength(2)
})

test('two credentials of one client cannot have one kid', async () => {
  const id = await newClient()
  expect((await post(id, { ...rsaKey, kid: 'same' })).status).toBe(201)
  const second = await post(id, { ...ecKey, kid: 'same' })
  expect([second.status, second.answer.message]).toEqual([400, expect.stringContaining('on property kid')])
  const both = [rsaKey, ecKey].map((key) => ({ ...key, kid: 'same' }))
  const { status } = await world.mine.send('POST', '/clients', {
    name: 'x',
    client_authentication_methods: { private_key_jwt: { credentials: both } },
  })
  expect(status).toBe(400)
  expect((await post(await newClient(), { ...ecKey, kid: 'same' })).status).toBe(201)
})

test("what is another client's or another tenant's is not there", async () => {
  const id = await newClient()
  const { clientCredentials } = world.mine.connection
  const { id: credentialId } = await clientCredentials.create(id, rsaKey)
  const notThere = { status: 404 }
  const other = await newClient()
  await expect(clientCredentials.get(other, credentialId)).rejects.toMatchObject(notThere)
  await expect(clientCredentials.update(other, credentialId, {})).rejects.toMatchObject(notThere)
  await clientCredentials.delete(other, credentialId)
  const theirs = world.theirs.connection.clientCredentials
  await expect(theirs.list(id)).rejects.toMatchObject({ ...notThere, code: 'inexistent_client' })
  await expect(theirs.get(id, credentialId)).rejects.toMatchObject(notThere)
  await expect(theirs.create(id, ecKey)).rejects.toMatchObject(notThere)
  await expect(theirs.delete(id, credentialId)).rejects.toMatchObject(notThere)
  await expect(clientCredentials.list(nobody)).rejects.toMatchObject(notThere)
  expect(await clientCredentials.list(id)).toHaveLength(1)
})

test('nobody gives a key to a client that may do more than they do, or takes one from it', async () => {
  const admin = world.mine.operatorId
  const few = await world.mine.connectionWith([
    'create:client_credentials',
    'update:client_credentials',
    'delete:client_credentials',
    'update:clients',
  ])
  const { id } = await world.mine.connection.clientCredentials.create(admin, rsaKey)
  const above = { status: 403, code: 'insufficient_scope' }
  await expect(few.clientCredentials.create(admin, ecKey)).rejects.toMatchObject(above)
  await expect(few.clientCredentials.update(admin, id, { expires_at: null })).rejects.toMatchObject(above)
  await expect(few.clientCredentials.delete(admin, id)).rejects.toMatchObject(above)
  const activation = { private_key_jwt: { credentials: [{ id }] } }
  const change = { token_endpoint_auth_method: null, client_authentication_methods: activation }
  await expect(few.clients.update(admin, change)).rejects.toMatchObject(above)
})

test('a key that a client authenticates with cannot be deleted; one that it does not can, and again', async () => {
  const { clients, clientCredentials } = world.mine.connection
  const id = await newClient()
  const used = await clientCredentials.create(id, rsaKey)
  const unused = await clientCredentials.create(id, ecKey)
  await clients.update(id, {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { credentials: [{ id: used.id }] } },
  })
  await expect(clientCredentials.delete(id, used.id)).rejects.toMatchObject({ status: 409 })
  await clientCredentials.delete(id, unused.id)
  await clientCredentials.delete(id, unused.id)
  expect(await clientCredentials.list(id)).toEqual([used])
})

test('the last administrator keeps a key that counts', async () => {
  const { clients, clientCredentials } = world.mine.connection
  const admin = world.mine.operatorId
  const [stored] = await clientCredentials.list(admin)
  const { id } = stored ?? (await clientCredentials.create(admin, rsaKey))
  await clients.update(admin, {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { credentials: [{ id }] } },
  })
  const last = { status: 403, code: 'operation_not_supported' }
  const past = { expires_at: '2020-01-01T00:00:00Z' }
  await expect(clientCredentials.update(admin, id, past)).rejects.toMatchObject(last)
  const none = { token_endpoint_auth_method: 'none', client_authentication_methods: null } as const
  await expect(clients.update(admin, none)).rejects.toMatchObject(last)
})

test('a key goes in and is never shown; it is called by its thumbprint unless it is given a name', async () => {
  const id = await newClient()
  const jwk = rsa.publicKey.export({ format: 'jwk' })
  const { status, answer } = await post(id, rsaKey)
  expect(status).toBe(201)
  expect(answer).toEqual({
    id: expect.stringMatching(/^cred_[0-9A-Za-z]{22}$/),
    credential_type: 'public_key',
    kid: await calculateJwkThumbprint(jwk),
    alg: 'RS256',
    created_at: expect.stringMatching(/Z$/),
    updated_at: answer.created_at,
  })
  const { clientCredentials } = world.mine.connection
  expect(await clientCredentials.get(id, String(answer.id))).toEqual(answer)
  const named = {
    credential_type: publicKey,
    jwk: { ...ec.publicKey.export({ format: 'jwk' }), kid: 'mine' },
    name: 'laptop',
  }
  expect((await post(id, named)).answer).toMatchObject({ kid: 'mine', alg: 'ES256', name: 'laptop' })
  expect(JSON.stringify(await clientCredentials.list(id))).not.toContain(String(jwk.n).slice(0, 20))
})

test('a credential expires with its certificate when asked, and its end can be moved', async () => {
  const { certificate } = await createAuthority(new Date())
  const id = await newClient()
  const { clientCredentials } = world.mine.connection
  const plain = await clientCredentials.create(id, { credential_type: publicKey, pem: certificate })
  expect(plain).not.toHaveProperty('expires_at')
  await clientCredentials.delete(id, plain.id)
  const ending = await clientCredentials.create(id, {
    credential_type: publicKey,
    pem: certificate,
    parse_expiry_from_cert: true,
  })
  expect(Date.parse(ending.expires_at ?? '')).toBeGreaterThan(Date.now())
  const moved = await clientCredentials.update(id, ending.id, { expires_at: '2099-01-01T01:00:00+01:00' })
  expect(moved).toMatchObject({ kid: ending.kid, expires_at: '2099-01-01T00:00:00.000Z' })
  expect(await clientCredentials.update(id, ending.id, {})).toMatchObject({ expires_at: moved.expires_at })
  const { certificate: old } = await createAuthority(new Date('2000-01-01T00:00:00Z'))
  const ended = await post(await newClient(), {
    credential_type: publicKey,
    pem: old,
    parse_expiry_from_cert: true,
  })
  expect([ended.status, ended.answer.message]).toEqual([
    400,
    expect.stringContaining('It has expired already'),
  ])
  const endless = await clientCredentials.update(id, ending.id, { expires_at: null })
  expect(endless).not.toHaveProperty('expires_at')
})

test('each operation on credentials has a scope of its own', () => {
  const verbs = ['create', 'delete', 'read', 'update']
  expect(managementScopes).toEqual(expect.arrayContaining(verbs.map((verb) => `${verb}:client_credentials`)))
})

test('of a private key that was sent by mistake nothing is on disk, in the log or in the answers', async () => {
  const id = await newClient()
  const jwk = ec.privateKey.export({ format: 'jwk' })
  const keys = [
    { credential_type: publicKey, jwk },
    { credential_type: publicKey, pem: ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
  ]
  const answers = [
    ...(await Promise.all(keys.map((key) => world.mine.send('POST', `/clients/${id}/credentials`, key)))),
    ...(await Promise.all(
      keys.map((key) =>
        world.mine.send('POST', '/clients', {
          name: 'x',
          client_authentication_methods: { private_key_jwt: { credentials: [key] } },
        }),
      ),
    )),
  ]
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400])
  const secret = Buffer.from(String(jwk.d), 'base64url')
  const forms = [
    secret,
    ...(['base64', 'base64url', 'hex'] as const).map((form) => Buffer.from(secret.toString(form))),
  ]
  const kept = [...filesIn(world.dataDir), Buffer.from(JSON.stringify(answers))]
  expect(kept.length).toBeGreaterThan(2)
  expect(forms.some((form) => kept.some((bytes) => bytes.includes(form)))).toBe(false)
  // What was sent beside it is found in the same way: the client's name is on disk.
  expect(kept.some((bytes) => bytes.includes('with keys'))).toBe(true)
})

function filesIn(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
}
