import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { logId, sampleActionFailure, sampleExchange } from '../../test/storage-conformance/log-samples.ts'
import { acme, idOf, sampleClient } from '../../test/storage-conformance/samples.ts'
import type { SpentProof } from '../domain/spent-proof.ts'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError, type Storage } from '../domain/storage.ts'
import { openStorage } from '../storage/storage.ts'
import { createRecorder, LogUnavailableError, maxBatch } from './recorder.ts'
import { createTail, type Tail } from './tail.ts'

let dataDir: string
let storage: Storage
let tail: Tail
/** The ids that the tail was given, in order. */
let published: string[]

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tallystick-recorder-'))
  storage = await openStorage({ dataDir, now: () => new Date() })
  await storage.migrate()
  await storage.commit([storage.tenants.insert(acme)])
  published = []
  tail = createTail({ maxQueued: 10 })
})
afterEach(async () => {
  await storage.close()
  rmSync(dataDir, { recursive: true })
})

/** A recorder over the real storage; `commitGroups` may come later than the storage's own, or fail. */
function recorderWith(commitGroups: Storage['commitGroups'] = storage.commitGroups, maxWaiting?: number) {
  const noting: Pick<Tail, 'publish'> = {
    publish(tenantId, event) {
      if (event.kind === 'entry') published.push(event.entry.id)
      tail.publish(tenantId, event)
    },
  }
  return createRecorder({
    storage: { commitGroups, logEntries: storage.logEntries },
    tail: noting,
    ...(maxWaiting !== undefined && { maxWaiting }),
  })
}
const isStored = async (number: number) =>
  (await storage.logEntries.find(acme.id, logId(number))) !== undefined

test('when nothing can be committed, everyone who waits is refused with the cause, and nothing is published', async () => {
  const cause = new Error('the disk is full')
  const recorder = recorderWith(() => Promise.reject(cause))
  const results = await Promise.allSettled([1, 2, 3].map((number) => recorder.record(sampleExchange(number))))
  for (const result of results) {
    const reason: unknown = result.status === 'rejected' ? result.reason : undefined
    expect(reason).toBeInstanceOf(LogUnavailableError)
    expect(reason).toHaveProperty('cause', cause)
  }
  expect(published).toEqual([])
  expect(await isStored(1)).toBe(false)
})

test('after a failed commit the next one is tried afresh', async () => {
  let fails = true
  const recorder = recorderWith((groups) =>
    fails ? Promise.reject(new Error('full')) : storage.commitGroups(groups),
  )
  await expect(recorder.record(sampleExchange(1))).rejects.toThrow(LogUnavailableError)
  fails = false
  await recorder.record(sampleExchange(2))
  expect(published).toEqual([logId(2)])
})

test('an entry that cannot be stored fails alone, with its own error, and takes its writes along', async () => {
  const recorder = recorderWith()
  await recorder.record(sampleExchange(1))
  const nobody = sampleClient({ id: idOf('nobody') })
  const [first, taken, foreign, gone, last] = await Promise.allSettled([
    recorder.record(sampleExchange(2)),
    recorder.record(sampleExchange(1), [storage.clients.insert(sampleClient())]),
    recorder.record(sampleExchange(3, { tenantId: idOf('ten_nobody') })),
    recorder.record(sampleExchange(4), [storage.clients.update(nobody, nobody)]),
    recorder.record(sampleExchange(5)),
  ])
  expect([first?.status, last?.status]).toEqual(['fulfilled', 'fulfilled'])
  expect(taken).toMatchObject({ reason: expect.any(AlreadyExistsError) })
  expect(foreign).toMatchObject({ reason: expect.any(GoneError) })
  expect(gone).toMatchObject({ reason: expect.any(ChangedMeanwhileError) })
  expect(await storage.clients.find(acme.id, sampleClient().id)).toBeUndefined()
  expect(await isStored(4)).toBe(false)
  expect(published).toEqual([logId(1), logId(2), logId(5)])
})

test('an entry that the disk has no room for is refused as not recordable, and others stand', async () => {
  const cause = new Error('database or disk is full')
  const recorder = recorderWith(async (groups) => {
    await storage.commitGroups(groups.slice(1))
    return groups.map((_, at) => (at === 0 ? cause : undefined))
  })
  const [first, second] = await Promise.allSettled(
    [1, 2].map((number) => recorder.record(sampleExchange(number))),
  )
  expect(first).toMatchObject({ reason: expect.any(LogUnavailableError) })
  expect(second?.status).toBe('fulfilled')
  expect(published).toEqual([logId(2)])
})

test('more entries than may wait are refused at once, and those who wait are served', async () => {
  const recorder = recorderWith(storage.commitGroups, 2)
  const accepted = [recorder.record(sampleExchange(1)), recorder.record(sampleExchange(2))]
  await expect(recorder.record(sampleExchange(3))).rejects.toThrow('More than 2 log entries wait')
  await Promise.all(accepted)
  await recorder.record(sampleExchange(4))
  expect(await isStored(3)).toBe(false)
})

test('nobody is answered, and nothing published, before the commit is through', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const recorder = recorderWith(async (groups) => {
    await held
    return storage.commitGroups(groups)
  })
  let answered = false
  const recording = recorder.record(sampleExchange(1)).then(() => {
    answered = true
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([answered, published.length, await isStored(1)]).toEqual([false, 0, false])
  release()
  await recording
  expect([answered, published.length, await isStored(1)]).toEqual([true, 1, true])
})

test('an entry and the writes it accounts for stand together', async () => {
  await recorderWith().record(sampleExchange(1), [storage.clients.insert(sampleClient())])
  expect(await storage.clients.find(acme.id, sampleClient().id)).toBeDefined()
  expect(await isStored(1)).toBe(true)
})

test('entries beside an entry stand and fall with it, and are published after it', async () => {
  const recorder = recorderWith()
  await recorder.record(sampleExchange(1), [], [sampleActionFailure(2)])
  expect(published).toEqual([logId(1), logId(2)])
  const refused = recorder.record(sampleExchange(3), [], [sampleActionFailure(2)])
  await expect(refused).rejects.toThrow(AlreadyExistsError)
  expect([await isStored(3), published.length]).toEqual([false, 2])
})

test('what comes during a commit shares the next one, in the order in which it came', async () => {
  const batches: number[] = []
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const recorder = recorderWith(async (groups) => {
    batches.push(groups.length)
    begun.resolve()
    await held.promise
    return storage.commitGroups(groups)
  })
  const recordings = [recorder.record(sampleExchange(9))]
  await begun.promise
  for (const number of [8, 7, 6]) recordings.push(recorder.record(sampleExchange(number)))
  held.resolve()
  await Promise.all(recordings)
  expect(batches).toEqual([1, 3])
  const order = [9, 8, 7, 6].map(logId)
  expect(published).toEqual(order)
  expect((await storage.logEntries.listAfter(acme.id, undefined, 10)).map((entry) => entry.id)).toEqual(order)
})

test('what comes in one turn is one commit, up to the size of a batch', async () => {
  const batches: number[] = []
  const recorder = recorderWith((groups) => {
    batches.push(groups.length)
    return storage.commitGroups(groups)
  })
  const numbers = Array.from({ length: maxBatch + 1 }, (_, at) => at)
  await Promise.all(numbers.map((number) => recorder.record(sampleExchange(number))))
  expect(batches).toEqual([maxBatch, 1])
})

test('draining waits for everything handed in, and an idle recorder is drained at once', async () => {
  const recorder = recorderWith()
  await recorder.drain()
  const numbers = Array.from({ length: maxBatch * 2 }, (_, at) => at)
  const recordings = numbers.map((number) => recorder.record(sampleExchange(number)))
  await recorder.drain()
  expect(published).toHaveLength(numbers.length)
  await Promise.all(recordings)
})

test('what no entry accounts for is kept as safely, tells nobody, and is refused like the rest', async () => {
  const recorder = recorderWith()
  const proof: SpentProof = {
    tenantId: acme.id,
    kind: 'dpop_proof',
    holder: 'thumbprint',
    jti: 'one',
    expiresAt: new Date(),
  }
  await recorder.keep([storage.spentProofs.insert(proof)])
  expect(await storage.spentProofs.isSpent(proof)).toBe(true)
  expect(published).toEqual([])
  const results = await Promise.allSettled([
    recorder.keep([storage.spentProofs.insert(proof)]),
    recorder.record(sampleExchange(1)),
  ])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  await expect(recorder.keep([storage.spentProofs.insert(proof)])).rejects.toThrow(AlreadyExistsError)
})
