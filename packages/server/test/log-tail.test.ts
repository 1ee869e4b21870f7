/** The walk of a printed line: from `console.log` in a rule to whoever follows, at both doors. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Followed, followEvents } from './follow-events.ts'
import { processesBelow } from './process-tree.ts'
import { measureSlowdown } from './slowdown.ts'
import { requestToken, startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
let followers: Followed[]
beforeEach(async () => {
  server = await startTestServer()
  followers = []
})
afterEach(async () => {
  for (const follower of followers) follower.leave()
  await server.close()
})

async function followLines(): Promise<Followed> {
  const follower = await server.followLines()
  followers.push(follower)
  return follower
}

/** What `tallystick logs tail` follows. Its first block is its place in the log. */
async function followTail(): Promise<Followed> {
  const { client_id, client_secret, audience } = server.bootstrap.management
  const { body } = await requestToken(server.url, { client_id, client_secret, audience })
  const headers = { authorization: `Bearer ${body.access_token}` }
  const follower = await followEvents(`${server.url}/api/v2/log-tail`, headers)
  followers.push(follower)
  await follower.nextBlock()
  return follower
}

const rule = (body: string) => `module.exports = (client, scope, audience, context, cb) => { ${body} }`
/** Prints what the token request brings along. */
const printing = rule('for (const line of context.webtask.body.lines) console.log(line); cb(null, { scope })')

test('a rule that fails is followed, too: what it printed, and then why it failed', async () => {
  await server.uploadRule({ source: rule("console.log('about to fail'); throw new Error('out of luck')") })
  const lines = await followLines()
  expect((await server.requestToken()).status).toBe(500)
  const [printed, reason] = await lines.nextEvents(2)
  expect(printed).toMatchObject({ level: 30, msg: 'about to fail' })
  expect(reason).toMatchObject({ level: 50, msg: expect.stringContaining('out of luck') })
})

test('a line arrives while its rule still runs', async () => {
  await server.uploadRule({ source: rule("console.log('asked'); setTimeout(cb, 3000, null, { scope })") })
  const lines = await followLines()
  const answer = server.requestToken()
  expect(await Promise.race([lines.nextEvent(), answer])).toMatchObject({ msg: 'asked' })
  expect((await answer).status).toBe(200)
})

test('a line arrives within 200 ms of being printed, by the median of fifteen, at both doors', async () => {
  await server.uploadRule({ source: rule('console.log(Date.now()); cb(null, { scope })') })
  const lines = await followLines()
  const tail = await followTail()
  const delays: { lines: number[]; tail: number[] } = { lines: [], tail: [] }
  async function hear(follower: Followed, member: 'msg' | 'text', into: number[]): Promise<void> {
    let event = await follower.nextEvent()
    while (event.kind === 'entry') event = await follower.nextEvent()
    into.push(Date.now() - Number(event[member]))
  }
  const slowdown = measureSlowdown(() => processesBelow(process.pid))
  for (let round = 0; round < 15; round++) {
    const heard = Promise.all([hear(lines, 'msg', delays.lines), hear(tail, 'text', delays.tail)])
    await server.requestToken()
    await heard
  }
  const limitMs = 200 * slowdown()
  for (const ofDoor of Object.values(delays)) {
    expect(ofDoor.toSorted((left, right) => left - right)[7]).toBeLessThan(limitMs)
  }
})

test('whoever comes later gets the last ten lines first, and then each as it is printed', async () => {
  await server.uploadRule({ source: printing })
  const numbered = Array.from({ length: 14 }, (_, index) => `line ${index + 1}`)
  await server.requestToken({ lines: numbered.slice(0, 12) })
  const lines = await followLines()
  await server.requestToken({ lines: numbered.slice(12) })
  expect((await lines.nextEvents(12)).map(({ msg }) => msg)).toEqual(numbered.slice(2))
})

test('a line names its rule, its version and its request, whose entry follows at the management door', async () => {
  await server.uploadRule({ name: 'myrule', source: rule('cb(null, { scope })') })
  await server.uploadRule({ name: 'myrule', source: printing })
  const lines = await followLines()
  const tail = await followTail()
  const { headers } = await server.requestToken({ lines: ['hello'] })
  const requestId = headers.get('x-request-id')
  expect(await lines.nextEvent()).toMatchObject({
    msg: 'hello',
    rule: 'myrule',
    version: 2,
    req_id: requestId,
    client_id: server.billing.id,
  })
  expect(await tail.nextEvents(2)).toMatchObject([
    { kind: 'console', text: 'hello', rule: { name: 'myrule', version_number: 2 }, request_id: requestId },
    { kind: 'entry', entry: { type: 'seccft', log_id: requestId } },
  ])
})
