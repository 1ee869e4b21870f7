/**
 * A revocation: tokens that count no more before they expire. It names one token, or all that one client got, or all that
 * one version of a rule shaped, up to a moment; what is issued after that moment is not touched by it.
 */
import type { ClientId } from './client.ts'
import type { TokenId } from './issued-token.ts'
import type { LogPlace } from './log-entry.ts'
import type { Page } from './page.ts'
import type { RuleVersionId } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

export const revocationKinds = ['token', 'client', 'rule_version'] as const
export type RevocationKind = (typeof revocationKinds)[number]

/** What is revoked. */
export type RevocationSubject =
  | { readonly kind: 'token'; readonly jti: TokenId }
  | { readonly kind: 'client'; readonly clientId: ClientId }
  | { readonly kind: 'rule_version'; readonly ruleVersionId: RuleVersionId }

export interface Revocation {
  readonly tenantId: TenantId
  readonly subject: RevocationSubject
  /** Tokens issued up to this moment, this one included. */
  readonly revokedAt: Date
  /** When the last of these tokens has expired. */
  readonly expiresAt: Date
}

export interface KeptRevocation extends Revocation {
  /**
   * Where in the log the last token stands that was issued before and is dated later: the clock was ahead then, and the
   * tokens up to there are ended as well. Undefined where there was none.
   */
  readonly lastAhead: LogPlace | undefined
}

/** The order in which a tenant's revocations came; a later one has a greater number. */
export type RevocationPlace = number

/** Promises: `find` resolves to undefined when absent and never throws for that. */
export interface RevocationStore {
  find(tenantId: TenantId, subject: RevocationSubject): Promise<KeptRevocation | undefined>
  /** Of clients, or of versions of rules. */
  listOfKind(tenantId: TenantId, kind: Exclude<RevocationKind, 'token'>): Promise<KeptRevocation[]>
  /** Latest first. */
  list(tenantId: TenantId, page: Page): Promise<KeptRevocation[]>
  count(tenantId: TenantId): Promise<number>
  /** Those that came after that place, in the order in which they came. */
  listAfter(tenantId: TenantId, place: RevocationPlace, limit: number): Promise<KeptRevocation[]>
  /** Of the latest; 0 when there never was one. */
  latestPlace(tenantId: TenantId): Promise<RevocationPlace>
  /**
   * In the place of an earlier one of the same subject. What was issued before and is dated later is found out as it is
   * carried out, and the revocation is kept until those tokens have expired, too.
   */
  put(revocation: Revocation): Write
  /** When the first of all expires; undefined when there is none. */
  oldestAt(): Promise<Date | undefined>
  /** Removes up to `limit` that expired before, in all tenants. */
  removeBefore(at: Date, limit: number): Write
}

/** Days that a revocation outlives its tokens: a clock that is set back does not make them good again. */
export const revocationRetentionDays = 1
