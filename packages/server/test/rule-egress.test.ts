/** A rule reaches what its tenant allows and the operator of the host grants, and nothing else. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let granted: Server
let ungranted: Server
let connections = 0
let server: TestServer
const portOf = (listener: Server) => (listener.address() as AddressInfo).port

beforeAll(async () => {
  granted = createServer((request, response) => {
    if (request.url === '/redirect') {
      response.writeHead(302, { location: `http://127.0.0.1:${portOf(ungranted)}/` }).end()
    } else if (request.url === '/large') response.end('x'.repeat(3000))
    else response.end(JSON.stringify({ path: request.url, agent: request.headers['user-agent'] ?? null }))
  })
  ungranted = createServer((_request, response) => {
    connections += 1
    response.end('reached')
  })
  ungranted.on('connection', () => {
    connections += 1
  })
  for (const listener of [granted, ungranted]) await once(listener.listen(0, '127.0.0.1'), 'listening')
  server = await startTestServer({
    settings: {
      TALLYSTICK_RULE_EGRESS_PRIVATE: `127.0.0.1/32:${portOf(granted)}`,
      TALLYSTICK_RULE_FETCH_BYTES: '2048',
    },
  })
})
afterAll(async () => {
  granted.closeAllConnections()
  granted.close()
  ungranted.close()
  await server.close()
})

/** What a rule gets that fetches the URL: status and text, or the message of the failure. */
async function fetched(url: string): Promise<unknown> {
  await server.uploadRule({
    source: `module.exports = async (client, scope, c, d, cb) => {
      const answer = await fetch(${JSON.stringify(url)}).then(async (r) => [r.status, await r.text()], (e) => e.message)
      cb(null, { scope, 'https://foo.com/answer': answer })
    }`,
  })
  const answer = await server.requestToken()
  return answer.status === 200 ? answer.claims['https://foo.com/answer'] : answer.status
}

const allow = (...hosts: string[]) => server.management.tenantSettings.update({ egress: { allow: hosts } })

test('nothing is reachable until the tenant allows a host', async () => {
  await allow()
  const refused = await fetched(`http://127.0.0.1:${portOf(granted)}/`)
  expect(refused).toMatch(/fetch failed/)
})

test('a private address that the tenant allows stays out of reach without the operator’s grant, in every spelling', async () => {
  const port = portOf(ungranted)
  const hosts = [
    '127.0.0.1',
    '127.1',
    '0.0.0.0',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '10.0.0.1',
    '100.64.0.1',
    '[64:ff9b::7f00:1]',
  ]
  const nameable = hosts.filter((host) =>
    /^(127\.0\.0\.1|0\.0\.0\.0|localhost|169\.254|10\.|100\.)/.test(host),
  )
  await allow(...nameable.flatMap((host) => [host, `${host}:${port}`]))
  const messages = new Set<unknown>()
  for (const host of hosts) messages.add(await fetched(`http://${host}:${port}/`))
  expect(messages.size).toBe(1)
  expect([...messages][0]).toMatch(/fetch failed/)
  expect(connections).toBe(0)
})

test('the server’s own listener is never reachable, even with a grant', async () => {
  await allow('127.0.0.1', 'localhost')
  expect(await fetched(`${server.url}/healthz`)).toMatch(/fetch failed/)
})

for (const url of [
  'file:///etc/passwd',
  'data:text/plain,hello',
  'unix:/var/run/docker.sock',
  'ftp://127.0.0.1/',
  'http://user:password@127.0.0.1/',
]) {
  test(`${url} is refused`, async () => {
    await allow('127.0.0.1')
    expect(await fetched(url)).toMatch(/fetch failed/)
  })
}

test('a redirect is returned and not followed', async () => {
  await allow('127.0.0.1')
  expect(await fetched(`http://127.0.0.1:${portOf(granted)}/redirect`)).toEqual([302, ''])
  expect(connections).toBe(0)
})

test('an answer over the limit is a failure', async () => {
  await allow('127.0.0.1')
  expect(await fetched(`http://127.0.0.1:${portOf(granted)}/large`)).toMatch(/fetch failed/)
})

test('an allowed host behind a granted address is reached', async () => {
  await allow(`127.0.0.1:${portOf(granted)}`)
  const answer = await fetched(`http://127.0.0.1:${portOf(granted)}/hello`)
  expect(answer).toEqual([200, expect.stringContaining('"path":"/hello"')])
})
