import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

test.each([
  'https://example.com',
  'example.com/path',
  'Example.com',
  '*.example.com',
  'example.com:0',
  'example.com:65536',
  'example.com:',
  'user@example.com',
  '-example.com',
  ' example.com',
  '',
])('a place that is no host or host:port is refused: %s', async (host) => {
  await expect(
    world.mine.connection.tenantSettings.update({ egress: { allow: [host] } }),
  ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('egress.allow.0') })
})

test("the tenant's name cannot be changed", async () => {
  const response = await world.mine.fetch('/api/v2/tenants/settings', {
    method: 'PATCH',
    headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
    body: '{"friendly_name":"other"}',
  })
  expect(response.status).toBe(400)
})

test('where rules may fetch from is set whole, and for this tenant alone', async () => {
  const allow = ['example.com', 'api.example.com:65535', '127.0.0.1:8080', '[::1]:443', 'internal']
  expect(await world.mine.connection.tenantSettings.update({ egress: { allow } })).toEqual({
    friendly_name: 'demo',
    egress: { allow },
  })
  expect(await world.mine.connection.tenantSettings.update({})).toMatchObject({ egress: { allow } })
  expect(await world.mine.connection.tenantSettings.get()).toMatchObject({ egress: { allow } })
  expect((await world.theirs.connection.tenantSettings.get()).egress.allow).toEqual([])
  await world.mine.connection.tenantSettings.update({ egress: { allow: [] } })
  expect((await world.mine.connection.tenantSettings.get()).egress.allow).toEqual([])
})
