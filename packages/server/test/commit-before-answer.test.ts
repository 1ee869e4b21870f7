/** No answer leaves before its exchange is on disk, and no token without it. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import type { Storage } from '../src/domain/storage.ts'
import { createApp } from '../src/http/app.ts'
import { createRecorder } from '../src/logs/recorder.ts'
import { openRooms, type Rooms } from '../src/rooms.ts'
import { routesOf } from '../src/routes.ts'
import { credentialsOf, invoices, requestToken, startTestServer, type TestClient } from './test-server.ts'

const opened = new AsyncDisposableStack()
const config = (dataDir: string) =>
  parseConfig({ TALLYSTICK_DATA_DIR: dataDir, TALLYSTICK_PORT: '0', TALLYSTICK_STARTER: 'off' })
let rooms: Rooms
let billing: TestClient
let dataDir: string
const deps = { log: pino({ level: 'silent' }), now: () => new Date() }

beforeAll(async () => {
  const server = await startTestServer({
    rules: [
      { source: "module.exports = (a, scope, c, d, cb) => cb(null, { scope, 'https://foo.com/a': 1 })" },
    ],
  })
  dataDir = server.dataDir
  billing = server.billing
  await server.stop()
  rooms = await openRooms(config(dataDir), deps, opened)
})
afterAll(() => opened.disposeAsync())

/** The same server with another way of committing. */
async function serveCommittingBy(commitGroups: Storage['commitGroups']) {
  const recorder = createRecorder({ storage: { ...rooms.storage, commitGroups }, tail: rooms.tail })
  const serving = { origin: 'http://localhost:8420', state: 'serving' as const }
  const { app } = createApp(routesOf(config(dataDir), { ...rooms, recorder }, deps, serving))
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
}

test('a delayed commit delays every byte of the answer', async () => {
  const commit = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const server = await serveCommittingBy(async (groups) => {
    reached.resolve()
    await commit.promise
    return rooms.storage.commitGroups(groups)
  })
  const body = JSON.stringify({
    grant_type: 'client_credentials',
    ...credentialsOf(billing),
    audience: invoices,
  })
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.write(
    `POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
  await reached.promise
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(received).toBe('')
  commit.resolve()
  await once(socket, 'close')
  expect(received).toMatch(/^HTTP\/1\.1 200 /)
  expect(received).toContain('"access_token"')
  await server.close()
})

test('a commit that fails gives no token', async () => {
  const server = await serveCommittingBy(() =>
    Promise.reject(new Error('disk I/O error at /var/lib/secret-path')),
  )
  const answer = await requestToken(server.url, { ...credentialsOf(billing), audience: invoices })
  expect(answer.status).toBe(503)
  expect(answer.body).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'The exchange could not be recorded; try again later.',
  })
  expect(answer.headers.get('retry-after')).toBe('1')
  await server.close()
})

test('an exchange whose row fails gets no token, and the others of its batch do', async () => {
  let failing = 1
  const server = await serveCommittingBy(async (groups) => {
    const results = await rooms.storage.commitGroups(groups)
    return results.map((result) => (failing-- > 0 ? new Error('row refused') : result))
  })
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      requestToken(server.url, { ...credentialsOf(billing), audience: invoices }),
    ),
  )
  const statuses = answers.map((answer) => answer.status).toSorted()
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 503])
  await server.close()
})
