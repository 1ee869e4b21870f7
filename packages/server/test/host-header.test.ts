/** Behind a proxy, and from strangers who write the bytes themselves: the one Host header picks the tenant. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askByHost } from './ask-by-host.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const metadata = '/.well-known/oauth-authorization-server'
const acme = 'acme.example.com'
const admin = 'admin.example.com'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    settings: {
      TALLYSTICK_TRUSTED_PROXIES: '127.0.0.1/32',
      TALLYSTICK_PUBLIC_ORIGIN: `https://${admin}`,
    },
  })
  await server.management.tenants.create({ name: 'acme', origin: `https://${acme}` })
})
afterAll(() => server.close())

test('what a trusted proxy passes on of X-Forwarded-Host and Forwarded picks nothing', async () => {
  for (const forwarded of [admin, 'localhost', 'nobody.example.com']) {
    const { body } = await askByHost(server.url, acme, metadata, {
      headers: { 'x-forwarded-host': forwarded, forwarded: `host=${forwarded}` },
    })
    expect(body.issuer).toBe(`https://${acme}/`)
  }
})

test.each([
  ['two Host headers, the first one right', [acme, admin]],
  ['two Host headers, the second one right', [admin, acme]],
  ['the same Host header twice', [acme, acme]],
])('%s are refused on every path', async (_, hosts) => {
  for (const path of [metadata, '/api/v2/clients', '/oauth/token', '/healthz', '/nowhere']) {
    const answer = await send(path, hosts)
    expect([path, answer.slice(9, 12)]).toEqual([path, '400'])
  }
})

test('a whole URL as the request target counts, and the Host header beside it does not', async () => {
  for (const target of [`http://${acme}`, `HTTPS://${acme.toUpperCase()}`]) {
    expect(await send(target + metadata, [admin])).toContain(`"issuer":"https://${acme}/"`)
  }
  expect((await send(`http://nobody.example.com${metadata}`, [acme])).slice(9, 12)).toBe('404')
})

function send(target: string, hosts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
    const fields = [...hosts.map((host) => `Host: ${host}`), 'Connection: close']
    socket.end(`GET ${target} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`)
  })
}
