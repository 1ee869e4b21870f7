/**
 * Turning the signing keys of a tenant: the next key, which verifiers have been shown all the while, begins to
 * sign; the current one only verifies; a fresh one is shown as the next. And revoking what only verifies.
 */
import { type KeyAlgorithm, maxTokenLifetimeSeconds } from '../domain/resource-server.ts'
import {
  maxPreviousKeys,
  revokedKeyRetentionDays,
  type SigningKey,
  type SigningKeyStore,
} from '../domain/signing-key.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { Write } from '../domain/write.ts'
import type { SigningKeyRing } from './signing-key-ring.ts'

export interface KeyRotationDeps {
  readonly store: SigningKeyStore
  readonly ring: Pick<SigningKeyRing, 'createKey'>
  readonly now: () => Date
}

/** More keys of this algorithm verify than may. */
export class TooManyKeysError extends Error {
  override readonly name = 'TooManyKeysError'
  readonly algorithm: KeyAlgorithm

  constructor(algorithm: KeyAlgorithm) {
    super(`There are ${maxPreviousKeys} previous keys for ${algorithm}; revoke one first.`)
    this.algorithm = algorithm
  }
}

export interface Rotation {
  /** The keys that sign from now on. */
  readonly current: readonly SigningKey[]
  readonly writes: readonly Write[]
}

export interface KeyRotation {
  /**
   * Of one algorithm, or of all that the tenant has keys for. Undefined when it has none for this one.
   * @throws TooManyKeysError
   */
  plan(tenantId: TenantId, algorithm: KeyAlgorithm | undefined): Promise<Rotation | undefined>
  /** Undefined unless the key is a previous one: without the others nobody could sign, now or next. */
  planRevocation(key: SigningKey): { revoked: SigningKey; write: Write } | undefined
}

export function createKeyRotation({ store, ring, now }: KeyRotationDeps): KeyRotation {
  function change(key: SigningKey, changes: Partial<SigningKey>) {
    const changed = { ...key, ...changes }
    return { changed, write: store.update(changed, key) }
  }

  async function planOne(current: SigningKey, keys: readonly SigningKey[]) {
    const { tenantId, algorithm } = current
    const ended = keys.filter((key) => key.state === 'previous' && verifiesNothing(key, now()))
    const previous = keys.filter((key) => key.state === 'previous' && !ended.includes(key))
    if (previous.length >= maxPreviousKeys) throw new TooManyKeysError(algorithm)
    const next =
      keys.find((key) => key.state === 'next') ?? (await ring.createKey(tenantId, algorithm, 'next'))
    const fresh = await ring.createKey(tenantId, algorithm, 'next')
    const retired = change(current, { state: 'previous', currentUntil: now() })
    const begun = change(next, { state: 'current', currentSince: now() })
    return {
      current: begun.changed,
      // In this order: a tenant never has two current or two next keys of one algorithm.
      writes: [
        retired.write,
        ...(keys.includes(next) ? [begun.write] : [store.insert(begun.changed)]),
        store.insert(fresh),
        ...ended.map((key) => change(key, { state: 'revoked', revokedAt: now() }).write),
        ...keys.filter((key) => isForgotten(key, now())).map((key) => store.remove(tenantId, key.id)),
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
      const plans = await Promise.all(
        turning.map((key) =>
          planOne(
            key,
            all.filter((other) => other.algorithm === key.algorithm),
          ),
        ),
      )
      return { current: plans.map((plan) => plan.current), writes: plans.flatMap((plan) => plan.writes) }
    },
    planRevocation(key) {
      if (key.state !== 'previous') return undefined
      const { changed, write } = change(key, { state: 'revoked', revokedAt: now() })
      return { revoked: changed, write }
    },
  }
}

/** Every token it signed has ended. */
function verifiesNothing({ currentUntil }: SigningKey, now: Date): boolean {
  return currentUntil !== undefined && now.getTime() - currentUntil.getTime() > maxTokenLifetimeSeconds * 1000
}

function isForgotten({ state, revokedAt }: SigningKey, now: Date): boolean {
  const retentionMs = revokedKeyRetentionDays * 86_400_000
  return state === 'revoked' && revokedAt !== undefined && now.getTime() - revokedAt.getTime() > retentionMs
}
