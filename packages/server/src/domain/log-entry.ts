/**
 * A log entry: one thing that happened. It names claims and scopes, never claim values, and no
 * credential in any form. Its id is the request id of the answer it accounts for.
 */
import type { ClientId } from './client.ts'
import type { EndingProof } from './ending-proof.ts'
import type { Identifier } from './identifier.ts'
import type { LogEntryFilter } from './log-search.ts'
import type { RuleDoor, RuleId, RuleVersionId } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** UUIDv7 (RFC 9562 §5.7): sorts by time as a string. */
export type LogEntryId = Identifier<'LogEntryId'>

export interface RuleTrace {
  readonly ruleId: RuleId
  readonly ruleName: string
  readonly versionId: RuleVersionId
  readonly versionNumber: number
  /** How the invocation ended: `returned`, `refused`, or what went wrong (`threw`, `timeout`, `out_of_memory`, …). */
  readonly ended: string
  readonly durationMs: number
  readonly droppedClaims: readonly string[]
  /** Entries of the first release do not tell the rest. */
  readonly door?: RuleDoor | undefined
  /** Of an Action. */
  readonly bindingId?: string | undefined
  readonly startedAt?: Date | undefined
  /** One sentence, without the values of secrets, when the rule refused or failed. */
  readonly failure?: string | undefined
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
  /** Whom another issuer vouched for, where its token proved the client; not told by entries of before. */
  readonly workload?: { readonly issuer: string; readonly subject: string } | undefined
  readonly rules: readonly RuleTrace[]
}

export interface ManagementLogEntry extends LogEntryBase {
  readonly type: 'sapi' | 'fapi'
  readonly method: string
  /** Without a query string: it may hold a token. */
  readonly path: string
  readonly status: number
}

/** Whose fault it was: the Action's own, its time that ran out, the sandbox around it, or too much at once. */
export const actionErrorClasses = [
  'action_error',
  'action_timeout',
  'platform_error',
  'rate_limited',
] as const
export type ActionErrorClass = (typeof actionErrorClasses)[number]

export interface ActionFailedLogEntry extends LogEntryBase {
  readonly type: 'actions_execution_failed'
  /** Of the exchange, whose entry tells what came of it. */
  readonly requestId: LogEntryId
  /** The Action's part of the exchange. */
  readonly action: RuleTrace
  readonly errorClass: ActionErrorClass
}

/** A warning: what proved the client of a request ends soon. */
export interface EndingLogEntry extends LogEntryBase {
  readonly type: 'w'
  /** Of the request that used it. */
  readonly requestId: LogEntryId
  readonly proof: EndingProof
}

export type LogEntry = ExchangeLogEntry | ActionFailedLogEntry | EndingLogEntry | ManagementLogEntry

/** Where in the order of commits a reader is. Stays right when retention has taken the entry it stood at. */
export type LogPlace = number

export const startOfLog: LogPlace = 0

export interface PlacedLogEntry {
  readonly place: LogPlace
  readonly entry: LogEntry
}

/** Promises: `find` resolves to undefined when absent and never throws for that. */
export interface LogEntryStore {
  find(tenantId: TenantId, id: LogEntryId): Promise<LogEntry | undefined>
  placeOf(tenantId: TenantId, id: LogEntryId): Promise<LogPlace | undefined>
  /**
   * By date, and by commit where the dates are the same. A search that no index answers takes its time, in which others
   * get their turn. @throws SearchTooWideError
   */
  list(
    tenantId: TenantId,
    filter: LogEntryFilter,
    page: { offset: number; limit: number; newestFirst: boolean },
  ): Promise<readonly LogEntry[]>
  /** Takes its time with a long log, in which others get their turn. @throws SearchTooWideError */
  count(tenantId: TenantId, filter: LogEntryFilter): Promise<number>
  /** The entry that was committed last. */
  last(tenantId: TenantId): Promise<LogEntry | undefined>
  /** Entries after `id` in ascending order, or from the oldest when it is undefined. */
  listAfter(tenantId: TenantId, id: LogEntryId | undefined, limit: number): Promise<LogEntry[]>
  /** Entries behind a place in ascending order, each with its own place. */
  listBehind(tenantId: TenantId, place: LogPlace, limit: number): Promise<PlacedLogEntry[]>
  /** Behind all that is in the log. */
  endOfLog(tenantId: TenantId): Promise<LogPlace>
  /** Before the first entry of that date or a later one; behind all of the log when there is none. */
  placeBefore(tenantId: TenantId, at: Date): Promise<LogPlace>
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
