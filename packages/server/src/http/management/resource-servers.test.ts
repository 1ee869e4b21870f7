import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../test/two-tenants.ts'

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

test.each([
  'https://api.example.com/with/slashes/',
  'urn:ünïcödé 漢字',
  'a b?c#d%2F&e=f',
  `https://long.example.com/${'ä'.repeat(570)}`,
])('an API is found under its identifier, byte for byte: %.40s', async (identifier) => {
  const { resourceServers } = world.mine.connection
  const made = await resourceServers.create({ identifier, name: 'named' })
  expect(made.identifier).toBe(identifier)
  expect(await resourceServers.get(identifier)).toEqual(made)
  await expect(resourceServers.get(`${identifier}/`)).rejects.toMatchObject({ status: 404 })
  await resourceServers.delete(identifier)
  await expect(resourceServers.get(made.id)).rejects.toMatchObject({ status: 404 })
})

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
