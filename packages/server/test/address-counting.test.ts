/** What is counted by address cannot be got around with the many addresses that one IPv6 network has. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ settings: { TALLYSTICK_TRUSTED_PROXIES: '127.0.0.1/32' } })
})
afterAll(() => server.close())

async function statusFrom(ip: string, client_secret = server.billing.secret): Promise<number> {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': ip }
  const body = JSON.stringify({
    grant_type: 'client_credentials',
    client_id: server.billing.id,
    client_secret,
    audience: server.api.identifier,
  })
  return (await server.requestToken({}, { headers, body })).status
}

test('wrong secrets from one IPv6 network are counted together, and nobody else waits', async () => {
  for (let at = 1; at <= 20; at++) expect(await statusFrom(`2001:db8:0:1::${at}`, 'wrong')).toBe(401)
  expect(await statusFrom('2001:db8:0:1:ffff::1', 'wrong')).toBe(429)
  expect(await statusFrom('2001:db8:0:2::1')).toBe(200)
  expect(await statusFrom('192.0.2.1')).toBe(200)
})
