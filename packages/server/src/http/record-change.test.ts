import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

async function newestEntry() {
  const page = { offset: 0, limit: 1, newestFirst: true }
  return (await world.rooms.storage.logEntries.list(world.mine.tenant.id, {}, page))[0]
}

test('the refusal of a body that is no JSON leaves an entry without a word of it', async () => {
  const response = await world.mine.fetch('/api/v2/clients', {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
    body: '{"client_secret": "hunter2hunter2',
  })
  expect(response.status).toBe(400)
  const entry = await newestEntry()
  expect(entry).toMatchObject({ type: 'fapi', status: 400, id: response.headers.get('x-request-id') })
  expect(JSON.stringify(entry)).not.toContain('hunter2')
})

test('of two changes that make the same thing at once, one is made and one is refused, each on record', async () => {
  const make = () => world.mine.connection.resourceServers.create({ identifier: 'urn:once' })
  const [one, other] = await Promise.allSettled([make(), make()])
  expect([one.status, other.status].toSorted()).toEqual(['fulfilled', 'rejected'])
  const { logs } = await world.mine.connection.logs.list({ per_page: 2 })
  expect(logs.map(({ type }) => type).toSorted()).toEqual(['fapi', 'sapi'])
})

test('a query string, which may hold a token, is in no entry', async () => {
  const response = await world.mine.fetch('/api/v2/clients?key=hunter2', { method: 'POST' })
  expect(response.status).toBe(401)
  expect(await newestEntry()).toMatchObject({ type: 'fapi', path: '/api/v2/clients', clientId: undefined })
})

test('a change whose entry cannot be written is not made and not answered as made', async () => {
  const { storage } = world.rooms
  const before = await storage.clients.count(world.mine.tenant.id)
  const { commitGroups } = storage
  Object.assign(storage, { commitGroups: () => Promise.reject(new Error('disk full')) })
  try {
    await expect(world.mine.connection.clients.create({ name: 'lost' })).rejects.toMatchObject({
      status: 503,
    })
  } finally {
    Object.assign(storage, { commitGroups })
  }
  expect(await storage.clients.count(world.mine.tenant.id)).toBe(before)
})
