import type { ClientSecret } from '@tallystick/management-api/contract/client-secrets'
import { expect, test } from 'vitest'
import { noteOf } from './secret-note.ts'

const at = (minutes: number) => new Date(Date.UTC(2030, 0, 1) + minutes * 60_000).toISOString()
const now = new Date(at(10_000))
const day = 1440

function noteOfOlder(older: Partial<ClientSecret>, newer?: Partial<ClientSecret>): string {
  const first = { id: 'sec_older', created_at: at(0), ...older }
  const all = newer ? [first, { id: 'sec_newer', created_at: at(10), ...newer }] : [first]
  return noteOf(first, all, now)
}

const canGo = 'can go: sec_newer is in use instead'
const inUse = { first_used_at: at(20), last_used_at: at(40) }
const cases: [what: string, note: string, expected: string][] = [
  ['that was never used', noteOfOlder({}), 'never used'],
  ['in use', noteOfOlder({ last_used_at: at(5) }), ''],
  ['that expires now', noteOfOlder({ expires_at: now.toISOString() }), 'expired'],
  ['that expires later', noteOfOlder({ expires_at: at(10_001), last_used_at: at(5) }), ''],
  ['beside a newer one that nobody uses', noteOfOlder({ last_used_at: at(5) }, {}), ''],
  ['not used since a newer one is', noteOfOlder({ last_used_at: at(19) }, inUse), canGo],
  ['never used, while a newer one is', noteOfOlder({}, inUse), canGo],
  ['that is used beside a newer one', noteOfOlder({ last_used_at: at(30) }, inUse), ''],
  [
    'not used for a day in which a newer one was, to the minute',
    noteOfOlder({ last_used_at: at(30) }, { ...inUse, last_used_at: at(30 + day) }),
    '',
  ],
  [
    'not used for longer than a day in which a newer one was',
    noteOfOlder({ last_used_at: at(30) }, { ...inUse, last_used_at: at(31 + day) }),
    canGo,
  ],
]
test.each(cases)('a secret %s', (_what, note, expected) => {
  expect(note).toBe(expected)
})

test('the newer of two is never told to go for the older one', () => {
  const newer = { id: 'sec_newer', created_at: at(10) }
  const older = { id: 'sec_older', created_at: at(0), ...inUse }
  expect(noteOf(newer, [older, newer], now)).toBe('never used')
})
