import { afterEach, beforeEach, expect, test } from 'vitest'
import { startWatch } from '../../../test/own-time.ts'
import { openTestDoor, type TestDoor } from '../../../test/webtask-door.ts'

let door: TestDoor
let url: string

beforeEach(async () => {
  door = await openTestDoor({ maxQueued: 20 })
  url = await door.app.listen({ port: 0, host: '127.0.0.1' })
})

afterEach(() => door.close())

interface Listening {
  readonly accept?: string
  readonly token?: string
  readonly container?: string
}

async function listen({
  accept = 'text/event-stream',
  token = door.a.token,
  container = 'a',
}: Listening = {}) {
  const response = await fetch(`${url}/api/logs/tenant/${container}?key=${token}`, { headers: { accept } })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    response,
    /** Everything that came, once the condition holds. */
    async until(met: (text: string) => boolean): Promise<string> {
      while (!met(text)) {
        const next = await reader?.read()
        if (next === undefined || next.done) break
        text += next.value
      }
      return text
    },
    cancel: () => reader?.cancel(),
  }
}

function messagesOf(text: string): unknown[] {
  return [...text.matchAll(/^data: (.*)\n\n/gm)].map(([, json]) => JSON.parse(json ?? '').msg)
}

test('a wrong key is 401, and the body is one event that says why', async () => {
  const { response } = await listen({ token: 'wrong' })
  expect(response.status).toBe(401)
  expect(response.headers.get('content-type')).toMatch('text/event-stream')
  const listener = await listen({ token: 'wrong' })
  const messages = messagesOf(await listener.until(() => false))
  expect(messages).toEqual([expect.stringMatching(/not valid here.*wt init/)])
})

test('a wrong key of a program that takes no events is 401 as JSON', async () => {
  const { response, until } = await listen({ token: 'wrong', accept: '*/*' })
  expect(response.status).toBe(401)
  expect(JSON.parse(await until(() => false))).toMatchObject({ code: 401, error: 'Unauthorized' })
})

test("another tenant's container is 404, and none of its lines is seen", async () => {
  const { response } = await listen({ container: 'b' })
  expect(response.status).toBe(404)
  const listener = await listen()
  door.print(door.b.tenant, 'not for you')
  door.print(door.a.tenant, 'for you')
  expect(messagesOf(await listener.until((text) => text.includes('for you')))).toEqual(['for you'])
  await listener.cancel()
})

test('two ways of sending the token are refused', async () => {
  const headers = { authorization: `Bearer ${door.a.token}` }
  const response = await fetch(`${url}/api/logs/tenant/a?key=${door.a.token}`, { headers })
  expect(response.status).toBe(400)
})

test('a listener gets the last ten lines first and then each line as it is printed', async () => {
  for (let line = 1; line <= 12; line++) door.print(door.a.tenant, `line ${line}`)
  const listener = await listen()
  await listener.until((text) => text.includes('line 12'))
  const sincePrinted = startWatch()
  door.print(door.a.tenant, 'line 13')
  const text = await listener.until((seen) => seen.includes('line 13'))
  expect(sincePrinted()).toBeLessThan(200)
  expect(messagesOf(text)).toEqual(Array.from({ length: 11 }, (_, index) => `line ${index + 3}`))
  await listener.cancel()
})

test('a record has the shape that the client reads, on one line with line feeds alone', async () => {
  door.print(door.a.tenant, 'one\r\ntwo', 'error')
  const listener = await listen()
  const text = await listener.until((seen) => seen.endsWith('\n\n'))
  expect(text).not.toContain('\r')
  expect(text.split('\n')).toHaveLength(3)
  expect(JSON.parse(text.slice('data: '.length))).toMatchObject({
    name: 'myrule',
    rule: 'myrule',
    level: 50,
    msg: 'one\r\ntwo',
    v: 0,
    container: 'a',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    req_id: expect.any(String),
  })
  await listener.cancel()
})

test('a program that takes no events gets one JSON record a line', async () => {
  door.print(door.a.tenant, 'hello')
  const listener = await listen({ accept: '*/*' })
  expect(listener.response.headers.get('content-type')).toBe('application/x-ndjson')
  expect(listener.response.headers.get('cache-control')).toBe('no-store')
  const text = await listener.until((seen) => seen.endsWith('\n'))
  expect(JSON.parse(text)).toMatchObject({ msg: 'hello', level: 30 })
  await listener.cancel()
})

test('a listener who does not read is told that lines are missing, and follows on', async () => {
  const listener = await listen()
  const flood = 'x'.repeat(1_000_000)
  for (let line = 0; line < 100; line++) {
    door.print(door.a.tenant, flood)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const text = await listener.until((seen) => seen.includes('Lines are missing here'))
  expect(text).toContain('Lines are missing here')
  door.print(door.a.tenant, 'after the gap')
  expect(await listener.until((seen) => seen.includes('after the gap'))).toContain('after the gap')
  await listener.cancel()
})

test('a listener who went away is forgotten', async () => {
  const listeners = await Promise.all(Array.from({ length: 50 }, () => listen()))
  const refused = await listen()
  expect(refused.response.status).toBe(429)
  expect(refused.response.headers.get('retry-after')).toBe('1')
  await Promise.all(listeners.map((listener) => listener.cancel()))
  await expect.poll(async () => (await listen()).response.status).toBe(200)
})

test('a listener whose management token was revoked is let go', async () => {
  await door.close()
  door = await openTestDoor({ heartbeatMs: 50 })
  url = await door.app.listen({ port: 0, host: '127.0.0.1' })
  const second = await door.makeToken(door.a.tenant)
  const staying = await listen()
  const leaving = await listen({ token: second })
  await staying.until((text) => text.includes('still here'))
  const headers = { authorization: `Bearer ${second}` }
  const revoked = await fetch(`${url}/api/tokens/revoke?token=${second}`, { method: 'POST', headers })
  expect(revoked.status).toBe(204)
  await leaving.until(() => false)
  door.print(door.a.tenant, 'still listening')
  expect(await staying.until((text) => text.includes('still listening'))).toContain('still listening')
  await staying.cancel()
})

test('open streams end when the server stops, and do not hold it up', async () => {
  const listener = await listen()
  const sinceAsked = startWatch()
  await door.app.close()
  await listener.until(() => false)
  expect(sinceAsked()).toBeLessThan(2000)
})
