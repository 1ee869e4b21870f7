import fc from 'fast-check'
import { expect, test } from 'vitest'
import { acme } from '../../../test/storage-conformance/samples.ts'
import { openTurningKeys, type TurningKeys } from '../../../test/turning-keys.ts'
import { keySetMaxAgeSeconds, maxPreviousKeys, type SigningKeyStateAt } from '../../domain/signing-key.ts'

type Step =
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'sign'; readonly lifetimeSeconds: number }
  | { readonly kind: 'rotate' }
  | { readonly kind: 'emergency'; readonly state: SigningKeyStateAt; readonly place: number }

const quietStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ kind: fc.constant('sign' as const), lifetimeSeconds: fc.integer({ min: 60, max: 7200 }) }),
  fc.constant({ kind: 'rotate' as const }),
)
const emergency: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('emergency' as const),
  state: fc.constantFrom<SigningKeyStateAt[]>('current', 'next', 'previous', 'ended'),
  place: fc.nat({ max: 3 }),
})

async function take(keys: TurningKeys, step: Step): Promise<void> {
  switch (step.kind) {
    case 'pass':
      return keys.pass(step.seconds)
    case 'sign':
      await keys.kidNow(step.lifetimeSeconds)
      return
    case 'rotate': {
      const verifying = (await keys.storage.signingKeys.list(acme.id)).filter(
        ({ state }) => state === 'previous',
      )
      if (verifying.length < maxPreviousKeys) await keys.rotate()
      return
    }
    case 'emergency': {
      const those = await keys.keysThat(step.state)
      const key = those[step.place % Math.max(1, those.length)]
      if (key) await keys.storage.commit((await keys.revocation.planEmergency(key)).writes)
    }
  }
}

/** When each key was first seen in the key set, and first signed: seconds of the clock that is moved. */
interface Seen {
  readonly shown: Map<string, number>
  readonly signed: Map<string, number>
  /** Until when each key's tokens are valid. */
  readonly needed: Map<string, number>
}

async function look(keys: TurningKeys, seen: Seen, lifetimeSeconds = 0): Promise<void> {
  const now = keys.now().getTime() / 1000
  const signer = (await keys.keyThat('current')).id
  const published = await keys.published()
  expect(await keys.kidNow()).toBe(signer)
  expect((await keys.keysThat('next')).length).toBeGreaterThanOrEqual(1)
  expect(published).toContain(signer)
  for (const state of ['revoked', 'ended'] as const) {
    for (const { id } of await keys.keysThat(state)) expect(published).not.toContain(id)
  }
  for (const id of published) if (!seen.shown.has(id)) seen.shown.set(id, now)
  if (!seen.signed.has(signer)) seen.signed.set(signer, now)
  seen.needed.set(signer, Math.max(seen.needed.get(signer) ?? 0, now + lifetimeSeconds))
}

async function walk(steps: readonly Step[]): Promise<{ keys: TurningKeys; seen: Seen }> {
  const keys = await openTurningKeys()
  const seen: Seen = { shown: new Map(), signed: new Map(), needed: new Map() }
  for (const id of await keys.published()) seen.shown.set(id, Number.NEGATIVE_INFINITY)
  await look(keys, seen)
  for (const step of steps) {
    await take(keys, step)
    await look(keys, seen, step.kind === 'sign' ? step.lifetimeSeconds : 0)
  }
  return { keys, seen }
}

// A failure prints the seed and the path with which it is run again.
test('however keys turn, each signs only when every kept key set has it, and is there while a token of it is valid', async () => {
  const steps = fc.array(quietStep, { minLength: 3, maxLength: 14 })
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const { keys, seen } = await walk(taken)
      for (const [id, at] of seen.signed) {
        expect(at - (seen.shown.get(id) ?? Number.NaN)).toBeGreaterThanOrEqual(keySetMaxAgeSeconds)
      }
      const now = keys.now().getTime() / 1000
      const published = await keys.published()
      for (const [id, until] of seen.needed) if (until > now) expect(published).toContain(id)
    }),
    { numRuns: 15 },
  )
})

test('whatever is revoked in an emergency, one key signs, another is shown as the next, and what is revoked is gone', async () => {
  const steps = fc.array(fc.oneof(quietStep, emergency), { minLength: 3, maxLength: 14 })
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      await walk(taken)
    }),
    { numRuns: 15 },
  )
})
