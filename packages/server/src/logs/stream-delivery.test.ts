import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startWatch } from '../../test/own-time.ts'
import { sampleChange, sampleExchange } from '../../test/storage-conformance/log-samples.ts'
import { acme, idOf, secondsIn } from '../../test/storage-conformance/samples.ts'
import { type StreamReceiver, startStreamReceiver } from '../../test/stream-receiver.ts'
import type { LogEntry } from '../domain/log-entry.ts'
import type { LogStream } from '../domain/log-stream.ts'
import type { Storage } from '../domain/storage.ts'
import { openStorage } from '../storage/storage.ts'
import { createStreamDelivery, type Pace, type StreamDelivery } from './stream-delivery.ts'
import { pauseAfterMs } from './stream-run.ts'
import { createStreamSender } from './stream-sender.ts'

const start = secondsIn(0)
let now = start
let dataDir: string
let storage: Storage
let receiver: StreamReceiver
let delivery: StreamDelivery
let paused: string[]
let faults: unknown[]
const sender = createStreamSender({ isAllowed: () => false, isAllowedInPlain: () => true })

beforeEach(async () => {
  now = start
  paused = []
  faults = []
  dataDir = mkdtempSync(join(tmpdir(), 'tallystick-delivery-'))
  storage = await openStorage({ dataDir, now: () => now })
  await storage.migrate()
  await storage.commit([storage.tenants.insert(acme)])
  receiver = await startStreamReceiver()
  delivery = deliveryWith({ gatherMs: 5, firstRetryMs: 10, longestRetryMs: 40 })
})
afterEach(async () => {
  await delivery.close()
  await receiver.close()
  await storage.close()
  rmSync(dataDir, { recursive: true })
})

function deliveryWith(pace: Pace): StreamDelivery {
  return createStreamDelivery({
    storage,
    sender,
    render: (_tenant, { type, description }) => ({ type, description, details: {} }),
    secretHeaders: (_stream, { id }) => ({ 'webhook-id': id }),
    now: () => now,
    onPaused: ({ name }) => paused.push(name),
    onFault: (error) => faults.push(error),
    random: () => 0.5,
    pace,
  })
}

const stream = (changes: Partial<LogStream> = {}): LogStream => ({
  tenantId: acme.id,
  id: idOf('lst_1'),
  name: 'siem',
  status: 'active',
  sink: {
    endpoint: receiver.url,
    contentType: 'application/json',
    contentFormat: 'JSONLINES',
    authorization: undefined,
    customHeaders: [],
  },
  categories: [],
  isPriority: undefined,
  startFrom: undefined,
  signingSecret: idOf('e1.abc.def'),
  createdAt: start,
  updatedAt: start,
  ...changes,
})

/** As the recorder does: committed, then told. */
async function happens(entry: LogEntry, ...writes: Parameters<Storage['commit']>[0]): Promise<void> {
  await storage.commit([...writes, storage.logEntries.insert(entry)])
  delivery.notice(entry)
}

const descriptions = () => receiver.entries.map(({ data }) => data.description)
const changeOfStream = (number: number) => sampleChange(number, { path: '/api/v2/log-streams/lst_1' })
const stored = () => storage.logStreams.find(acme.id, idOf('lst_1'))
const progress = () => storage.logStreams.findProgress(acme.id, idOf('lst_1'))

test('a receiver that accepts nothing for seven days gets no more, until the stream is resumed', async () => {
  await storage.commit([storage.logStreams.insert(stream(), 0)])
  await delivery.start()
  receiver.answer.status = 500
  await happens(sampleExchange(1, { description: 'kept' }))
  await receiver.until(() => receiver.requests.length >= 3)
  expect((await progress())?.failingSince).toEqual(start)

  now = new Date(start.getTime() + pauseAfterMs)
  await receiver.until(() => paused.length === 1)
  const before = receiver.requests.length
  await happens(sampleExchange(2))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect([receiver.requests.length, (await stored())?.status, paused]).toEqual([before, 'paused', ['siem']])

  receiver.answer.status = 200
  const read = await stored()
  if (!read) throw new Error('The stream is gone.')
  await happens(
    changeOfStream(3),
    storage.logStreams.update({ ...read, status: 'active' }, read),
    storage.logStreams.forgetFailure(acme.id, read.id),
  )
  await receiver.until(() => receiver.entries.length === 3)
  expect(descriptions()[0]).toBe('kept')
  expect(faults).toEqual([])
})

test('a stream made while the server runs begins at once', async () => {
  await delivery.start()
  await happens(changeOfStream(1), storage.logStreams.insert(stream(), 0))
  await receiver.until(() => receiver.entries.length === 1)
})

test('a stream that was stopped in between goes on where it was', async () => {
  await storage.commit([storage.logStreams.insert(stream(), 0)])
  await delivery.start()
  await happens(sampleExchange(1, { description: 'one' }))
  // Until then it would be sent again: at least once, as the same message.
  await expect.poll(async () => (await progress())?.deliveredAt).toEqual(now)
  await delivery.close()
  await happens(sampleExchange(2, { description: 'two' }))
  delivery = deliveryWith({ gatherMs: 5, firstRetryMs: 10, longestRetryMs: 40 })
  await delivery.start()
  await receiver.until(() => receiver.entries.length === 2)
  expect(descriptions()).toEqual(['one', 'two'])
})

test('what the same entries are sent as is one message, whose id says so', async () => {
  await storage.commit([storage.logStreams.insert(stream(), 0)])
  receiver.answer.status = 503
  await storage.commit([storage.logEntries.insert(sampleExchange(1))])
  await delivery.start()
  await receiver.until(() => receiver.requests.length >= 2)
  const [first, second] = receiver.requests
  expect([second?.headers['webhook-id'], second?.body]).toEqual([first?.headers['webhook-id'], first?.body])
})

test('a long log is sent in pieces, in order and each once', async () => {
  const entries = Array.from({ length: 250 }, (_, number) =>
    sampleExchange(number, { description: String(number) }),
  )
  await storage.commit([...entries.map(storage.logEntries.insert), storage.logStreams.insert(stream(), 0)])
  await delivery.start()
  await receiver.until(() => receiver.entries.length >= 250)
  expect(descriptions()).toEqual(entries.map(({ description }) => description))
  expect(receiver.requests.length).toBe(3)
})

test('closing waits for no receiver', async () => {
  await storage.commit([storage.logStreams.insert(stream(), 0), storage.logEntries.insert(sampleExchange(1))])
  receiver.answer.status = 500
  delivery = deliveryWith({ gatherMs: 5, firstRetryMs: 600_000, longestRetryMs: 600_000 })
  await delivery.start()
  await receiver.until(() => receiver.requests.length === 1)
  const sinceAsked = startWatch()
  await delivery.close()
  expect(sinceAsked()).toBeLessThan(1000)
})
