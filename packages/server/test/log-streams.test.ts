/** Log streams, from an entry to the receiver it is sent to. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { findFreePort } from './free-port.ts'
import { isSigned, type StreamReceiver, startStreamReceiver } from './stream-receiver.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let receiver: StreamReceiver
let server: TestServer
beforeAll(async () => {
  receiver = await startStreamReceiver()
  const port = await findFreePort()
  const listed = `127.0.0.1/32:${receiver.port},127.0.0.1/32:${port}`
  const settings = { TALLYSTICK_PORT: String(port), TALLYSTICK_STREAM_PRIVATE: listed }
  server = await startTestServer({ settings })
})
afterAll(async () => {
  await server.close()
  await receiver.close()
})
beforeEach(async () => {
  for (const { id } of await streams().list()) await streams().delete(id)
  receiver.forget()
})

const streams = () => server.management.logStreams
const http = (sink: Record<string, unknown> = {}) => ({
  type: 'http' as const,
  sink: { httpEndpoint: receiver.url, ...sink },
})
const types = () => receiver.entries.map(({ data }) => data.type)

test.each([
  ['http to an address that is not listed', 'http://127.0.0.1:1/'],
  ['a private address', 'https://10.0.0.1/'],
  ['loopback in another spelling', 'https://2130706433/'],
  ['a metadata address', 'http://169.254.169.254/latest'],
  ['an address of the link', 'https://[fe80::1]/'],
  ['another scheme', 'file:///etc/passwd'],
  ['credentials in the URL', 'https://user:secret@example.com/'],
  ['no URL', 'logs.example.com'],
])('a stream to %s is refused', async (_what, httpEndpoint) => {
  await expect(streams().create({ ...http(), sink: { httpEndpoint } })).rejects.toMatchObject({
    status: 400,
    code: 'invalid_body',
  })
})

test('a stream to the server itself is refused, also where its address is listed', async () => {
  const { port } = new URL(server.url)
  await expect(
    streams().create({ ...http(), sink: { httpEndpoint: `http://127.0.0.1:${port}/` } }),
  ).rejects.toMatchObject({
    status: 400,
  })
})

test('a name that resolves to an address of the host is not connected to', async () => {
  const { id } = await streams().create({ ...http(), sink: { httpEndpoint: 'https://localhost:1/' } })
  await server.requestToken()
  await expect
    .poll(() => streams().delivery(id))
    .toMatchObject({
      delivered_at: null,
      failing_since: expect.any(String),
      failure: expect.stringMatching(/^Streams may not reach this address/),
    })
})

test.each([
  { type: 'splunk' },
  { sink: { httpEndpoint: 'https://example.com/', httpCustomHeaders: [{ header: 'Host', value: 'x' }] } },
  { sink: { httpEndpoint: 'https://example.com/', httpCustomHeaders: [{ header: 'a b', value: 'x' }] } },
  { sink: { httpEndpoint: 'https://example.com/', httpAuthorization: 'a\r\nb: c' } },
  { sink: { httpEndpoint: 'https://example.com/', httpAuthorization: '_VALUE_NOT_SHOWN_' } },
  { filters: [{ type: 'category', name: 'nonsense' }] },
  { startFrom: '2026-02-31' },
  { pii_config: { log_fields: ['first_name'] } },
])('a stream that asks for what is not there is refused: %j', async (members) => {
  await expect(streams().create({ ...http(), ...Object(members) })).rejects.toMatchObject({ status: 400 })
  expect(await streams().list()).toEqual([])
})

test('entries come signed, in order and in the shape of the log, and what is secret is shown once', async () => {
  const { id, signing_secret, ...created } = await streams().create({
    name: 'siem',
    ...http({
      httpAuthorization: 'Bearer of-good-news',
      httpCustomHeaders: [{ header: 'X-Tenant', value: 'blue' }],
    }),
  })
  expect(signing_secret).toMatch(/^tsk_stream_/)
  expect(created.sink).toMatchObject({
    httpAuthorization: '_VALUE_NOT_SHOWN_',
    httpCustomHeaders: [{ header: 'X-Tenant', value: '_VALUE_NOT_SHOWN_' }],
  })
  const { claims } = await server.requestToken()
  await server.requestToken({ client_secret: 'wrong' })
  await receiver.until(() => receiver.entries.length === 3)
  expect(types()).toEqual(['sapi', 'seccft', 'feccft'])
  expect(receiver.entries[1]?.data.details.access_token_jti).toBe(claims.jti)
  const [first] = receiver.entries
  expect(first?.data).toEqual(await server.management.logs.get(String(first?.log_id)))
  for (const request of receiver.requests) {
    expect(isSigned(request, signing_secret)).toBe(true)
    expect(request.headers).toMatchObject({
      authorization: 'Bearer of-good-news',
      'x-tenant': 'blue',
      'content-type': 'application/json',
    })
  }
  const told = JSON.stringify([
    await streams().get(id),
    await streams().list(),
    await server.management.logs.list(),
  ])
  for (const secret of [signing_secret, 'of-good-news', 'blue']) expect(told).not.toContain(secret)
})

test('the function of the documentation knows our requests from others', async () => {
  const page = readFileSync(new URL('../../../docs/log-streams.md', import.meta.url), 'utf8')
  const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? ''
  const { isGenuine } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const { signing_secret } = await streams().create(http())
  await receiver.until(() => receiver.requests.length >= 1)
  const { headers, body } = receiver.requests[0] ?? { headers: {}, body: '' }
  expect(isGenuine(headers, body, signing_secret)).toBe(true)
  expect(isGenuine(headers, `${body} `, signing_secret)).toBe(false)
  expect(isGenuine({ ...headers, 'webhook-timestamp': '1' }, body, signing_secret)).toBe(false)
  expect(isGenuine({}, body, signing_secret)).toBe(false)
})

test('what the receiver refuses comes again, and nothing comes before it', async () => {
  receiver.answer.status = 503
  const { id } = await streams().create(http())
  await receiver.until(() => receiver.requests.length >= 1)
  await server.requestToken()
  await receiver.until(() => receiver.requests.length >= 2)
  expect(await streams().delivery(id)).toMatchObject({
    delivered_at: null,
    failing_since: expect.any(String),
    failure: 'The receiver answered with status 503.',
  })
  const [first, second] = receiver.requests
  expect(second?.body.startsWith(first?.body ?? '?')).toBe(true)
  receiver.answer.status = 200
  await receiver.until(() => receiver.entries.length === 2)
  expect(types()).toEqual(['sapi', 'seccft'])
  expect(await streams().delivery(id)).toMatchObject({ failing_since: null, failure: null })
})

test('a redirect is not followed', async () => {
  Object.assign(receiver.answer, { status: 307, headers: { location: `${receiver.url}/elsewhere` } })
  const { id } = await streams().create(http())
  await receiver.until(() => receiver.requests.length >= 1)
  await expect
    .poll(() => streams().delivery(id))
    .toMatchObject({
      failure: 'The receiver answered with status 307.',
    })
})

test('a receiver that would rather speak another protocol is asked again', async () => {
  Object.assign(receiver.answer, { status: 101, headers: { connection: 'upgrade', upgrade: 'other' } })
  const { id } = await streams().create(http())
  await server.requestToken()
  await receiver.until(() => receiver.requests.length >= 2)
  await expect(streams().delivery(id)).resolves.toMatchObject({
    failure: 'The receiver closed the connection without an answer.',
  })
})

test('a paused stream sends nothing, and resumed it sends what it missed', async () => {
  const { id } = await streams().create(http())
  await receiver.until(() => receiver.entries.length === 1)
  await streams().update(id, { status: 'paused' })
  await server.requestToken()
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(types().filter((type) => type === 'seccft')).toEqual([])
  await streams().update(id, { status: 'active' })
  await receiver.until(() => receiver.entries.length === 4)
  expect(types()).toEqual(['sapi', 'sapi', 'seccft', 'sapi'])
})

test('a stream that fails makes its next attempt as soon as it is changed', async () => {
  receiver.answer.status = 500
  Object.assign(receiver.answer.headers, { 'retry-after': '300' })
  const { id } = await streams().create(http({ httpAuthorization: 'old' }))
  await receiver.until(() => receiver.requests.length >= 1)
  receiver.answer.status = 200
  await streams().update(id, { sink: { httpEndpoint: receiver.url, httpAuthorization: 'new' } })
  await receiver.until(() => receiver.entries.length === 2)
  expect(receiver.requests.at(-1)?.headers.authorization).toBe('new')
})

test('a value sent back as it was told, or left out, is the stored one, and null removes it', async () => {
  const { id, sink } = await streams().create(http({ httpAuthorization: 'kept' }))
  await streams().update(id, { sink })
  await server.requestToken()
  await receiver.until(() => types().includes('seccft'))
  expect(receiver.requests.at(-1)?.headers.authorization).toBe('kept')
  expect((await streams().update(id, { sink: { httpEndpoint: receiver.url } })).sink).toEqual(sink)
  await streams().update(id, { sink: { httpEndpoint: receiver.url, httpAuthorization: null } })
  const before = receiver.requests.length
  await receiver.until(() => receiver.requests.length > before)
  expect(receiver.requests.at(-1)?.headers).not.toHaveProperty('authorization')
})

test('a stream that is pointed elsewhere does not take its secrets along', async () => {
  const httpCustomHeaders = [{ header: 'X-Key', value: 'kept' }]
  const { id, sink } = await streams().create(http({ httpAuthorization: 'kept', httpCustomHeaders }))
  const elsewhere = { httpEndpoint: 'https://logs.example.net/' }
  const shown = { ...sink, ...elsewhere }
  for (const [sent, member] of [
    [elsewhere, 'sink.httpAuthorization'],
    [shown, 'sink.httpAuthorization'],
    [{ ...elsewhere, httpAuthorization: null }, 'sink.httpCustomHeaders'],
    [{ ...shown, httpAuthorization: 'new' }, 'sink.httpCustomHeaders'],
  ] as const) {
    const change = streams().update(id, { sink: sent })
    await expect(change).rejects.toMatchObject({ status: 400, message: expect.stringContaining(member) })
  }
  const anew = { ...elsewhere, httpAuthorization: 'new', httpCustomHeaders: [] }
  expect((await streams().update(id, { sink: anew })).sink).toMatchObject(elsewhere)
  const path = `${receiver.url}/another-path`
  const { id: other } = await streams().create({
    ...http({ httpAuthorization: 'kept' }),
    name: 'other',
  })
  expect((await streams().update(other, { sink: { httpEndpoint: path } })).sink.httpEndpoint).toBe(path)
})

test('only entries of the categories asked for are sent, from the date asked for on', async () => {
  const startFrom = new Date().toISOString()
  await server.requestToken()
  const filters = [{ type: 'category' as const, name: 'auth.token_exchange.success' as const }]
  await streams().create({ ...http(), filters, startFrom })
  await server.requestToken({ client_secret: 'wrong' })
  await server.requestToken()
  await receiver.until(() => receiver.entries.length === 2)
  expect(types()).toEqual(['seccft', 'seccft'])
})

test.each([
  ['JSONARRAY', (body: string) => JSON.parse(body)],
  ['JSONOBJECT', (body: string) => JSON.parse(body).logs],
] as const)('a body in the format %s holds the entries', async (httpContentFormat, read) => {
  await streams().create(http({ httpContentFormat, httpContentType: 'application/vnd.logs+json' }))
  await receiver.until(() => receiver.requests.length >= 1)
  const [request] = receiver.requests
  expect(read(request?.body ?? '')).toMatchObject([{ log_id: expect.any(String), data: { type: 'sapi' } }])
  expect(request?.headers['content-type']).toBe('application/vnd.logs+json')
})

test('a renewed secret signs what comes after it', async () => {
  const { id, signing_secret } = await streams().create(http())
  const renewed = await streams().rotateSecret(id)
  expect(renewed.signing_secret).not.toBe(signing_secret)
  await server.requestToken()
  await receiver.until(() => types().includes('seccft'))
  const last = receiver.requests.at(-1)
  expect(last && isSigned(last, renewed.signing_secret)).toBe(true)
})

test('a deleted stream sends nothing any more, and its name is free', async () => {
  const { id } = await streams().create({ name: 'siem', ...http() })
  await expect(streams().create({ name: 'siem', ...http() })).rejects.toMatchObject({ status: 409 })
  await streams().delete(id)
  await expect(streams().get(id)).rejects.toMatchObject({ status: 404 })
  const before = receiver.requests.length
  await server.requestToken()
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(receiver.requests.length).toBeLessThanOrEqual(before + 1)
  expect(types()).not.toContain('seccft')
  await streams().create({ name: 'siem', ...http() })
})
