/** Two changes at the same time: neither undoes the other. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const code = 'module.exports = (client, scope, audience, context, cb) => cb(null, { scope })'

test('of two changes of one client both hold', async () => {
  const { clients } = world.mine.connection
  const { client_id } = await clients.create({ name: 'before' })
  await Promise.all([
    clients.update(client_id, { name: 'after' }),
    clients.update(client_id, { enabled: false }),
    clients.update(client_id, { client_metadata: { a: '1' } }),
    clients.update(client_id, { client_metadata: { b: '2' } }),
  ])
  expect(await clients.get(client_id)).toMatchObject({
    name: 'after',
    enabled: false,
    client_metadata: { a: '1', b: '2' },
  })
})

test('a rule that is disabled while its code is changed stays disabled, and has the code', async () => {
  const { rules } = world.mine.connection
  const { id } = await rules.create({ name: 'twice', code })
  await Promise.all([rules.update(id, { code: `${code}// new` }), rules.update(id, { enabled: false })])
  expect(await rules.get(id)).toMatchObject({ enabled: false, code: `${code}// new`, version: { number: 2 } })
})

test('of two changes of an API, and of the settings, both hold', async () => {
  const { resourceServers, tenantSettings } = world.mine.connection
  const { id } = await resourceServers.create({ identifier: 'urn:both' })
  await Promise.all([
    resourceServers.update(id, { name: 'Both' }),
    resourceServers.update(id, { token_lifetime: 60 }),
    tenantSettings.update({ egress: { allow: ['a.example'] } }),
    tenantSettings.update({}),
  ])
  expect(await resourceServers.get(id)).toMatchObject({ name: 'Both', token_lifetime: 60 })
  expect((await tenantSettings.get()).egress.allow).toEqual(['a.example'])
})

test('a change that is overtaken again and again is a conflict, and leaves one entry of its refusal', async () => {
  const { storage } = world.rooms
  const { connection, tenant } = world.mine
  const { client_id } = await connection.clients.create({ name: 'contended' })
  const { find } = storage.clients
  // As if another change came between each reading and its writing.
  Object.assign(storage.clients, {
    find: async (...asked: Parameters<typeof find>) => {
      const client = await find(...asked)
      return client?.name === 'contended' ? { ...client, updatedAt: new Date(0) } : client
    },
  })
  try {
    await expect(connection.clients.update(client_id, { enabled: false })).rejects.toMatchObject({
      status: 409,
      code: 'conflict',
      message: expect.stringMatching(/at the same time. Read it again/),
    })
  } finally {
    Object.assign(storage.clients, { find })
  }
  const page = { offset: 0, limit: 2, newestFirst: true }
  const types = (await storage.logEntries.list(tenant.id, {}, page)).map(({ type }) => type)
  expect(types).toEqual(['fapi', 'sapi'])
})
