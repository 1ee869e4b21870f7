/** Revoking signing keys: tokens that they signed no longer count, and the key set no longer has them. */
import {
  inTurns,
  type SigningKey,
  type SigningKeyStore,
  signerAt,
  stateAt,
} from '../../domain/signing-key.ts'
import type { Write } from '../../domain/write.ts'
import { knownFrom, type SigningKeyRing } from './signing-key-ring.ts'

export interface KeyRevocationDeps {
  readonly store: SigningKeyStore
  readonly ring: Pick<SigningKeyRing, 'createKey' | 'algorithms'>
  readonly now: () => Date
}

export interface Revocation {
  /** The key that signs from now on in place of the revoked one, where that one did. */
  readonly successor: SigningKey | undefined
  readonly writes: readonly Write[]
}

export interface KeyRevocation {
  /** Undefined unless the key has stopped signing: the others are needed to sign, now or next. */
  plan(key: SigningKey): Revocation | undefined
  /**
   * For any key. Where it signs, the next one signs from now on, whether or not verifiers have been shown it long
   * enough. A leaked key goes even where the runtime cannot make another one for its algorithm.
   */
  planEmergency(key: SigningKey): Promise<Revocation>
}

export function createKeyRevocation({ store, ring, now }: KeyRevocationDeps): KeyRevocation {
  function revoke(key: SigningKey): Write {
    const { currentSince, currentUntil } = key
    const hasBegun = currentSince !== undefined && currentSince <= now()
    const changes = hasBegun
      ? { currentUntil: earlier(now(), currentUntil) }
      : { currentSince: undefined, currentUntil: undefined }
    return store.update({ ...key, ...changes, state: 'revoked', revokedAt: now() }, key)
  }

  async function freshNext({ tenantId, algorithm }: SigningKey): Promise<Write[]> {
    if (!ring.algorithms.includes(algorithm)) return []
    const fresh = await ring.createKey(tenantId, algorithm, 'next')
    return [store.insert({ ...fresh, maySignFrom: knownFrom(now()) })]
  }

  /** The key that signs from now on. */
  async function begin(key: SigningKey, next: SigningKey | undefined) {
    if (!next && !ring.algorithms.includes(key.algorithm)) return { successor: undefined, writes: [] }
    const made = next ?? (await ring.createKey(key.tenantId, key.algorithm, 'next'))
    const successor = { ...made, state: 'current' as const, currentSince: now() }
    return { successor, writes: [next ? store.update(successor, next) : store.insert(successor)] }
  }

  return {
    plan(key) {
      const state = stateAt(key, now())
      return state === 'previous' || state === 'ended'
        ? { successor: undefined, writes: [revoke(key)] }
        : undefined
    },

    // The revoked one first: a tenant never has two current or two next keys of one algorithm.
    async planEmergency(key) {
      if (key.state === 'next')
        return { successor: undefined, writes: [revoke(key), ...(await freshNext(key))] }
      const keys = (await store.list(key.tenantId)).filter(({ algorithm }) => algorithm === key.algorithm)
      const turns = inTurns(keys)
      const place = turns.findIndex(({ id }) => id === key.id)
      const signing = turns.findIndex(({ id }) => id === signerAt(turns, now())?.id)
      const before = turns[place - 1]
      const behind = turns[place + 1]
      const next = keys.find(({ state }) => state === 'next')
      if (place > signing && before) {
        // Its turn has not come: the key before it goes on in its place.
        const goesOn = { ...before, state: key.state, currentUntil: key.currentUntil }
        return { successor: undefined, writes: [revoke(key), store.update(goesOn, before)] }
      }
      if (place < signing) return { successor: undefined, writes: [revoke(key)] }
      if (behind) {
        const successor = { ...behind, currentSince: now() }
        return { successor, writes: [revoke(key), store.update(successor, behind)] }
      }
      const { successor, writes } = await begin(key, next)
      return { successor, writes: [revoke(key), ...writes, ...(await freshNext(key))] }
    },
  }
}

function earlier(one: Date, other: Date | undefined): Date {
  return other !== undefined && other < one ? other : one
}
