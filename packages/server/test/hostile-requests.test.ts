/** Requests made to break the server or to be found again in its log. */
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { credentialsOf, invoices, startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** Every byte that was stored, and every entry that can be read. */
async function everythingKept(): Promise<string> {
  const files = readdirSync(server.dataDir).filter((name) => name.startsWith('tallystick.db'))
  const bytes = files.map((name) => readFileSync(join(server.dataDir, name)).toString('latin1'))
  const entries = await server.management.logs.list({ per_page: 100 })
  return bytes.join('') + JSON.stringify(entries)
}

describe('a secret that was put where none belongs', () => {
  test('sent as the client id, as scope, audience, user agent and unknown parameter it is kept nowhere', async () => {
    const secret = server.billing.secret
    await server.requestToken({ client_id: secret, client_secret: server.billing.id })
    await server.requestToken({ scope: secret })
    await server.requestToken({ audience: secret })
    await server.requestToken({ password: secret, client_secret: 'wrong' })
    await server.requestToken({}, { headers: { 'content-type': 'application/json', 'user-agent': secret } })
    const query = new URLSearchParams({ client_secret: secret, token: secret })
    await fetch(`${server.url}/oauth/token?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
    })
    expect(await everythingKept()).not.toContain(secret)
  })

  for (const [name, body] of [
    ['thrown', "throw new Error('it is ' + secret)"],
    ['thrown as a name', "var e = new Error('x'); e.name = secret; throw e"],
    ['rejected', "return Promise.reject(new Error('it is ' + secret))"],
    ['in a refusal', "cb(new Error('it is ' + secret))"],
    [
      'in a result that throws while it is written',
      'cb(null, { toJSON: function () { throw new Error(secret) } })',
    ],
    ['as the name of a dropped claim', 'var r = { scope: scope }; r[secret] = 1; cb(null, r)'],
    ['as a scope', 'cb(null, { scope: [secret] })'],
    ['printed', 'console.log(secret, [secret], { a: secret }); cb(null, { scope: scope })'],
  ] as const) {
    test(`a rule's secret is kept nowhere when it is ${name}`, async () => {
      const value = `hidden-value-${name.replaceAll(' ', '-')}`
      await server.uploadRule({
        source: `module.exports = function (client, scope, audience, context, cb) { var secret = context.webtask.secrets.KEY; ${body} }`,
        secrets: { KEY: value },
      })
      await server.requestToken()
      expect(await everythingKept()).not.toContain(value)
    })
  }
})

test('a secret longer than what a remark shows of a name is masked before it is cut', async () => {
  const value = 'hidden-and-long-'.repeat(20)
  await server.uploadRule({
    source: `module.exports = function (client, scope, audience, context, cb) {
      var r = { scope: scope }; r[context.webtask.secrets.KEY] = 1; cb(null, r) }`,
    secrets: { KEY: value },
  })
  const logs = await fetch(`${server.url}/api/logs/tenant/demo?key=${server.bootstrap.webtask.token}`, {
    headers: { accept: 'text/event-stream' },
  })
  await server.requestToken()
  const reader = logs.body?.pipeThrough(new TextDecoderStream()).getReader()
  let printed = ''
  while (reader && !printed.includes('was dropped: [secret]')) {
    const { value: chunk, done } = await reader.read()
    if (done) break
    printed += chunk
    expect(printed).not.toContain('hidden-and-long-')
  }
  expect(printed).toContain('was dropped: [secret]')
  await reader?.cancel()
})

test('an unknown path is refused before its body is read', async () => {
  const response = await fetch(`${server.url}/nowhere`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{ this is no JSON',
  })
  expect(response.status).toBe(404)
})

describe('a body made to be too much', () => {
  beforeAll(() =>
    server.uploadRule({ source: 'module.exports = (a, scope, c, context, cb) => cb(null, { scope })' }),
  )

  for (const depth of [21, 5000, 16_000]) {
    test(`JSON nested ${depth} levels deep is refused with invalid_request`, async () => {
      const nested = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
      const answer = await server.requestToken(
        {},
        { headers: { 'content-type': 'application/json' }, body: nested },
      )
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
    })
  }

  test('JSON nested 19 levels deep reaches the rule', async () => {
    const nested = JSON.parse(`${'['.repeat(19)}${']'.repeat(19)}`)
    expect((await server.requestToken({ nested })).status).toBe(200)
  })

  test('a long parameter name is not repeated in full, and no control character reaches the log', async () => {
    const name = '\u0001\n\u001b'.repeat(1000)
    const body = new URLSearchParams([
      [name, '1'],
      [name, '2'],
    ]).toString()
    const answer = await server.requestToken(
      {},
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body },
    )
    expect(answer.status).toBe(400)
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(entry.description.length).toBeLessThan(300)
    expect(entry.description).not.toMatch(/\p{Cc}/u)
  })

  test('a user agent of 10 kB is cut in the log', async () => {
    const answer = await server.requestToken(
      {},
      { headers: { 'content-type': 'application/json', 'user-agent': 'x'.repeat(10_000) } },
    )
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(entry.user_agent.length).toBeLessThanOrEqual(1000)
  })
})

describe('bytes that can be read in two ways', () => {
  /** What came back until the connection ended, in whatever way. `onData` is called as it comes. */
  async function send(raw: string, onData?: (socket: Socket, received: string) => void): Promise<string> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').setEncoding('latin1')
    let received = ''
    socket.on('data', (chunk: string) => {
      received += chunk
      onData?.(socket, received)
    })
    socket.on('error', () => undefined)
    if (onData) socket.write(raw)
    else socket.end(raw)
    await new Promise<void>((resolve) => socket.once('close', () => resolve()))
    return received
  }

  const body = () =>
    JSON.stringify({ grant_type: 'client_credentials', ...credentialsOf(server.billing), audience: invoices })

  test('two Authorization headers are refused, whichever is right', async () => {
    const { id, secret } = server.billing
    const right = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
    for (const [first, second] of [
      [right, 'Basic eDp5'],
      ['Basic eDp5', right],
    ]) {
      const form = new URLSearchParams({ grant_type: 'client_credentials', audience: invoices }).toString()
      const answer = await send(
        `POST /oauth/token HTTP/1.1\r\nHost: x\r\nAuthorization: ${first}\r\nAuthorization: ${second}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\nConnection: close\r\n\r\n${form}`,
      )
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).toContain('invalid_request')
    }
  })

  test('a request to go on in another protocol is answered in this one, and the connection ends', async () => {
    const request = `GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n`
    // The socket is not ended from here: that the other side ends it is what is awaited.
    const answer = await send(request + request, () => undefined)
    expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(1)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
  })

  test('a body that becomes unreadable once its request was answered: no second answer, and the connection ends', async () => {
    let isAnswered = false
    const received = await send(
      'POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
      (socket, answer) => {
        if (isAnswered || !answer.includes('\r\n\r\n')) return
        isAnswered = true
        socket.write('no chunk\r\n')
      },
    )
    expect(received).toMatch(/^HTTP\/1\.1 404 /)
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })

  for (const [name, head, status] of [
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n', 400],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', 400],
    ['an encoding after chunks', 'Transfer-Encoding: chunked, identity\r\n', 400],
    ['an encoding before chunks', 'Transfer-Encoding: gzip, chunked\r\n', 400],
    ['a space before the colon', 'X-A : b\r\nContent-Length: 0\r\n', 400],
    ['a folded header', 'X-A: b\r\n c\r\nContent-Length: 0\r\n', 400],
    ['headers of 100 kB', `${'X-A: '.padEnd(1000, 'x')}\r\n`.repeat(100), 431],
    ['an expectation nobody meets', 'Expect: miracles\r\nContent-Length: 0\r\n', 417],
  ] as const) {
    test(`${name}: one answer, a request id, nothing stored, and the connection ends`, async () => {
      const answer = await send(`POST /oauth/token HTTP/1.1\r\nHost: x\r\n${head}\r\n${body()}`)
      expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/i)
      expect(answer).toMatch(/cache-control: no-store/i)
      expect(answer).not.toContain('access_token')
    })
  }

  for (const [name, head] of [
    ['without a version', 'GET /healthz'],
    ['of HTTP/1.0 in chunks', 'POST /oauth/token HTTP/1.0\r\nTransfer-Encoding: chunked'],
    ['for a tunnel', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22'],
    ['with the method TRACE', 'TRACE /healthz HTTP/1.1\r\nHost: x'],
    ['without a Host', 'GET /healthz HTTP/1.1'],
    ['with an account in its Host', 'GET /healthz HTTP/1.1\r\nHost: a@b'],
    ['with a path in its Host', 'GET /healthz HTTP/1.1\r\nHost: a/b'],
    ['with a port in its Host that is none', 'GET /healthz HTTP/1.1\r\nHost: a:b'],
    [
      'for HTTP/2',
      'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: foo, H2C',
    ],
    ['with two names in its Host', 'GET /healthz HTTP/1.1\r\nHost: a b'],
  ] as const) {
    test(`a request ${name} is refused, and the connection ends`, async () => {
      const answer = await send(`${head}\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/i)
      expect(answer).toMatch(/cache-control: no-store/i)
    })
  }

  for (const head of [
    'HTTP/1.0',
    'HTTP/1.1\r\nHost:',
    'HTTP/1.1\r\nHost: [::1]:8420',
    'HTTP/1.1\r\nHost: a_b.c:80',
  ]) {
    test(`a request that is all there is answered: ${JSON.stringify(head)}`, async () => {
      expect(await send(`GET /healthz ${head}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
    })
  }

  for (const path of ['/api/v2/clients/%zz', '/oauth/token%', '/%ff%fe']) {
    test(`the path ${path} is refused without naming what could not read it`, async () => {
      const response = await fetch(server.url + path)
      const text = await response.text()
      expect([400, 404]).toContain(response.status)
      expect(text).not.toMatch(/FST_|fastify|stack/i)
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(response.headers.get('cache-control')).toBe('no-store')
    })
  }

  test('a client that ends its side once it has asked still gets its answer', async () => {
    await server.uploadRule({
      source: `module.exports = (client, scope, audience, context, cb) => {
        const end = Date.now() + 100
        while (Date.now() < end);
        cb(null, { scope })
      }`,
    })
    const text = body()
    const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${text.length}`
    const answer = await send(`POST /oauth/token HTTP/1.1\r\n${head}\r\n\r\n${text}`)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toContain('access_token')
  })
})
