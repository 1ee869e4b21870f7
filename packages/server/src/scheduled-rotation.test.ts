import { beforeEach, expect, test } from 'vitest'
import { acme, globex } from '../test/storage-conformance/samples.ts'
import { openTurningKeys, type TurningKeys } from '../test/turning-keys.ts'
import type { LogEntry } from './domain/log-entry.ts'
import { newLogEntryId } from './logs/log-entry-id.ts'
import { createRecorder } from './logs/recorder.ts'
import { createTail } from './logs/tail.ts'
import { createScheduledRotation, type ScheduledRotation } from './scheduled-rotation.ts'

const daySeconds = 86_400
let keys: TurningKeys
let lines: string[]
let schedule: ScheduledRotation

beforeEach(async () => {
  keys = await openTurningKeys()
  lines = []
  schedule = newSchedule()
  await rotateEvery(undefined)
})

/** As a server that has just started has it. */
function newSchedule(): ScheduledRotation {
  const { storage, rotation, now } = keys
  const { record } = createRecorder({ storage, tail: createTail({ maxQueued: 10 }) })
  const keep = (...words: unknown[]) => {
    lines.push(words.filter((word) => typeof word === 'string').join(' '))
  }
  const log = { warn: keep, error: keep }
  return createScheduledRotation({ storage, keyRotation: rotation, record, log, now, newLogEntryId })
}

async function rotateEvery(days: number | undefined): Promise<void> {
  const { tenants, commit } = keys.storage
  const stored = await tenants.find(acme.id)
  if (!stored) throw new Error('The tenant is not there.')
  const security = { ...stored.security, signingKeyRotationDays: days }
  await commit([tenants.update({ ...stored, security }, stored)])
}

async function entries(): Promise<LogEntry[]> {
  return keys.storage.logEntries.listAfter(acme.id, undefined, 100)
}

test('nothing turns by itself unless the tenant wants it', async () => {
  keys.pass(400 * daySeconds)
  await schedule.rotateDue()
  expect([await keys.states(), await entries()]).toEqual([['current', 'next'], []])
})

test('a key is replaced when it has signed for as many days as the tenant said, not before, and the log tells it', async () => {
  await rotateEvery(90)
  const next = await keys.keyThat('next')
  keys.pass(90 * daySeconds - 0.001)
  await schedule.rotateDue()
  expect(await entries()).toEqual([])
  keys.pass(0.001)
  await schedule.rotateDue()
  expect(await keys.kidNow()).toBe(next.id)
  expect(await entries()).toMatchObject([
    {
      type: 'sapi',
      clientId: undefined,
      description: expect.stringContaining(`ES256 ${next.id} signs from`),
    },
  ])
  expect(await keys.storage.signingKeys.list(globex.id)).toHaveLength(2)
})

test('what fell due while the server was stopped is made up for once, by two that look at the same time too', async () => {
  await rotateEvery(1)
  keys.pass(30 * daySeconds)
  const restarted = newSchedule()
  await Promise.all([restarted.rotateDue(), schedule.rotateDue(), restarted.rotateDue()])
  await newSchedule().rotateDue()
  expect([(await keys.storage.signingKeys.list(acme.id)).length, (await entries()).length]).toEqual([3, 1])
  expect(lines).toEqual([])
})

test('a turn that lies ahead is not followed by another', async () => {
  await rotateEvery(1)
  await keys.rotate()
  await keys.rotate()
  await schedule.rotateDue()
  expect(await keys.states()).toEqual(['current', 'next', 'next', 'previous'])
})

test('where too many keys still verify the process says so, and the others are rotated', async () => {
  await rotateEvery(1)
  for (let count = 0; count < 10; count += 1) {
    keys.pass(400)
    await keys.kidNow(30 * daySeconds)
    await keys.rotate()
  }
  keys.pass(daySeconds)
  await schedule.rotateDue()
  expect(lines).toEqual([
    expect.stringMatching(/^the ES256 keys of the tenant \S+ could not .* revoke a previous one before/),
  ])
  expect(await entries()).toEqual([])
})
