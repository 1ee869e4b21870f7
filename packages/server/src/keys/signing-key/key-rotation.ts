/**
 * Rotating the signing keys of a tenant: the next key begins to sign, at once or as soon as verifiers have been shown
 * it long enough; from then on the current one only verifies; a fresh one is shown as the next.
 */
import type { KeyAlgorithm } from '../../domain/resource-server.ts'
import {
  endedKeyRetentionDays,
  maxPreviousKeys,
  publishedUntil,
  type SigningKey,
  type SigningKeyStore,
  stateAt,
} from '../../domain/signing-key.ts'
import type { TenantId } from '../../domain/tenant.ts'
import type { Write } from '../../domain/write.ts'
import { knownFrom, type SigningKeyRing } from './signing-key-ring.ts'

export interface KeyRotationDeps {
  readonly store: SigningKeyStore
  readonly ring: Pick<SigningKeyRing, 'createKey' | 'algorithms'>
  readonly now: () => Date
}

/** Why keys cannot turn now. The message is for the operator, and says what can be done. */
export class RotationRefusedError extends Error {
  override readonly name = 'RotationRefusedError'
}

export interface Rotation {
  /** The keys whose turn it is now, or at their `currentSince`. */
  readonly begun: readonly SigningKey[]
  readonly writes: readonly Write[]
}

export interface KeyRotation {
  /**
   * For one algorithm, or for all that the tenant has keys for and the runtime can make keys for. Undefined when the
   * tenant has no keys for this one.
   * @throws RotationRefusedError
   */
  plan(tenantId: TenantId, algorithm: KeyAlgorithm | undefined): Promise<Rotation | undefined>
}

export function createKeyRotation({ store, ring, now }: KeyRotationDeps): KeyRotation {
  function change(key: SigningKey, changes: Partial<SigningKey>) {
    const changed = { ...key, ...changes }
    return { changed, write: store.update(changed, key) }
  }

  async function planOne(current: SigningKey, keys: readonly SigningKey[]) {
    const { tenantId, algorithm } = current
    const kept = keys.filter((key) => key.state === 'previous' && stateAt(key, now()) !== 'ended')
    if (kept.length >= maxPreviousKeys) throw tooMany(algorithm, kept, now())
    const next = keys.find((key) => key.state === 'next')
    const begins = next ?? (await ring.createKey(tenantId, algorithm, 'next'))
    return { current, keys, next, begins, fresh: await ring.createKey(tenantId, algorithm, 'next') }
  }

  // Called when all keys are made, which may take long: the fresh ones are shown at once from here on.
  function turn({ current, keys, next, begins, fresh }: Awaited<ReturnType<typeof planOne>>) {
    const at = latest(now(), begins.maySignFrom, current.currentSince)
    const retired = change(current, { state: 'previous', currentUntil: at })
    const begun = change(begins, { state: 'current', currentSince: at })
    return {
      begun: begun.changed,
      // In this order: a tenant never has two current or two next keys of one algorithm.
      writes: [
        retired.write,
        next ? begun.write : store.insert(begun.changed),
        store.insert({ ...fresh, maySignFrom: knownFrom(now()) }),
        ...keys.filter((key) => isForgotten(key, now())).map((key) => store.remove(key.tenantId, key.id)),
      ],
    }
  }

  return {
    async plan(tenantId, algorithm) {
      const all = await store.list(tenantId)
      const turning = all.filter(
        (key) => key.state === 'current' && (algorithm === undefined || key.algorithm === algorithm),
      )
      if (turning.length === 0) return undefined
      const makeable = turning.filter((key) => ring.algorithms.includes(key.algorithm))
      if (makeable.length === 0) throw notInRuntime(turning)
      const plans = await Promise.all(makeable.map((key) => planOne(key, ofAlgorithm(all, key))))
      const turned = plans.map(turn)
      return { begun: turned.map(({ begun }) => begun), writes: turned.flatMap(({ writes }) => writes) }
    },
  }
}

/** Too many keys that verify, or whose turn has not come or is not over: all of them are in the key set. */
function tooMany(algorithm: KeyAlgorithm, kept: readonly SigningKey[], now: Date): RotationRefusedError {
  const ends = kept.flatMap((key) => publishedUntil(key)?.getTime() ?? [])
  const canRevoke = kept.some((key) => stateAt(key, now) === 'previous')
  return new RotationRefusedError(
    `There are ${kept.length} keys for ${algorithm} that verify, or wait for the end of their turn, and more there may not be. The first of them goes at ${new Date(Math.min(...ends)).toISOString()} at the earliest: rotate again then${canRevoke ? ', or revoke a previous one before' : ''}.`,
  )
}

// A server that was moved to another runtime. What it signed before still verifies elsewhere.
function notInRuntime(keys: readonly SigningKey[]): RotationRefusedError {
  const names = keys.map(({ algorithm }) => algorithm).join(', ')
  return new RotationRefusedError(
    `The runtime of this server has no ${names}, so it cannot make keys for it.`,
  )
}

function ofAlgorithm(keys: readonly SigningKey[], { algorithm }: SigningKey): SigningKey[] {
  return keys.filter((key) => key.algorithm === algorithm)
}

/** No longer needed: it was revoked, or its last token expired, long ago. */
function isForgotten(key: SigningKey, now: Date): boolean {
  const state = stateAt(key, now)
  const since = state === 'revoked' ? key.revokedAt : state === 'ended' ? publishedUntil(key) : undefined
  return since !== undefined && now.getTime() - since.getTime() > endedKeyRetentionDays * 86_400_000
}

function latest(...moments: readonly (Date | undefined)[]): Date {
  return new Date(Math.max(...moments.map((moment) => moment?.getTime() ?? 0)))
}
