/** Nobody gains, or gives away, management scopes that they do not hold. */
import { managementScopes } from '@tallystick/management-api/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const forClientsAndGrants = managementScopes.filter((scope) => /client/.test(scope))
const beyond = { status: 403, code: 'insufficient_scope' }

test('a management scope can be granted only by who holds it, to a new client or in a changed grant', async () => {
  const operator = await world.mine.connectionWith(forClientsAndGrants)
  const { client_id } = await operator.clients.create({ name: 'deputy' })
  const audience = world.mine.issuer.managementAudience
  await expect(
    operator.clientGrants.create({ client_id, audience, scope: ['read:clients', 'update:tenant_settings'] }),
  ).rejects.toMatchObject(beyond)
  const { id } = await operator.clientGrants.create({ client_id, audience, scope: ['read:clients'] })
  await expect(operator.clientGrants.update(id, { scope: [...managementScopes] })).rejects.toMatchObject(
    beyond,
  )
  expect((await operator.clientGrants.get(id)).scope).toEqual(['read:clients'])
  expect((await operator.clientGrants.update(id, { scope: ['update:clients'] })).scope).toEqual([
    'update:clients',
  ])
})

test('an operator cannot widen the grant of their own client', async () => {
  const operator = await world.mine.connectionWith(forClientsAndGrants)
  const { client_grants: grants } = await operator.clientGrants.list({ client_id: world.mine.operatorId })
  await expect(
    operator.clientGrants.update(grants[0]?.id ?? '', { scope: [...managementScopes] }),
  ).rejects.toMatchObject(beyond)
})

test('a client with more management scopes can be neither changed nor given a new secret', async () => {
  const operator = await world.mine.connectionWith(forClientsAndGrants)
  const admin = world.mine.operatorId
  await expect(operator.clients.rotateSecret(admin)).rejects.toMatchObject(beyond)
  await expect(operator.clients.update(admin, { enabled: true })).rejects.toMatchObject(beyond)
  await expect(world.mine.connection.clients.update(admin, {})).resolves.toMatchObject({ client_id: admin })
})

test('a client with more management scopes cannot be deleted, and its grant neither cut nor deleted', async () => {
  const { clients, clientGrants } = world.mine.connection
  const audience = world.mine.issuer.managementAudience
  const { client_id } = await clients.create({ name: 'auditor' })
  const grant = await clientGrants.create({ client_id, audience, scope: ['read:clients', 'read:logs'] })
  const operator = await world.mine.connectionWith(forClientsAndGrants)
  await expect(operator.clients.delete(client_id)).rejects.toMatchObject(beyond)
  for (const change of [{ scope: [] }, { scope: ['read:clients'] }, {}]) {
    await expect(operator.clientGrants.update(grant.id, change)).rejects.toMatchObject(beyond)
  }
  await expect(operator.clientGrants.delete(grant.id)).rejects.toMatchObject(beyond)
  expect(await clientGrants.get(grant.id)).toEqual(grant)
  await clientGrants.update(grant.id, { scope: ['read:clients'] })
  await operator.clientGrants.delete(grant.id)
  await operator.clients.delete(client_id)
})

test('scopes of other APIs may be granted by whoever may grant', async () => {
  const audience = 'urn:payments'
  await world.mine.connection.resourceServers.create({ identifier: audience, scopes: [{ value: 'pay' }] })
  const operator = await world.mine.connectionWith(forClientsAndGrants)
  const { client_id } = await operator.clients.create({ name: 'till' })
  const grant = await operator.clientGrants.create({ client_id, audience, scope: ['pay'] })
  expect(grant).toMatchObject({
    client_id,
    audience,
    scope: ['pay'],
    id: expect.stringMatching(/^cgr_\w{16}$/),
  })
})

test("a grant on another tenant's client or API is refused like one on nothing", async () => {
  const foreignApi = 'urn:foreign'
  await world.theirs.connection.resourceServers.create({ identifier: foreignApi })
  const foreign = await world.theirs.connection.clients.create({ name: 'foreign' })
  const own = await world.mine.connection.clients.create({ name: 'own' })
  const ownApi = await world.mine.connection.resourceServers.create({ identifier: 'urn:own' })
  const { clientGrants } = world.mine.connection
  const onClient = { client_id: foreign.client_id, audience: 'urn:own', scope: [] }
  await expect(clientGrants.create(onClient)).rejects.toMatchObject({
    status: 404,
    code: 'inexistent_client',
  })
  for (const audience of [foreignApi, world.theirs.issuer.managementAudience, 'urn:nothing', ownApi.id]) {
    await expect(
      clientGrants.create({ client_id: own.client_id, audience, scope: [] }),
    ).rejects.toMatchObject({
      status: 404,
      message: 'The resource server does not exist',
    })
  }
})

test('a second grant of one audience to one client is a conflict; a scope that is not offered is refused', async () => {
  const audience = 'urn:single'
  await world.mine.connection.resourceServers.create({ identifier: audience, scopes: [{ value: 'a' }] })
  const { client_id } = await world.mine.connection.clients.create({ name: 'single' })
  const { clientGrants } = world.mine.connection
  await expect(clientGrants.create({ client_id, audience, scope: ['b'] })).rejects.toMatchObject({
    status: 400,
  })
  await clientGrants.create({ client_id, audience, scope: ['a'] })
  await expect(clientGrants.create({ client_id, audience, scope: ['a'] })).rejects.toMatchObject({
    status: 409,
  })
  expect((await clientGrants.list({ audience })).client_grants).toHaveLength(1)
  expect((await clientGrants.list({ audience: 'urn:nothing' })).total).toBe(0)
  expect((await clientGrants.list({ audience, client_id: world.mine.operatorId })).total).toBe(0)
})
