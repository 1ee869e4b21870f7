import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

async function statusWith(authorization: string, path = '/api/v2/clients') {
  const response = await world.mine.fetch(path, { headers: { authorization } })
  return [response.status, response.headers.get('www-authenticate')]
}
const refused = [401, 'Bearer error="invalid_token"']

test.each(['Bearer', 'Basic YTpi', 'Bearer a b', 'Bearer not.a.token', 'Bearer a,Bearer b', 'token'])(
  'a header that brings no token of ours is refused: %s',
  async (authorization) => {
    expect(await statusWith(authorization)).toEqual(refused)
  },
)

test.each([
  ['another audience', { aud: 'https://api.example.com/' }],
  ['the audience without its slash', { aud: 'http://localhost/api/v2' }],
  ['another issuer', { iss: 'https://evil.example.com/' }],
  ['a past end', { exp: 1 }],
  ['no end', { exp: undefined }],
  ['a client that is not there', { client_id: 'A'.repeat(32) }],
  ['no client', { client_id: undefined }],
])('a well-signed token with %s is refused', async (_, claims) => {
  expect(await statusWith(`Bearer ${await world.mine.token(undefined, claims)}`)).toEqual(refused)
})

test('the token is sent once: in the header beside the query is refused, in the query alone is no token', async () => {
  const token = await world.mine.token()
  expect(await statusWith(`Bearer ${token}`)).toEqual([200, null])
  expect(await statusWith(`bearer ${token}`)).toEqual([200, null])
  expect(await statusWith(`Bearer ${token}`, `/api/v2/clients?access_token=${token}`)).toEqual(refused)
  const alone = await world.mine.fetch(`/api/v2/clients?access_token=${token}`)
  expect([alone.status, alone.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
})

test('a token whose client was disabled or deleted since does not count any more', async () => {
  const { client_id } = await world.mine.connection.clients.create({ name: 'leaver' })
  const token = await world.mine.token(undefined, { client_id })
  expect(await statusWith(`Bearer ${token}`)).toEqual([200, null])
  await world.mine.connection.clients.update(client_id, { enabled: false })
  expect(await statusWith(`Bearer ${token}`)).toEqual(refused)
  await world.mine.connection.clients.delete(client_id)
  expect(await statusWith(`Bearer ${token}`)).toEqual(refused)
})

test("the default dialect of Auth0's tokens is read as well", async () => {
  const claims = { client_id: undefined, azp: world.mine.operatorId }
  expect(await statusWith(`Bearer ${await world.mine.token(undefined, claims)}`)).toEqual([200, null])
})
