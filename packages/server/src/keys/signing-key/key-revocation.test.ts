import { createSecretKey, randomBytes } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { acme } from '../../../test/storage-conformance/samples.ts'
import { openTurningKeys, type TurningKeys } from '../../../test/turning-keys.ts'
import { type KeyAlgorithm, keyAlgorithms } from '../../domain/resource-server.ts'
import { keySetMaxAgeSeconds, type SigningKey } from '../../domain/signing-key.ts'
import { TokenInvalidError } from '../issued-token/verify-token.ts'
import { createEncryption } from '../secret/encryption.ts'
import { createKeyRevocation } from './key-revocation.ts'
import { createSigningKeyRing } from './signing-key-ring.ts'

const leadSeconds = keySetMaxAgeSeconds + 10

let keys: TurningKeys
beforeEach(async () => {
  keys = await openTurningKeys()
})

async function revokeInEmergency({ id }: SigningKey) {
  const key = await keys.storage.signingKeys.find(acme.id, id)
  const plan = key && (await keys.revocation.planEmergency(key))
  if (plan === undefined) throw new Error('The key is not there.')
  await keys.storage.commit(plan.writes)
  return plan
}

test('a key is not revoked while it signs, or is about to, unless it is an emergency', async () => {
  await keys.rotate()
  await keys.rotate()
  for (const state of ['current', 'next'] as const) {
    for (const key of await keys.keysThat(state)) expect(keys.revocation.plan(key)).toBeUndefined()
  }
  keys.pass(leadSeconds)
  expect(keys.revocation.plan(await keys.keyThat('current'))).toBeUndefined()
})

test('a key is revoked in an emergency although it signs: the next one signs from then on, known or not', async () => {
  await keys.rotate()
  keys.pass(5)
  const [current, next] = [await keys.keyThat('current'), await keys.keyThat('next')]
  const { successor } = await revokeInEmergency(current)
  expect(successor).toMatchObject({ id: next.id, currentSince: keys.after(5) })
  expect(await keys.kidNow()).toBe(next.id)
  expect(await keys.published()).not.toContain(current.id)
  expect(await keys.states()).toEqual(['current', 'next', 'previous', 'revoked'])
  expect((await keys.keyThat('next')).maySignFrom).toEqual(keys.after(5 + leadSeconds))
  expect(await keys.keyThat('revoked')).toMatchObject({
    currentUntil: keys.after(5),
    revokedAt: keys.after(5),
  })
})

test('a key is revoked in an emergency while another one waits for its turn: that one takes it at once', async () => {
  const first = await keys.rotate()
  const waiting = await keys.rotate()
  keys.pass(1)
  const { successor } = await revokeInEmergency(first)
  expect([successor?.id, await keys.kidNow()]).toEqual([waiting.id, waiting.id])
  expect(await keys.states()).toEqual(['current', 'next', 'previous', 'revoked'])
})

test('a key is revoked in an emergency before its turn: the one before it goes on', async () => {
  const first = await keys.rotate()
  keys.pass(1)
  const waiting = await keys.rotate()
  const last = await keys.rotate()
  expect([waiting, last].map(({ currentSince }) => currentSince)).toEqual([310, 311].map(keys.after))
  await revokeInEmergency(waiting)
  keys.pass(leadSeconds - 0.001)
  expect(await keys.kidNow()).toBe(first.id)
  keys.pass(0.001)
  expect(await keys.kidNow()).toBe(last.id)
  expect(await keys.states()).toEqual(['current', 'next', 'previous', 'ended', 'revoked'].toSorted())
})

test('a key is revoked in an emergency, the last in turn before its turn: who signs goes on without an end', async () => {
  const first = await keys.rotate()
  const waiting = await keys.rotate()
  await revokeInEmergency(waiting)
  keys.pass(10 * leadSeconds)
  expect(await keys.kidNow()).toBe(first.id)
  expect(await keys.states()).toEqual(['current', 'ended', 'next', 'revoked'])
})

test('a key is revoked in an emergency although it is only shown: another one is shown', async () => {
  const next = await keys.keyThat('next')
  await revokeInEmergency(next)
  expect((await keys.keyThat('next')).id).not.toBe(next.id)
  expect(await keys.states()).toEqual(['current', 'next', 'revoked'])
  expect((await keys.rotate()).currentSince).toEqual(keys.after(leadSeconds))
})

test('a key is revoked from one reading only once', async () => {
  const current = await keys.keyThat('current')
  const plans = [await keys.revocation.planEmergency(current), await keys.revocation.planEmergency(current)]
  await keys.storage.commit(plans[0]?.writes ?? [])
  await expect(keys.storage.commit(plans[1]?.writes ?? [])).rejects.toThrow('meanwhile')
  expect(await keys.states()).toEqual(['current', 'next', 'revoked'])
})

test('a key is revoked in an emergency also where the runtime can make no other one for its algorithm', async () => {
  const { storage, ring, now } = keys
  const elsewhere = { ...ring, algorithms: keyAlgorithms.filter((name) => name !== 'ES256') }
  const revocation = createKeyRevocation({ store: storage.signingKeys, ring: elsewhere, now })
  const [current, next] = [await keys.keyThat('current'), await keys.keyThat('next')]
  const first = await revocation.planEmergency(current)
  await storage.commit(first.writes)
  expect([first.successor?.id, await keys.states()]).toEqual([next.id, ['current', 'revoked']])
  const second = await revocation.planEmergency(await keys.keyThat('current'))
  await storage.commit(second.writes)
  expect([second.successor, await keys.states()]).toEqual([undefined, ['revoked', 'revoked']])
})

test('a token whose algorithm the runtime does not have is invalid, and no fault', async () => {
  const { storage, now } = keys
  const claims = { iss: 'urn:us', aud: 'urn:api', sub: 'x', iat: 1_893_456_000, exp: 1_893_459_600 }
  const token = await keys.ring.sign(acme.id, 'ES256', { typ: 'at+jwt' }, claims)
  const verifyWith = (algorithms: readonly KeyAlgorithm[]) =>
    createSigningKeyRing({
      store: storage.signingKeys,
      commit: storage.commit,
      encryption: createEncryption(createSecretKey(randomBytes(32))),
      algorithms,
      now,
    }).verify(acme.id, token, { issuer: 'urn:us', audience: 'urn:api', now: now() })
  expect(await verifyWith(['ES256'])).toEqual(claims)
  await expect(verifyWith(['EdDSA'])).rejects.toThrow(TokenInvalidError)
})
