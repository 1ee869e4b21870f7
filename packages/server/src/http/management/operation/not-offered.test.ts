import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

test('a part of the API that is not offered is refused to readers for want of a scope, and not there for others', async () => {
  const headers = { authorization: `Bearer ${await world.mine.token()}` }
  const read = await world.mine.fetch('/api/v2/user-blocks/x', { headers })
  expect([read.status, await read.json()]).toMatchObject([
    403,
    { errorCode: 'insufficient_scope', message: 'Insufficient scope, expected any of: read:user_blocks' },
  ])
  const write = await world.mine.fetch('/api/v2/users', { method: 'POST', headers })
  expect(write.status).toBe(404)
  const put = await world.mine.fetch('/api/v2/clients', { method: 'PUT', headers })
  expect(put.status).toBe(404)
  expect((await world.mine.fetch('/api/v2/users')).status).toBe(401)
})

test('what is sent to a part that is not offered is not read, with or without a token', async () => {
  const unreadable = { method: 'POST', body: '{'.repeat(100_000) }
  const type = { 'content-type': 'application/json' }
  const stranger = await world.mine.fetch('/api/v2/users', { ...unreadable, headers: type })
  expect(stranger.status).toBe(401)
  const authorization = `Bearer ${await world.mine.token()}`
  const operator = await world.mine.fetch('/api/v2/users', {
    ...unreadable,
    headers: { ...type, authorization },
  })
  expect(operator.status).toBe(404)
})
