import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { named } from '../../../../test/named-cases.ts'
import { nextRsaPair } from '../../../../test/rsa-pairs.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

const encryptionPair = nextRsaPair()
const spki = (key: KeyObject) => String(key.export({ type: 'spki', format: 'pem' }))
const weakPem = spki(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)
const encryptedWith = (key: object) => ({
  format: 'compact-nested-jwe' as const,
  encryption_key: { alg: 'RSA-OAEP-256' as const, pem: spki(encryptionPair.publicKey), ...key },
})

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

test('an API that answers to the management audience cannot be made', async () => {
  const { connection, issuer } = world.mine
  await expect(
    connection.resourceServers.create({ identifier: issuer.managementAudience }),
  ).rejects.toMatchObject({ status: 409, code: 'conflict' })
})

test('a second API with the same identifier is a conflict; another tenant may have it', async () => {
  const identifier = 'https://same.example.com/'
  await world.mine.connection.resourceServers.create({ identifier })
  await expect(world.mine.connection.resourceServers.create({ identifier })).rejects.toMatchObject({
    status: 409,
    code: 'conflict',
  })
  await world.theirs.connection.resourceServers.create({ identifier })
})

test('the management API is listed first under its audience and cannot be changed or deleted', async () => {
  const { connection, issuer } = world.mine
  const { resource_servers: listed } = await connection.resourceServers.list()
  const [system] = listed
  expect(system).toMatchObject({ is_system: true, identifier: issuer.managementAudience })
  for (const id of [system?.id ?? '', issuer.managementAudience]) {
    const refusal = { status: 403, code: 'operation_not_supported' }
    await expect(connection.resourceServers.update(id, { name: 'mine' })).rejects.toMatchObject(refusal)
    await expect(connection.resourceServers.delete(id)).rejects.toMatchObject(refusal)
  }
})

test('an identifier never changes', async () => {
  const { id } = await world.mine.connection.resourceServers.create({ identifier: 'urn:fixed' })
  const response = await world.mine.fetch(`/api/v2/resource-servers/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
    body: '{"identifier":"urn:other"}',
  })
  expect(await response.json()).toMatchObject({
    statusCode: 400,
    message: "Payload validation error: 'Additional properties not allowed: identifier'.",
  })
})

const identifiers = [
  'https://api.example.com/with/slashes/',
  'urn:ünïcödé 漢字',
  'a b?c#d%2F&e=f',
  `https://long.example.com/${'ä'.repeat(570)}`,
].map((identifier): [string] => [identifier])
test.each(named(identifiers))(
  'an API is found under its identifier, byte for byte: %s',
  async (_name, identifier) => {
    const { resourceServers } = world.mine.connection
    const made = await resourceServers.create({ identifier, name: 'named' })
    expect(made.identifier).toBe(identifier)
    expect(await resourceServers.get(identifier)).toEqual(made)
    await expect(resourceServers.get(`${identifier}/`)).rejects.toMatchObject({ status: 404 })
    await resourceServers.delete(identifier)
    await expect(resourceServers.get(made.id)).rejects.toMatchObject({ status: 404 })
  },
)

test.each([
  { identifier: '' },
  { identifier: ' urn:x' },
  { identifier: 'urn:\n' },
  { identifier: 'x'.repeat(601) },
  { identifier: 'urn:a', token_lifetime: 0 },
  { identifier: 'urn:a', token_lifetime: 2_592_001 },
  { identifier: 'urn:a', scopes: [{ value: 'two words' }] },
  { identifier: 'urn:a', scopes: [{ value: 'twice' }, { value: 'twice' }] },
  { identifier: 'urn:a', token_encryption: { format: 'compact-nested-jwe' } as unknown as null },
])('an API with a member out of its limits is refused: %j', async (body) => {
  await expect(world.mine.connection.resourceServers.create(body)).rejects.toMatchObject({
    status: 400,
    code: 'invalid_body',
  })
})

test('a token dialect comes with the profile of the tenant unless it is chosen', async () => {
  const identifier = 'urn:dialect'
  const rfc = await world.mine.connection.resourceServers.create({ identifier })
  expect([rfc.token_dialect, rfc.signing_alg, rfc.token_lifetime, rfc.rule_scopes]).toEqual([
    'rfc9068_profile',
    'RS256',
    86_400,
    'any',
  ])
  expect((await world.theirs.connection.resourceServers.create({ identifier })).token_dialect).toBe(
    'access_token',
  )
  const chosen = await world.mine.connection.resourceServers.update(identifier, {
    token_dialect: 'access_token',
    signing_alg: 'EdDSA',
    rule_scopes: 'grant',
  })
  expect([chosen.token_dialect, chosen.signing_alg, chosen.rule_scopes]).toEqual([
    'access_token',
    'EdDSA',
    'grant',
  ])
})

test('an API is told with what Auth0 tells of it, whatever was sent', async () => {
  const { resourceServers } = world.mine.connection
  const made = await resourceServers.create({ identifier: 'urn:plain' })
  expect(made).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{24}$/),
    identifier: 'urn:plain',
    name: 'urn:plain',
    scopes: [],
    allow_offline_access: false,
    skip_consent_for_verifiable_first_party_clients: false,
    subject_type_authorization: {
      client: { policy: 'require_client_grant' },
      user: { policy: 'allow_all' },
    },
    token_lifetime: 86_400,
    token_lifetime_for_web: 7200,
    signing_alg: 'RS256',
    token_dialect: 'rfc9068_profile',
    token_format: 'jwt',
    token_status_list: false,
    rule_scopes: 'any',
  })
  const { id, identifier, ...exported } = made
  expect(await resourceServers.update(id, exported)).toEqual(made)
  const users = { subject_type_authorization: { user: { policy: 'deny_all' } } } as const
  expect((await resourceServers.update(id, users)).subject_type_authorization).toEqual({
    client: { policy: 'require_client_grant' },
    ...users.subject_type_authorization,
  })
})

test.each([
  { proof_of_possession: { mechanism: 'tls', required: true } },
  { proof_of_possession: { mechanism: 'mtls' } },
  { token_encryption: { format: 'compact-nested-jwe', encryption_key: { name: 'k', alg: 'RSA-OAEP-256' } } },
  { token_encryption: encryptedWith({ alg: 'RSA-OAEP' }) },
  { token_encryption: encryptedWith({ alg: 'A256KW' }) },
  { token_encryption: encryptedWith({ alg: 'ECDH-ES+A256KW' }) },
  { token_encryption: encryptedWith({ pem: 'no key' }) },
  { token_encryption: encryptedWith({ pem: weakPem }) },
  { token_encryption: encryptedWith({ kid: '' }) },
  { token_encryption: encryptedWith({ d: 'private' }) },
  { token_encryption: { ...encryptedWith({}), format: 'jwe' } },
  { authorization_details: [{ type: 'payment' }] },
  { subject_type_authorization: { client: { policy: 'allow_all' } } },
  { signing_secret: 'a secret without a use' },
  { signing_alg: 'HS256', signing_secret: 'fifteen letters' },
  { signing_alg: 'HS512' },
  { token_dialect: 'opaque' },
  { identifiers: 'urn:x' },
])('what would promise something that is not here is refused by its name: %j', async (member) => {
  const response = await send('POST', '', { identifier: 'urn:promising', ...member })
  expect(response).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } })
  const [name = ''] = Object.keys(member).slice(-1)
  expect(response.body.message).toContain(name)
  expect((await send('GET', '/urn:promising')).status).toBe(404)
})

test('a private key to encrypt with is refused, and is nowhere afterwards', async () => {
  const pem = String(encryptionPair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const sent = { identifier: 'urn:private', token_encryption: encryptedWith({ pem }) }
  const refused = await send('POST', '', sent)
  expect(refused).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } })
  expect(refused.body.message).toContain('private key')
  const secret = pem.split('\n')[3] ?? ''
  expect(JSON.stringify(refused.body)).not.toContain(secret)
  for (const name of readdirSync(world.dataDir)) {
    expect(readFileSync(join(world.dataDir, name)).includes(secret)).toBe(false)
  }
})

test('the key that tokens are encrypted with is told as a public key, and null ends it', async () => {
  const { resourceServers } = world.mine.connection
  const token_encryption = encryptedWith({ name: 'of the API', kid: 'k1' })
  const made = await resourceServers.create({ identifier: 'urn:encrypted', token_encryption })
  expect(made.token_encryption).toEqual(token_encryption)
  const renamed = await resourceServers.update('urn:encrypted', { name: 'Closed' })
  expect(renamed).toEqual({ ...made, name: 'Closed' })
  await resourceServers.update('urn:encrypted', { token_encryption: null })
  expect(await resourceServers.get('urn:encrypted')).not.toHaveProperty('token_encryption')
})

test.each([
  { mechanism: 'mtls', required: true },
  { mechanism: 'dpop', required: false },
  { mechanism: 'mtls', required: true, required_for: 'public_clients' },
  { mechanism: 'dpop', required: true, required_for: 'all_clients' },
])('how its tokens are bound is told as it was sent, stays, and can be taken back: %j', async (sent) => {
  const identifier = `urn:bound:${JSON.stringify(sent)}`
  const made = await send('POST', '', { identifier, proof_of_possession: sent })
  const id = `/${String(made.body.id)}`
  expect(made.body.proof_of_possession).toEqual(sent)
  expect((await send('PATCH', id, { name: 'another' })).body.proof_of_possession).toEqual(sent)
  expect((await send('PATCH', id, { proof_of_possession: null })).body).not.toHaveProperty(
    'proof_of_possession',
  )
  expect((await send('GET', id)).body).not.toHaveProperty('proof_of_possession')
})

test('what asks for nothing is kept', async () => {
  const asksNothing = {
    authorization_details: [{ type: 'none' }],
    consent_policy: 'transactional-authorization-with-mfa',
    allow_offline_access: true,
    token_lifetime_for_web: 600,
    enforce_policies: false,
  }
  const nothing = { token_encryption: null, authorization_policy: null }
  const made = await send('POST', '', { identifier: 'urn:quiet', ...asksNothing, ...nothing })
  expect(made.body).toMatchObject(asksNothing)
  expect(made.body).not.toHaveProperty('token_encryption')
})

test('the secret of HS256 is told once, and is nowhere else', async () => {
  const { resourceServers } = world.mine.connection
  const identifier = 'urn:hs256'
  const made = await resourceServers.create({ identifier, signing_alg: 'HS256' })
  expect(made.signing_secret).toMatch(/^tsk_api_[0-9A-Za-z]{49}$/)
  const { signing_secret: _, ...told } = made
  expect(await resourceServers.get(identifier)).toEqual(told)
  expect((await resourceServers.list({ per_page: 100 })).resource_servers).toContainEqual(told)
  // One that is there stays, and one that is sent is known to who sent it.
  expect(await resourceServers.update(identifier, { signing_alg: 'HS256' })).toEqual(told)
  const sent = { signing_secret: 'chosen by the operator' }
  expect(await resourceServers.update(identifier, sent)).toEqual(told)
  const { tenant } = world.mine
  const stored = (await world.rooms.storage.resourceServers.list(tenant.id, { offset: 0, limit: 100 })).find(
    (api) => api.identifier === identifier,
  )
  expect(JSON.stringify(stored)).not.toContain(sent.signing_secret)

  expect(await resourceServers.update(identifier, { signing_alg: 'ES256' })).toEqual({
    ...told,
    signing_alg: 'ES256',
  })
  const renewed = await resourceServers.update(identifier, { signing_alg: 'HS256' })
  expect(renewed.signing_secret).toMatch(/^tsk_api_/)
})

test('APIs are found by their identifiers, those of others not among them', async () => {
  const identifiers = ['https://found.example.com/a/', 'https://found.example.com/b?c&d']
  for (const identifier of identifiers) await world.mine.connection.resourceServers.create({ identifier })
  const found = async (...asked: string[]) => {
    const query = asked.map((identifier) => `identifiers=${encodeURIComponent(identifier)}`).join('&')
    const { body } = await send('GET', `?${query}&include_totals=true&fields=identifier`)
    return [body.total, body.resource_servers]
  }
  expect(await found(...identifiers.toReversed(), 'urn:nothing', identifiers[0] ?? '')).toEqual([
    2,
    identifiers.map((identifier) => ({ identifier })),
  ])
  const { managementAudience } = world.mine.issuer
  expect(await found(managementAudience)).toEqual([1, [{ identifier: managementAudience }]])
  expect(await found(world.theirs.issuer.managementAudience)).toEqual([0, []])
  expect((await send('GET', `?${'identifiers=x&'.repeat(11)}`)).status).toBe(400)
})

test('an API may have a thousand scopes, and not one more', async () => {
  const scopes = Array.from({ length: 1001 }, (_, at) => ({ value: `scope:${at}` }))
  expect((await send('POST', '', { identifier: 'urn:many', scopes })).status).toBe(400)
  expect((await send('POST', '', { identifier: 'urn:many', scopes: scopes.slice(1) })).status).toBe(201)
})

function send(method: string, path: string, body?: unknown) {
  return world.mine.send(method, `/resource-servers${path}`, body)
}
