import { expect, test } from 'vitest'
import type { ClientId } from '../domain/client.ts'
import type { RuleId, RuleName } from '../domain/rule.ts'
import type { TenantId } from '../domain/tenant.ts'
import { newLogEntryId } from './log-entry-id.ts'
import {
  type ConsoleEvent,
  createTail,
  maxFollowersPerDoor,
  maxRecentTenants,
  type TailEvent,
  type TailFollower,
  type TailGap,
} from './tail.ts'

const acme = 'ten_acme' as TenantId
const other = 'ten_other' as TenantId
const door = 'management'

function line(text: string): ConsoleEvent {
  return {
    kind: 'console',
    at: new Date(0),
    level: 'info',
    text,
    ruleId: 'rul_1' as RuleId,
    ruleName: 'greet' as RuleName,
    versionNumber: 1,
    requestId: newLogEntryId(),
    clientId: 'client' as ClientId,
  }
}

function shown(event: TailEvent | TailGap): string {
  return event.kind === 'console' ? event.text : event.kind
}

async function read(follower: TailFollower, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const texts: string[] = []
  if (count === 0) return texts
  for await (const event of follower) {
    texts.push(shown(event))
    if (texts.length === count) break
  }
  return texts
}

test('a follower that does not read is let go with a gap marker, and others miss nothing', async () => {
  const tail = createTail({ maxQueued: 3 })
  const stalled = tail.follow(acme, { door })
  const reading = tail.follow(acme, { door })
  const seen = read(reading, 10)
  for (let at = 0; at < 10; at++) {
    tail.publish(acme, line(`line ${at}`))
    await new Promise(setImmediate)
  }
  expect(await seen).toEqual(Array.from({ length: 10 }, (_, at) => `line ${at}`))
  expect(await read(stalled)).toEqual(['gap'])
})

test('a follower that falls behind in the middle gets what it had begun and then the gap', async () => {
  const tail = createTail({ maxQueued: 3 })
  const iterator = tail.follow(acme, { door })[Symbol.asyncIterator]()
  for (const text of ['a', 'b']) tail.publish(acme, line(text))
  const seen = [await iterator.next()]
  for (const text of ['c', 'd', 'e', 'f', 'g']) tail.publish(acme, line(text))
  while (!seen.at(-1)?.done) seen.push(await iterator.next())
  expect(seen.flatMap((result) => (result.done ? [] : [shown(result.value)]))).toEqual(['a', 'b', 'gap'])
})

test('more followers than the limit are refused until one leaves', () => {
  const tail = createTail({ maxQueued: 3 })
  const followers = Array.from({ length: maxFollowersPerDoor }, () => tail.follow(acme, { door }))
  expect(() => tail.follow(acme, { door })).toThrow('follow this log already')
  expect(() => tail.follow(other, { door })).not.toThrow()
  followers[0]?.close()
  expect(() => tail.follow(acme, { door })).not.toThrow()
})

test('a follower never sees the events of another tenant, neither live nor recent', async () => {
  const tail = createTail({ maxQueued: 10 })
  const follower = tail.follow(acme, { door })
  tail.publish(other, line('theirs'))
  tail.publish(acme, line('ours'))
  expect(await read(follower, 1)).toEqual(['ours'])
  expect(tail.recentConsole(acme).map(shown)).toEqual(['ours'])
})

test('what is published between following and the first read is not lost', async () => {
  const tail = createTail({ maxQueued: 10 })
  const follower = tail.follow(acme, { door })
  tail.publish(acme, line('early'))
  expect(await read(follower, 1)).toEqual(['early'])
})

test('closing ends a follower that waits, and leaving the loop frees its place', async () => {
  const tail = createTail({ maxQueued: 10 })
  const waiting = tail.follow(acme, { door })
  const ended = read(waiting)
  await new Promise(setImmediate)
  waiting.close()
  expect(await ended).toEqual([])

  for (let round = 0; round <= maxFollowersPerDoor; round++) {
    const follower = tail.follow(acme, { door })
    tail.publish(acme, line('once'))
    expect(await read(follower, 1)).toEqual(['once'])
  }
})

test('closing the tail ends everyone', async () => {
  const tail = createTail({ maxQueued: 10 })
  const all = [
    read(tail.follow(acme, { door })),
    read(tail.follow(acme, { door })),
    read(tail.follow(other, { door })),
  ]
  await new Promise(setImmediate)
  tail.close()
  expect(await Promise.all(all)).toEqual([[], [], []])
})

test('the last ten printed lines are kept, oldest first', () => {
  const tail = createTail({ maxQueued: 10 })
  for (let at = 0; at < 15; at++) tail.publish(acme, line(`line ${at}`))
  expect(tail.recentConsole(acme).map(shown)).toEqual(Array.from({ length: 10 }, (_, at) => `line ${at + 5}`))
})

test('recent lines are kept for a bounded number of tenants, and the longest silent is forgotten', () => {
  const tail = createTail({ maxQueued: 10 })
  tail.publish(acme, line('first'))
  for (let at = 1; at < maxRecentTenants; at++) tail.publish(`ten_${at}` as TenantId, line(''))
  tail.publish(acme, line('again'))
  tail.publish(other, line('one more'))
  expect(tail.recentConsole(acme)).toHaveLength(2)
  expect(tail.recentConsole('ten_1' as TenantId)).toEqual([])
})

test('the followers of one door do not take the places of the other’s', () => {
  const tail = createTail({ maxQueued: 1 })
  for (let at = 0; at < maxFollowersPerDoor; at++) tail.follow(acme, { door: 'webtask' })
  expect(() => tail.follow(acme, { door: 'webtask' })).toThrow('follow this log already')
  expect(() => tail.follow(acme, { door })).not.toThrow()
})

test('a paused follower has its place, keeps nothing and misses nothing once it goes on', async () => {
  const tail = createTail({ maxQueued: 3 })
  const paused = tail.follow(acme, { door, paused: true })
  for (let at = 0; at < 10; at++) tail.publish(acme, line('before'))
  paused.resume()
  tail.publish(acme, line('after'))
  expect(await read(paused, 1)).toEqual(['after'])
})
