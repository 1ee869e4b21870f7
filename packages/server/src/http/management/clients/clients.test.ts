import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { named } from '../../../../test/named-cases.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import { maxMetadataLength, maxMetadataMembers, parseClientId } from '../../../domain/client.ts'
import { SecretText } from '../../../keys/secret/secret-text.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

async function isSecretOf(id: string, secret: string): Promise<boolean> {
  const found = await world.rooms.storage.clients.findWithSecrets(
    world.mine.tenant.id,
    parseClientId(id) ?? world.mine.operatorId,
  )
  const hashes = found?.secrets.map(({ hash }) => hash) ?? []
  return world.rooms.hashing.placeOf(new SecretText(secret), hashes) !== undefined
}

const refused: [body: string, message: string][] = [
  ['[]', "'Expected type object'"],
  ['{}', "'Missing required property: name'"],
  ['{"name":""}', "'It must NOT have fewer than 1 characters' on property name"],
  ['{"name":"<b>"}', 'on property name'],
  [
    '{"name":"x","client_secret":"chosen"}',
    "rotate-secret makes a new one and shows it once' on property client_secret",
  ],
  ['{"name":"x","client_id":"chosen"}', "'Additional properties not allowed: client_id'"],
  [
    '{"name":"x","token_endpoint_auth_method":"tls_client_auth"}',
    "'Expected one of: client_secret_post, client_secret_basic, none, federated_jwt, null' on property token_endpoint_auth_method",
  ],
  ['{"name":"x","grant_types":["client_credential"]}', 'on property grant_types.0'],
  ['{"name":"x","client_metadata":{"a":1}}', "'Expected type string' on property client_metadata.a"],
  ['{"name":"x","require_proof_of_possession":"yes"}', 'on property require_proof_of_possession'],
  ['{"name":"x","token_quota":{"client_credentials":{"enforce":true}}}', 'on property token_quota'],
  ['{"name":"x","enabled":"yes"}', "'Expected type boolean' on property enabled"],
  [
    JSON.stringify({ name: 'x', client_metadata: { [`k${'x'.repeat(maxMetadataLength)}`]: 'v' } }),
    'Property name not allowed',
  ],
  [
    JSON.stringify({ name: 'x', custom_login_page: 'x'.repeat(20_001) }),
    'the members that are kept without being used have more than 20000 bytes together',
  ],
]
test.each(named(refused))('creating a client is refused: %s', async (_name, sent, message) => {
  const { status, body } = await world.mine.send('POST', '/clients', sent)
  expect([status, body.errorCode]).toEqual([400, 'invalid_body'])
  expect(body.message).toContain(message)
})

test.each(['__proto__', 'constructor', 'prototype'])(
  'a member named %s is refused, in the body and in its metadata',
  async (name) => {
    expect(
      (await world.mine.send('POST', '/clients', `{"name":"x","${name}":{"prototype":{}}}`)).status,
    ).toBe(400)
    expect(
      (await world.mine.send('POST', '/clients', `{"name":"x","client_metadata":{"${name}":"y"}}`)).status,
    ).toBe(400)
    expect(Object.prototype).not.toHaveProperty('y')
  },
)

test('what is nested too deep to be written down is refused', async () => {
  const { status } = await world.mine.send(
    'POST',
    '/clients',
    `{"name":"x","addons":{"a":${'['.repeat(9000)}${']'.repeat(9000)}}}`,
  )
  expect([201, 400]).toContain(status)
  const deeper = await world.mine.send(
    'POST',
    '/clients',
    `{"name":"x","addons":{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}}`,
  )
  expect(deeper.status).toBe(400)
})

test('a client is made from its name alone, and its secret is shown this once', async () => {
  const { status, body } = await world.mine.send('POST', '/clients', '{"name":"from its name"}')
  expect(status).toBe(201)
  expect(body).toMatchObject({
    tenant: 'demo',
    global: false,
    client_id: expect.stringMatching(/^[0-9A-Za-z]{32}$/),
    client_secret: expect.stringMatching(/^tsk_client_[0-9A-Za-z]{49}$/),
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'client_secret_post',
    client_metadata: {},
    enabled: true,
    is_first_party: true,
    oidc_conformant: false,
    cross_origin_authentication: false,
  })
  const id = String(body.client_id)
  expect(await isSecretOf(id, String(body.client_secret))).toBe(true)
  expect(await world.mine.connection.clients.get(id)).not.toHaveProperty('client_secret')
  expect(await world.mine.connection.clients.update(id, {})).not.toHaveProperty('client_secret')
  const { clients } = await world.mine.connection.clients.list({ per_page: 100 })
  expect(clients.filter((client) => 'client_secret' in client)).toEqual([])
})

test('rotating the secret ends the old one at once', async () => {
  const made = await world.mine.connection.clients.create({ name: 'rotated' })
  const rotated = await world.mine.connection.clients.rotateSecret(made.client_id)
  expect(await isSecretOf(made.client_id, String(made.client_secret))).toBe(false)
  expect(await isSecretOf(made.client_id, rotated.client_secret)).toBe(true)
})

test('metadata is merged: null removes a member, an empty object removes all', async () => {
  const { clients } = world.mine.connection
  const { client_id: id } = await clients.create({ name: 'm', client_metadata: { a: '1', b: '2' } })
  const merged = await clients.update(id, { client_metadata: { b: null, c: '3' } })
  expect(merged.client_metadata).toEqual({ a: '1', c: '3' })
  expect((await clients.update(id, { name: 'n' })).client_metadata).toEqual({ a: '1', c: '3' })
  expect((await clients.update(id, { client_metadata: {} })).client_metadata).toEqual({})
})

test('metadata holds ten members and not one more, counted after the merge', async () => {
  const { clients } = world.mine.connection
  const members = Object.fromEntries(Array.from({ length: maxMetadataMembers }, (_, i) => [`k${i}`, 'v']))
  const { client_id: id } = await clients.create({ name: 'full', client_metadata: members })
  await expect(clients.update(id, { client_metadata: { one: 'more' } })).rejects.toMatchObject({
    status: 400,
  })
  const swapped = await clients.update(id, { client_metadata: { k0: null, one: 'more' } })
  expect(Object.keys(swapped.client_metadata)).toHaveLength(maxMetadataMembers)
})

test('a page past the end is an empty list, and bad pages are refused by name', async () => {
  const beyond = await world.mine.connection.clients.list({ page: 1000 })
  expect([beyond.clients, beyond.start, beyond.limit]).toEqual([[], 50_000, 50])
  expect(beyond.total).toBeGreaterThan(0)
  const queries = [
    ...['per_page=101', 'per_page=0', 'per_page=-1', 'per_page=1e2', 'per_page=1000000000'],
    ...['page=x', 'page=-1', 'page=1e9', 'page=1&page=2', 'include_totals=1', 'sort=name', '__proto__=1'],
  ]
  for (const query of queries) {
    const response = await world.mine.fetch(`/api/v2/clients?${query}`, {
      headers: { authorization: `Bearer ${await world.mine.token()}` },
    })
    expect([query, response.status, await response.json()]).toMatchObject([
      query,
      400,
      { errorCode: 'invalid_query_string' },
    ])
  }
})

test('without include_totals a list is a bare array', async () => {
  const response = await world.mine.fetch('/api/v2/clients?per_page=1', {
    headers: { authorization: `Bearer ${await world.mine.token()}` },
  })
  expect(await response.json()).toHaveLength(1)
})

async function idsListed(query: string): Promise<unknown[]> {
  const response = await world.mine.fetch(`/api/v2/clients?per_page=100&${query}`, {
    headers: { authorization: `Bearer ${await world.mine.token()}` },
  })
  const clients: unknown = await response.json()
  return Array.isArray(clients) ? clients.map(({ client_id }) => client_id) : [response.status]
}

test('a list can be narrowed to types of application and to first-party clients; there is no global client', async () => {
  const { clients } = world.mine.connection
  const spa = await clients.create({ name: 'spa', app_type: 'spa', is_first_party: false })
  const machine = await clients.create({ name: 'machine', app_type: 'non_interactive' })
  const both = [spa.client_id, machine.client_id]
  expect((await idsListed('app_type=spa,non_interactive')).filter((id) => both.includes(String(id)))).toEqual(
    both,
  )
  expect(await idsListed('app_type=spa')).toContain(spa.client_id)
  expect(await idsListed('app_type=spa')).not.toContain(machine.client_id)
  expect(await idsListed('is_first_party=false')).toContain(spa.client_id)
  expect(await idsListed('is_first_party=true')).not.toContain(spa.client_id)
  expect(await idsListed('is_global=false')).toEqual(expect.arrayContaining(both))
  expect(await idsListed('is_global=true')).toEqual([403])
  for (const query of [
    'q=name:x',
    'external_client_id=x',
    'app_type=',
    'app_type=a%27b',
    'is_global=maybe',
  ]) {
    expect(await idsListed(query)).toEqual([400])
  }
})

test('which keys count is told to those who may read credentials, and keys come with a client from those who may add them', async () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const body = {
    name: 'with a key',
    client_authentication_methods: {
      private_key_jwt: { credentials: [{ credential_type: 'public_key' as const, pem }] },
    },
  }
  const without = await world.mine.connectionWith(['create:clients', 'read:clients'])
  await expect(without.clients.create(body)).rejects.toMatchObject({
    status: 403,
    code: 'insufficient_scope',
  })
  const { client_id: id } = await world.mine.connection.clients.create(body)
  expect(await world.mine.connection.clients.get(id)).toHaveProperty('client_authentication_methods')
  expect(await without.clients.get(id)).not.toHaveProperty('client_authentication_methods')
  expect(await without.clients.get(id)).toMatchObject({ token_endpoint_auth_method: null })
})
