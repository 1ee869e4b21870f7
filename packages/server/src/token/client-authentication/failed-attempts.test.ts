/** Who waits after twenty failures, and who does not. */
import { expect, test } from 'vitest'
import { idOf } from '../../../test/storage-conformance/samples.ts'
import { type Attempt, createFailedAttempts, maxFailedAttempts } from './failed-attempts.ts'

const guess: Attempt = { tenantId: idOf('t'), clientId: 'client', ip: '192.0.2.1', isGuess: true }

function afterFailuresOf(attempt: Attempt, times = maxFailedAttempts) {
  const attempts = createFailedAttempts(() => new Date(0))
  for (let count = 0; count < times; count += 1) attempts.count(attempt)
  return (other: Attempt) => {
    try {
      attempts.refuseWhileBlocked(other)
      return 'goes on'
    } catch {
      return 'waits'
    }
  }
}

test('the twentieth failure makes wait, and the nineteenth does not', () => {
  expect(afterFailuresOf(guess)(guess)).toBe('waits')
  expect(afterFailuresOf(guess, maxFailedAttempts - 1)(guess)).toBe('goes on')
})

test('of another tenant, client or address nobody waits', () => {
  const stateOf = afterFailuresOf(guess)
  for (const other of [
    { tenantId: idOf<Attempt['tenantId']>('u') },
    { clientId: 'clien' },
    { ip: '192.0.2.2' },
  ]) {
    expect(stateOf({ ...guess, ...other })).toBe('goes on')
  }
})

test('wrong signatures keep nobody waiting who has a secret, nor wrong secrets who has a key', () => {
  for (const isGuess of [true, false]) {
    const stateOf = afterFailuresOf({ ...guess, isGuess })
    expect([stateOf({ ...guess, isGuess }), stateOf({ ...guess, isGuess: !isGuess })]).toEqual([
      'waits',
      'goes on',
    ])
  }
})

test('two long names that begin alike are two, however long', () => {
  const named = (end: string, length = 500) => ({
    ...guess,
    clientId: `repo:acme/${'x'.repeat(length)}${end}`,
  })
  expect(afterFailuresOf(named('main'))(named('main'))).toBe('waits')
  expect(afterFailuresOf(named('main'))(named('next'))).toBe('goes on')
  expect(afterFailuresOf(named('a', 53))(named('b', 53))).toBe('goes on')
})
