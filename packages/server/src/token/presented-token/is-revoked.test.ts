import { beforeEach, describe, expect, test } from 'vitest'
import { logId, sampleExchange } from '../../../test/storage-conformance/log-samples.ts'
import { acme, idOf, secondsIn } from '../../../test/storage-conformance/samples.ts'
import { openTurningKeys } from '../../../test/turning-keys.ts'
import type { TokenId } from '../../domain/issued-token.ts'
import type { RevocationSubject } from '../../domain/revocation.ts'
import type { Storage } from '../../domain/storage.ts'
import { createIsRevoked, type TokenInQuestion } from './is-revoked.ts'

let storage: Storage
beforeEach(async () => {
  storage = (await openTurningKeys()).storage
})

/** Asked for at the beginning; the rules took so long that it was issued forty minutes later. */
const issuedAtSeconds = secondsIn(2400).getTime() / 1000
const token: TokenInQuestion = {
  tenantId: acme.id,
  jti: idOf(logId(1)),
  clientId: idOf('client_1'),
  issuedAtSeconds,
  isForManagement: false,
}
const ofClient: RevocationSubject = { kind: 'client', clientId: idOf('client_1') }
const ofVersion: RevocationSubject = { kind: 'rule_version', ruleVersionId: idOf('ver_1') }

async function revoke(subject: RevocationSubject, seconds: number): Promise<void> {
  const revokedAt = secondsIn(seconds)
  const expiresAt = secondsIn(86_400)
  await storage.commit([storage.revocations.put({ tenantId: acme.id, subject, revokedAt, expiresAt })])
}

async function issue(): Promise<void> {
  const entry = sampleExchange(1, { at: secondsIn(2401), durationMs: 2_401_000 })
  await storage.commit([storage.logEntries.insert(entry)])
}

const isRevoked = (changes: Partial<TokenInQuestion> = {}) =>
  createIsRevoked(storage)({ ...token, ...changes })

describe.each([ofClient, ofVersion])('a token is revoked with its $kind', (subject) => {
  test('by a revocation at the moment of its request, or while that was under way', async () => {
    await issue()
    for (const seconds of [0, 10, 2399]) {
      await revoke(subject, seconds)
      expect([seconds, await isRevoked()]).toEqual([seconds, true])
    }
  })

  test('and not by one from before its request', async () => {
    await revoke(subject, -0.001)
    await issue()
    expect(await isRevoked()).toBe(false)
  })

  test('when nobody knows any more how it came about, if it may have been before', async () => {
    await revoke(subject, 10)
    expect([await isRevoked(), await isRevoked({ jti: undefined })]).toEqual([true, true])
    const later = { issuedAtSeconds: issuedAtSeconds + 86_400 }
    expect(await isRevoked(later)).toBe(false)
  })
})

test('another client, another version or another token is none of its', async () => {
  await issue()
  await revoke({ kind: 'client', clientId: idOf('client_2') }, 10)
  await revoke({ kind: 'rule_version', ruleVersionId: idOf('ver_2') }, 10)
  await revoke({ kind: 'token', jti: idOf(logId(2)) }, 10)
  expect(await isRevoked()).toBe(false)
  await revoke({ kind: 'token', jti: idOf(logId(1)) }, -100)
  expect(await isRevoked()).toBe(true)
})

test('no rule shapes a token of the management API, so none is revoked with it', async () => {
  await revoke(ofVersion, 10)
  expect(await isRevoked({ isForManagement: true })).toBe(false)
})

describe.each([ofClient, ofVersion])('of a token that was issued while the clock was ahead,', (subject) => {
  const day = 86_400
  const dated = (number: number, seconds: number) =>
    sampleExchange(number, { at: secondsIn(seconds), durationMs: 1000 })
  const ahead = { jti: idOf<TokenId>(logId(2)), issuedAtSeconds: secondsIn(day).getTime() / 1000 }
  const after = { jti: idOf<TokenId>(logId(3)), issuedAtSeconds: secondsIn(20).getTime() / 1000 }
  const afterAhead = { jti: idOf<TokenId>(logId(4)), issuedAtSeconds: secondsIn(2 * day).getTime() / 1000 }

  test('its $kind is revoked when the clock is right again, and what comes afterwards is not', async () => {
    const { logEntries, revocations, commit } = storage
    await commit([logEntries.insert(dated(2, day))])
    await revoke(subject, 10)
    await commit([logEntries.insert(dated(3, 20)), logEntries.insert(dated(4, 2 * day))])
    expect([await isRevoked(ahead), await isRevoked(after), await isRevoked(afterAhead)]).toEqual([
      true,
      false,
      false,
    ])
    // Until that token has expired as well.
    const kept = await revocations.find(acme.id, subject)
    expect(kept?.expiresAt).toEqual(secondsIn(86_400 + day - 10))
  })

  test('of another tenant, client or version nothing is', async () => {
    const { logEntries, commit } = storage
    await commit([logEntries.insert(dated(2, day))])
    await revoke({ kind: 'client', clientId: idOf('client_2') }, 10)
    await revoke({ kind: 'rule_version', ruleVersionId: idOf('ver_2') }, 10)
    expect(await isRevoked(ahead)).toBe(false)
    // An entry that is gone tells nothing, and its token is dated later.
    await revoke(subject, 10)
    expect(await isRevoked({ ...ahead, jti: idOf(logId(9)) })).toBe(false)
  })
})
