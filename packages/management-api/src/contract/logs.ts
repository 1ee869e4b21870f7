/**
 * The log: one entry for each exchange, granted (`seccft`) or refused (`feccft`), one more for an Action that failed in
 * it, a warning (`w`) where what proved a client ends soon, and one for each change made (`sapi`) or refused (`fapi`) in
 * the management API. Claim values and credentials are never in it.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { proofType } from './proof-type.ts'
import { closed, dateTime, fieldsQuery, oneOf, pageQuery, totals } from './schema.ts'

const entryMembers = {
  /** Sorts by time, and is the `X-Request-Id` of the answer that the entry accounts for. */
  log_id: Type.String(),
  _id: Type.String(),
  date: dateTime,
  description: Type.String(),
  client_id: Type.String(),
  client_name: Type.String(),
  ip: Type.String(),
  user_agent: Type.String(),
  hostname: Type.String(),
  tenant_name: Type.String(),
  environment_name: Type.Literal('tallystick'),
  $event_schema: closed({ version: Type.Literal('1.0.0') }),
  user_id: Type.Literal(''),
  user_name: Type.Literal(''),
  connection_id: Type.Literal(''),
  isMobile: Type.Literal(false),
}

export const ruleTrace = closed({
  rule_id: Type.String(),
  rule_name: Type.String(),
  /** By which it came in. */
  door: Type.Optional(oneOf(['webtask', 'hook', 'action'])),
  version_id: Type.String(),
  version_number: Type.Integer(),
  /** `returned`, `refused`, or what went wrong: `threw`, `timeout`, `out_of_memory`, … */
  ended: Type.String(),
  duration_ms: Type.Number(),
  /** Names of the claims that a rule may not set. */
  dropped_claims: Type.Array(Type.String()),
  /** One sentence, when it refused or failed. */
  failure: Type.Optional(Type.String()),
})
export type RuleTrace = Static<typeof ruleTrace>

export const exchangeLogEntry = closed({
  ...entryMembers,
  type: oneOf(['seccft', 'feccft']),
  audience: Type.String(),
  /** Scopes issued, or asked for when refused; joined by spaces. */
  scope: Type.String(),
  details: closed({
    request_id: Type.String(),
    duration_ms: Type.Number(),
    /** Ids of `/actions/executions/:id`, when Actions ran. */
    actions: Type.Optional(closed({ executions: Type.Array(Type.String()) })),
    access_token_jti: Type.Optional(Type.String()),
    /** Whose token proved the client, where another issuer vouched for it: that issuer, and the `sub` it gave. */
    workload: Type.Optional(closed({ issuer: Type.String(), subject: Type.String() })),
    /** The OAuth error code, when refused. */
    error: Type.Optional(Type.String()),
    /** What rules added beyond the scopes the client was entitled to. */
    scopes_added: Type.Array(Type.String()),
    rules: Type.Array(ruleTrace),
  }),
})
export type ExchangeLogEntry = Static<typeof exchangeLogEntry>

export const actionFailedLogEntry = closed({
  ...entryMembers,
  type: Type.Literal('actions_execution_failed'),
  details: closed({
    /** The `log_id` of the exchange. */
    request_id: Type.String(),
    duration_ms: Type.Number(),
    action_id: Type.String(),
    action_name: Type.String(),
    binding_id: Type.Optional(Type.String()),
    version_id: Type.String(),
    version_number: Type.Integer(),
    execution_id: Type.String(),
    trigger_id: Type.Literal('credentials-exchange'),
    error_class: oneOf(['action_error', 'action_timeout', 'platform_error', 'rate_limited']),
    /** `name` says how it ended, as `ended` of a rule does. */
    action_error: closed({ name: Type.String(), message: Type.String() }),
  }),
})
export type ActionFailedLogEntry = Static<typeof actionFailedLogEntry>

/** What authenticated the client of a request ends within thirty days: once a day for each secret and credential. */
export const endingLogEntry = closed({
  ...entryMembers,
  type: Type.Literal('w'),
  details: closed({
    /** Of the request that used it. */
    request_id: Type.String(),
    duration_ms: Type.Number(),
    credential_type: proofType,
    /** Of the secret or the credential. */
    credential_id: Type.String(),
    expires_at: dateTime,
  }),
})
export type EndingLogEntry = Static<typeof endingLogEntry>

export const managementLogEntry = closed({
  ...entryMembers,
  type: oneOf(['sapi', 'fapi']),
  details: closed({
    request_id: Type.String(),
    duration_ms: Type.Number(),
    request: closed({ method: Type.String(), path: Type.String(), channel: Type.Literal('api') }),
    response: closed({ statusCode: Type.Integer() }),
  }),
})
export type ManagementLogEntry = Static<typeof managementLogEntry>

export const logEntry = Type.Union([
  exchangeLogEntry,
  actionFailedLogEntry,
  endingLogEntry,
  managementLogEntry,
])
export type LogEntry = Static<typeof logEntry>

/**
 * Two ways to read. By page: `page`, `per_page`, `sort`, `q`, `include_totals`, newest first. By checkpoint:
 * `take` entries after the entry `from`, ascending, from the oldest when `from` is absent.
 * `q` (or `search`, its newer name) is a search: `type:feccft AND client_name:bill* AND date:[2026-11-01 TO *]`.
 */
export const logsQuery = closed({
  ...pageQuery,
  ...fieldsQuery,
  sort: Type.Optional(oneOf(['date:-1', 'date:1'])),
  q: Type.Optional(Type.String({ maxLength: 2000 })),
  search: Type.Optional(Type.String({ maxLength: 2000 })),
  from: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  take: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
})
export type LogsQuery = Static<typeof logsQuery>

export const logEntryList = Type.Array(logEntry)
export const logEntryPage = closed({ ...totals, length: Type.Integer({ minimum: 0 }), logs: logEntryList })
export type LogEntryPage = Static<typeof logEntryPage>

export const logOperations = {
  listLogEntries: {
    method: 'GET',
    path: '/logs',
    scopes: ['read:logs'],
    query: logsQuery,
    status: 200,
    response: Type.Union([logEntryList, logEntryPage]),
    plural: 'logs',
  },
  getLogEntry: {
    method: 'GET',
    path: '/logs/:id',
    scopes: ['read:logs'],
    query: closed(fieldsQuery),
    status: 200,
    response: logEntry,
  },
} as const satisfies Record<string, Operation>
