/**
 * A log entry: one thing that happened. It names claims and scopes, never claim values, and no
 * credential in any form. Its id is the request id of the answer it accounts for.
 */
import type { ClientId } from './client.ts'
import type { Identifier } from './identifier.ts'
import type { RuleId, RuleVersionId } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** UUIDv7 (RFC 9562 §5.7): sorts by time as a string. */
export type LogEntryId = Identifier<'LogEntryId'>

/** seccft / feccft: an exchange granted / refused. sapi / fapi: a management change made / refused. */
export const logEntryTypes = ['seccft', 'feccft', 'sapi', 'fapi'] as const
export type LogEntryType = (typeof logEntryTypes)[number]

export interface RuleTrace {
  readonly ruleId: RuleId
  readonly ruleName: string
  readonly versionId: RuleVersionId
  readonly versionNumber: number
  /** How the invocation ended: `returned`, `refused`, or what went wrong (`threw`, `timeout`, `out_of_memory`, …). */
  readonly ended: string
  readonly durationMs: number
  readonly droppedClaims: readonly string[]
}

/** What every entry tells. */
export interface LogEntryBase {
  readonly tenantId: TenantId
  readonly id: LogEntryId
  readonly at: Date
  /** One sentence; for a refusal the same words that the client got, and the cause where it got fewer. */
  readonly description: string
  readonly clientId: ClientId | undefined
  readonly clientName: string | undefined
  readonly ip: string
  readonly userAgent: string
  readonly durationMs: number
}

export interface ExchangeLogEntry extends LogEntryBase {
  readonly type: 'seccft' | 'feccft'
  readonly audience: string | undefined
  /** Issued scopes, or those asked for when refused. */
  readonly scopes: readonly string[]
  /** What rules added beyond the scopes the client was entitled to. */
  readonly scopesAdded: readonly string[]
  /** The OAuth error code, when refused. */
  readonly error: string | undefined
  readonly jti: string | undefined
  readonly rules: readonly RuleTrace[]
}

export interface ManagementLogEntry extends LogEntryBase {
  readonly type: 'sapi' | 'fapi'
  readonly method: string
  /** Without a query string: it may hold a token. */
  readonly path: string
  readonly status: number
}

export type LogEntry = ExchangeLogEntry | ManagementLogEntry

export interface LogEntryFilter {
  readonly type?: LogEntryType
  readonly clientId?: ClientId
}

/** Promises: `find` resolves to undefined when absent and never throws for that. */
export interface LogEntryStore {
  find(tenantId: TenantId, id: LogEntryId): Promise<LogEntry | undefined>
  list(
    tenantId: TenantId,
    filter: LogEntryFilter,
    page: { offset: number; limit: number; newestFirst: boolean },
  ): Promise<readonly LogEntry[]>
  /** Takes its time with a long log, in which others get their turn. */
  count(tenantId: TenantId, filter: LogEntryFilter): Promise<number>
  /** Entries after `id` in ascending order, or from the oldest when it is undefined. */
  listAfter(tenantId: TenantId, id: LogEntryId | undefined, limit: number): Promise<LogEntry[]>
  insert(entry: LogEntry): Write
  /** Of all tenants; undefined when there is none. */
  oldestAt(): Promise<Date | undefined>
  /** Removes up to `limit` entries that are older, in all tenants. */
  removeBefore(at: Date, limit: number): Write
}

export const logRetentionDays = 30

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Undefined when the text is no log entry id. */
export function parseLogEntryId(text: string): LogEntryId | undefined {
  return uuid.test(text) ? (text as LogEntryId) : undefined
}
