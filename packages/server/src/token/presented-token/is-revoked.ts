/**
 * Whether a token was revoked: by itself, with all tokens of its client, or with all tokens that a version of a rule
 * has shaped. Its log entry tells when it was issued and by which rules; it is looked up only where that decides.
 */
import type { ClientId } from '../../domain/client.ts'
import type { IssuedToken, TokenId } from '../../domain/issued-token.ts'
import { type LogEntryStore, type LogPlace, parseLogEntryId } from '../../domain/log-entry.ts'
import type { KeptRevocation, RevocationStore } from '../../domain/revocation.ts'
import type { TenantId } from '../../domain/tenant.ts'

/**
 * How a token came about. It counts as issued when its request came in, so that a request under way when its client,
 * or the rule that it ran, was revoked brings no token that outlives the revocation.
 */
export type TokenOrigin = Pick<IssuedToken, 'issuedAt' | 'ruleVersionIds'>

export interface TokenInQuestion {
  readonly tenantId: TenantId
  /** Undefined for a token that bears none. */
  readonly jti: TokenId | undefined
  readonly clientId: ClientId
  /** Its `iat`. */
  readonly issuedAtSeconds: number
  /** Where it is known already. */
  readonly origin?: TokenOrigin
  /** No rule runs for tokens of the management API. */
  readonly isForManagement: boolean
}

export interface IsRevokedDeps {
  readonly revocations: Pick<RevocationStore, 'find' | 'listOfKind'>
  readonly logEntries: Pick<LogEntryStore, 'find' | 'placeOf'>
}

export type IsRevoked = (token: TokenInQuestion) => Promise<boolean>

/** Seconds that may lie between a request and the `iat` of its token: 121 rules may run for 20 seconds each. */
const longestExchangeSeconds = 3600

export function createIsRevoked({ revocations, logEntries }: IsRevokedDeps): IsRevoked {
  return async function isRevoked(token) {
    const { tenantId, jti, clientId } = token
    if (jti && (await revocations.find(tenantId, { kind: 'token', jti }))) return true
    const ofClient = await revocations.find(tenantId, { kind: 'client', clientId })
    const ofVersions = token.isForManagement ? [] : await revocations.listOfKind(tenantId, 'rule_version')
    const firstPossible = (token.issuedAtSeconds - longestExchangeSeconds) * 1000
    const all = [...(ofClient ? [ofClient] : []), ...ofVersions]
    const later = all.filter(({ revokedAt }) => revokedAt.getTime() >= firstPossible)
    const reachAhead = all.some(({ lastAhead }) => lastAhead !== undefined)
    if (later.length === 0 && !reachAhead) return false
    const origin = token.origin ?? (await originOf(logEntries, token))
    // A token of which nobody knows how it came about (one of an earlier release) counts as revoked with all others.
    if (origin === undefined) return later.length > 0
    const place = reachAhead ? await placeInLog(logEntries, token) : undefined
    return all.some((revocation) => covers(revocation, { ...origin, clientId, place }))
  }
}

/** Undefined of a token that no entry tells of. */
export async function placeInLog(
  logEntries: Pick<LogEntryStore, 'placeOf'>,
  { tenantId, jti }: Pick<TokenInQuestion, 'tenantId' | 'jti'>,
): Promise<LogPlace | undefined> {
  const entryId = jti && parseLogEntryId(jti)
  return entryId && logEntries.placeOf(tenantId, entryId)
}

/** For a revocation of a client or a rule version: whether the token is among those it ends. */
export function covers(
  { subject, revokedAt, lastAhead }: KeptRevocation,
  token: TokenOrigin & {
    readonly clientId: ClientId
    /** Its entry's; needed where `lastAhead` is there. */
    readonly place?: LogPlace | undefined
  },
): boolean {
  const { issuedAt, clientId, ruleVersionIds, place } = token
  const isAhead = lastAhead !== undefined && place !== undefined && place <= lastAhead
  if (issuedAt > revokedAt && !isAhead) return false
  switch (subject.kind) {
    case 'client':
      return subject.clientId === clientId
    case 'rule_version':
      return ruleVersionIds.includes(subject.ruleVersionId)
    case 'token':
      return false
  }
}

async function originOf(
  logEntries: Pick<LogEntryStore, 'find'>,
  { tenantId, jti }: TokenInQuestion,
): Promise<TokenOrigin | undefined> {
  const entryId = jti && parseLogEntryId(jti)
  const entry = entryId && (await logEntries.find(tenantId, entryId))
  if (entry?.type !== 'seccft') return undefined
  return {
    issuedAt: new Date(entry.at.getTime() - entry.durationMs),
    ruleVersionIds: entry.rules.map(({ versionId }) => versionId),
  }
}
