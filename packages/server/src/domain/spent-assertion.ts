/**
 * A client assertion that was accepted once. Its `jti` is kept until no clock could take the assertion for valid again,
 * so that whoever sees one on its way cannot use it a second time (RFC 7523 §3).
 */
import type { ClientId } from './client.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

export interface SpentAssertion {
  readonly tenantId: TenantId
  readonly clientId: ClientId
  readonly jti: string
  /** Its `exp`. */
  readonly expiresAt: Date
}

/** What storage calls it when one is spent a second time. */
export const spentAssertionNoun = 'client assertion'

export interface SpentAssertionStore {
  isSpent(tenantId: TenantId, clientId: ClientId, jti: string): Promise<boolean>
  /** Refused with AlreadyExistsError when this client spent this `jti` before. */
  insert(assertion: SpentAssertion): Write
  /** When the first of all expires; undefined when there is none. */
  oldestAt(): Promise<Date | undefined>
  /** Removes up to `limit` that expired before, in all tenants. */
  removeBefore(at: Date, limit: number): Write
}

/** Days that a spent `jti` outlives its assertion: a clock that is set back does not make it good again. */
export const spentAssertionRetentionDays = 1
