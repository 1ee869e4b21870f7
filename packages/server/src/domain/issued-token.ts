/**
 * An issued token, where more has to be known of it than its log entry tells: its place in a published status list, or,
 * of an opaque one, what it means. Of all other tokens the log entry is enough, whose id is their `jti`.
 */
import type { ClientId } from './client.ts'
import type { Identifier } from './identifier.ts'
import type { LogEntryId } from './log-entry.ts'
import type { ResourceServerId } from './resource-server.ts'
import type { EncryptedValue, RuleVersionId } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** The claim `jti`. Of tokens of this release it is the id of the log entry that tells of their issue. */
export type TokenId = Identifier<'TokenId'>

/** 22 base62 characters; tells nothing of how many lists there are. */
export type StatusListId = Identifier<'StatusListId'>

/** Where a status list tells of a token. */
export interface StatusPlace {
  readonly listId: StatusListId
  /** From 0 to `statusListSize` - 1. */
  readonly index: number
}

/** Tokens that one list tells of. With one bit for each it is 8 kB before it is compressed. */
export const statusListSize = 65_536

export interface OpaqueToken {
  /** A keyed hash of the token itself, which is kept nowhere. */
  readonly hash: Uint8Array
  /** JSON of the claims that a JWT would have. */
  readonly encryptedClaims: EncryptedValue
}

export interface IssuedToken {
  readonly tenantId: TenantId
  readonly jti: TokenId
  readonly clientId: ClientId
  readonly resourceServerId: ResourceServerId
  readonly issuedAt: Date
  readonly expiresAt: Date
  /** The versions of rules that shaped it. */
  readonly ruleVersionIds: readonly RuleVersionId[]
  readonly statusPlace: StatusPlace | undefined
  readonly opaque: OpaqueToken | undefined
}

/** One entry of a status list. */
export interface ListedToken
  extends Pick<IssuedToken, 'jti' | 'clientId' | 'resourceServerId' | 'issuedAt' | 'ruleVersionIds'> {
  readonly index: number
  /** It was revoked by itself; whether its client or a version of a rule was, is not told here. */
  readonly isRevoked: boolean
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface IssuedTokenStore {
  findByHash(tenantId: TenantId, hash: Uint8Array): Promise<IssuedToken | undefined>
  /** The tokens of a list whose index is `from` or greater, by index. */
  listStatus(tenantId: TenantId, listId: StatusListId, from: number, limit: number): Promise<ListedToken[]>
  findPlace(tenantId: TenantId, jti: TokenId): Promise<StatusPlace | undefined>
  /** Refused with AlreadyExistsError when the `jti`, the hash or the place is another token's. */
  insert(token: IssuedToken): Write
  /** When the first of all expires; undefined when there is none. */
  oldestAt(): Promise<Date | undefined>
  /** Removes up to `limit` that expired before, in all tenants. */
  removeBefore(at: Date, limit: number): Write
}

/** Days that a token is kept beyond its time, for clocks that are set back. */
export const issuedTokenRetentionDays = 1

const statusListId = /^[0-9A-Za-z]{22}$/

/** Undefined when the text is no id of a status list. */
export function parseStatusListId(text: string): StatusListId | undefined {
  return statusListId.test(text) ? (text as StatusListId) : undefined
}

/** Every exchange issues one token at most, so its log entry names the token. */
export function tokenIdOf(entryId: LogEntryId): TokenId {
  const text: string = entryId
  return text as TokenId
}

/** Characters; ours have 36. */
const maxTokenIdLength = 100

/** Undefined when no token of ours has such an id. */
export function parseTokenId(text: string): TokenId | undefined {
  return /^[!-~]+$/.test(text) && text.length <= maxTokenIdLength ? (text as TokenId) : undefined
}
