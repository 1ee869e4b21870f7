/**
 * What a stranger learns from failing to authenticate: nothing. Neither the answer nor the time it takes tells an unknown
 * client from a wrong secret, or a wrong secret from one that is nearly right.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, Caller } from './authentication-caller.ts'
import { readQueuedMs } from './own-time.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const unknownId = 'N0SuchClientN0SuchClientN0SuchCl'
const minute = 60_000

let now = Date.now()
let server: TestServer
let otherSecret: string
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(now) })
  otherSecret = (await server.createClient('other', undefined)).secret
})
afterAll(() => server.close())

/** The three ways to fail, for a client that exists. */
function failures(client: { id: string; secret: string }) {
  const last = client.secret.at(-1) === 'x' ? 'y' : 'x'
  return {
    'unknown client': { client_id: unknownId, client_secret: otherSecret },
    'wrong secret': { client_id: client.id, client_secret: otherSecret },
    'last character': { client_id: client.id, client_secret: client.secret.slice(0, -1) + last },
  }
}

for (const method of ['post', 'basic'] as const) {
  test(`an unknown client, a wrong secret and one wrong in its last character get the same answer (${method})`, async () => {
    using caller = new Caller(server.url, method === 'post' ? '127.0.1.1' : '127.0.1.2')
    const answers: Answer[] = []
    for (const credentials of Object.values(failures(server.billing))) {
      answers.push(await caller.requestToken(credentials, method))
    }
    const [unknown, wrong, nearlyRight] = answers.map(withoutMoment)
    expect(unknown?.status).toBe(401)
    expect(JSON.parse(String(unknown?.body)).error).toBe('invalid_client')
    expect(wrong).toEqual(unknown)
    expect(nearlyRight).toEqual(unknown)
  })
}

test('an unknown client, a wrong secret, one wrong in its last character and one that has expired take the same time', async () => {
  // A shared machine has bad moments, which fall on one kind by chance: up to three samples, each whole and fresh.
  const spreads: string[] = []
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const medians = await measureMedians()
    const all = Object.values(medians)
    const [least, most] = [Math.min(...all), Math.max(...all)]
    if (most - least <= Math.max(0.3, least / 10)) return
    spreads.push(JSON.stringify(medians))
  }
  expect.fail(`The medians in milliseconds differ: ${spreads.join('; ')}`)
})

test('after twenty failures a client waits at that address, whether or not it exists, even with the right secret', async () => {
  const client = await server.createClient('guessed', undefined)
  using caller = new Caller(server.url, '127.0.2.1')
  const kinds = failures(client)
  for (const kind of ['unknown client', 'wrong secret'] as const) {
    const statuses: number[] = []
    for (let count = 1; count <= 21; count += 1)
      statuses.push((await caller.requestToken(kinds[kind])).status)
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429])
  }
  const [unknown, known] = [
    await caller.requestToken(kinds['unknown client']),
    await caller.requestToken({ client_id: client.id, client_secret: client.secret }),
  ].map(withoutMoment)
  expect(unknown?.headers['retry-after']).toBe('60')
  expect(known).toEqual(unknown)
})

test('while one client waits at one address, it is served elsewhere, and others are served there', async () => {
  const [waiting, neighbour] = [
    await server.createClient('waiting', ['read']),
    await server.createClient('neighbour', ['read']),
  ]
  using here = new Caller(server.url, '127.0.2.2')
  using elsewhere = new Caller(server.url, '127.0.2.3')
  await failTimes(here, waiting, 20)
  const right = { client_id: waiting.id, client_secret: waiting.secret }
  expect((await here.requestToken(right)).status).toBe(429)
  expect((await elsewhere.requestToken(right)).status).toBe(200)
  const other = { client_id: neighbour.id, client_secret: neighbour.secret }
  expect((await here.requestToken(other)).status).toBe(200)
})

test('the wait ends sixty seconds after the first failure, and not before', async () => {
  const client = await server.createClient('patient', ['read'])
  const right = { client_id: client.id, client_secret: client.secret }
  using caller = new Caller(server.url, '127.0.2.4')
  await failTimes(caller, client, 1)
  now += minute / 2
  await failTimes(caller, client, 19)
  const held = await caller.requestToken(right)
  expect([held.status, held.headers['retry-after']]).toEqual([429, '30'])
  now += minute / 2 - 1
  expect((await caller.requestToken(right)).status).toBe(429)
  now += 1
  expect((await caller.requestToken(right)).status).toBe(200)
})

test('nineteen failures hold nobody up, and a new minute counts from nothing', async () => {
  const client = await server.createClient('clumsy', ['read'])
  const right = { client_id: client.id, client_secret: client.secret }
  using caller = new Caller(server.url, '127.0.2.5')
  await failTimes(caller, client, 19)
  expect((await caller.requestToken(right)).status).toBe(200)
  now += minute
  await failTimes(caller, client, 19)
  expect((await caller.requestToken(right)).status).toBe(200)
})

async function failTimes(caller: Caller, client: { id: string }, times: number): Promise<void> {
  for (let count = 1; count <= times; count += 1) {
    const { status } = await caller.requestToken({ client_id: client.id, client_secret: otherSecret })
    expect(status).toBe(401)
  }
}

/** An answer without what names its request and its second. */
function withoutMoment({ status, headers, body }: Answer): Answer {
  const {
    'x-request-id': _id,
    date: _date,
    // What is left to an address of its rate counts requests, and is the same for all kinds of them.
    'x-ratelimit-remaining': _remaining,
    'x-ratelimit-reset': _reset,
    ...rest
  } = headers
  return { status, headers: rest, body }
}

const turns = 850
const warmUpTurns = 75

/** Milliseconds for each kind: one request of each in turn, and the kind that begins changes with the turn. */
async function measureMedians(): Promise<Record<string, number>> {
  const kinds = Object.entries({
    ...failures(await server.createClient('probed', undefined)),
    'expired secret': await clientWithExpiredSecret(),
  })
  // Two failures of the known client in each turn: after nine turns an address has had eighteen.
  const callers = Array.from({ length: 249 }, (_, at) => new Caller(server.url, `127.0.0.${at + 2}`))
  const samples = new Map(kinds.map(([kind]) => [kind, [] as number[]]))
  for (let turn = 0; turn < warmUpTurns + turns; turn += 1) {
    for (let at = 0; at < kinds.length; at += 1) {
      const [kind, credentials] = kinds[(turn + at) % kinds.length] ?? []
      const caller = callers[turn % callers.length]
      if (kind === undefined || !credentials || !caller) throw new RangeError('There is no such kind.')
      const [startedAt, queuedBefore] = [performance.now(), readQueuedMs('self')]
      const { status } = await caller.requestToken(credentials)
      // Server and caller are this process: how long it queued for a processor tells nothing of what it did.
      const took = performance.now() - startedAt - (readQueuedMs('self') - queuedBefore)
      expect(status).toBe(401)
      if (turn >= warmUpTurns) samples.get(kind)?.push(took)
    }
  }
  for (const caller of callers) caller[Symbol.dispose]()
  // The unknown client has failed at these addresses, too; the next sample begins a new minute.
  now += minute
  return Object.fromEntries([...samples].map(([kind, times]) => [kind, median(times)]))
}

/** A second, live secret beside it: both are compared with what is presented. */
async function clientWithExpiredSecret() {
  const { id, secret } = await server.createClient('expired', undefined)
  await server.management.clients.rotateSecret(id, { overlap_seconds: 1 })
  now += 1000
  return { client_id: id, client_secret: secret }
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
