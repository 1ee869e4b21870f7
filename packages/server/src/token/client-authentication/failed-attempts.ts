/**
 * Slows the guessing of client secrets: after twenty wrong ones for one client id from one address within a minute,
 * that pair waits. Other clients, and the same client from elsewhere, are not affected. Unknown ids count like known
 * ones, so that a wait tells nobody which exist. Wrong signatures and certificates are counted separately, so that
 * they never delay a client with the right secret. Kept in memory, bounded.
 */
import { createHash } from 'node:crypto'
import { OAuthError } from '../../domain/errors.ts'
import { networkOf } from '../../domain/network.ts'
import type { TenantId } from '../../domain/tenant.ts'

export const maxFailedAttempts = 20
export const failedAttemptWindowMs = 60_000
/** Pairs remembered at once; the one that failed longest ago is forgotten for a new one. */
const maxRememberedPairs = 50_000

export interface FailedAttempts {
  /** @throws OAuthError `too_many_requests` while the pair has to wait. */
  refuseWhileBlocked(attempt: Attempt): void
  count(attempt: Attempt): void
}

export interface Attempt {
  readonly tenantId: TenantId
  readonly clientId: string
  readonly ip: string
  /** Whether a secret was sent, which could have been right by chance. */
  readonly isGuess: boolean
}

interface Window {
  failures: number
  endsAt: number
}

export function createFailedAttempts(now: () => Date): FailedAttempts {
  const windows = new Map<string, Window>()
  return {
    refuseWhileBlocked(attempt) {
      const window = windows.get(keyOf(attempt))
      const waitMs = window ? window.endsAt - now().getTime() : 0
      if (!window || waitMs <= 0 || window.failures < maxFailedAttempts) return
      throw new OAuthError(
        'too_many_requests',
        'Too many failed authentications of this client from this address; wait.',
        {
          retryAfterSeconds: Math.ceil(waitMs / 1000),
        },
      )
    },
    count(attempt) {
      const key = keyOf(attempt)
      const time = now().getTime()
      const window = windows.get(key)
      windows.delete(key)
      const open = window && window.endsAt > time
      windows.set(
        key,
        open
          ? { ...window, failures: window.failures + 1 }
          : { failures: 1, endsAt: time + failedAttemptWindowMs },
      )
      const oldest = windows.keys().next().value
      if (windows.size > maxRememberedPairs && oldest !== undefined) windows.delete(oldest)
    },
  }
}

function keyOf({ tenantId, clientId, ip, isGuess }: Attempt): string {
  return JSON.stringify([tenantId, isGuess, boundedName(clientId), networkOf(ip)])
}

/** Characters. No client id of ours is longer; the `sub` of another issuer's token may be, and begin like another one. */
const maxNameLength = 64

function boundedName(clientId: string): string {
  if (clientId.length <= maxNameLength) return clientId
  return createHash('sha256').update(clientId).digest('base64url')
}
