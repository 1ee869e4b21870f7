/** A rule that does not end gives no token when its time is over, whatever it waits for. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchangeUnderModule, exchangeUnderRule } from './callback-exchange.ts'
import { startWatch } from './own-time.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const limitMs = 600
let silent: Server
let port: number
let server: TestServer

beforeAll(async () => {
  silent = createServer(() => undefined)
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  port = (silent.address() as AddressInfo).port
  server = await startTestServer({
    settings: {
      TALLYSTICK_RULE_TIMEOUT_MS: String(limitMs),
      TALLYSTICK_RULE_EGRESS_PRIVATE: `127.0.0.1/32:${port}`,
    },
  })
})
afterAll(async () => {
  silent.closeAllConnections()
  silent.close()
  await server.close()
})

test('a rule that never calls back ends at the time limit', async () => {
  const sinceAsked = startWatch()
  const answer = await exchangeUnderRule(server, '')
  expect(sinceAsked()).toBeLessThan(limitMs + 2000)
  expect(answer.status).toBe(500)
  const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
  expect(JSON.stringify(entry)).toContain('timeout')
})

test('an async rule that only returns a value never answers', async () => {
  const source = 'module.exports = async () => ({ scope: ["read"] })'
  expect((await exchangeUnderModule(server, source)).status).toBe(500)
})

test('a fetch that gets no answer takes no longer than its rule may', async () => {
  await server.management.tenantSettings.update({ egress: { allow: ['127.0.0.1'] } })
  const source = `module.exports = async (client, scope, c, d, cb) => {
    const answer = await fetch('http://127.0.0.1:${port}/').then(() => 'answered', (error) => error.message)
    cb(null, { scope, 'https://foo.com/answer': answer })
  }`
  const { status, claims } = await exchangeUnderModule(server, source)
  // The rule gets no answer in time, whichever of the two is told.
  expect([500, 'fetch failed']).toContainEqual(status === 200 ? claims['https://foo.com/answer'] : status)
})

test('in profile auth0 the answer tells how long it had', async () => {
  await server.management.tenantSettings.update({ profile: 'auth0' })
  const { status, body } = await exchangeUnderRule(server, '')
  expect([status, body.error]).toEqual([500, 'server_error'])
  expect(body.error_description).toMatch(/^A rule did not finish within \d+ ms/)
})
