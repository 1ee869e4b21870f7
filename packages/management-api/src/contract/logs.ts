/**
 * The log: one entry for each exchange, granted (`seccft`) or refused (`feccft`), and for each change made
 * (`sapi`) or refused (`fapi`) in the management API. Claim values and credentials are never in it.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, oneOf, pageQuery, totals } from './schema.ts'

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
  user_id: Type.Literal(''),
  user_name: Type.Literal(''),
  connection_id: Type.Literal(''),
  isMobile: Type.Literal(false),
}

export const ruleTrace = closed({
  rule_id: Type.String(),
  rule_name: Type.String(),
  version_id: Type.String(),
  version_number: Type.Integer(),
  /** `returned`, `refused`, or what went wrong: `threw`, `timeout`, `out_of_memory`, … */
  ended: Type.String(),
  duration_ms: Type.Number(),
  /** Names of the claims that a rule may not set. */
  dropped_claims: Type.Array(Type.String()),
})
export type RuleTrace = Static<typeof ruleTrace>

export const exchangeLogEntry = closed({
  ...entryMembers,
  type: oneOf(['seccft', 'feccft']),
  audience: Type.String(),
  /** Scopes issued, or asked for when refused; joined by blanks. */
  scope: Type.String(),
  details: closed({
    duration_ms: Type.Number(),
    access_token_jti: Type.Optional(Type.String()),
    /** The OAuth error code, when refused. */
    error: Type.Optional(Type.String()),
    /** What rules added beyond the scopes the client was entitled to. */
    scopes_added: Type.Array(Type.String()),
    rules: Type.Array(ruleTrace),
  }),
})
export type ExchangeLogEntry = Static<typeof exchangeLogEntry>

export const managementLogEntry = closed({
  ...entryMembers,
  type: oneOf(['sapi', 'fapi']),
  details: closed({
    duration_ms: Type.Number(),
    request: closed({ method: Type.String(), path: Type.String(), channel: Type.Literal('api') }),
    response: closed({ statusCode: Type.Integer() }),
  }),
})
export type ManagementLogEntry = Static<typeof managementLogEntry>

export const logEntry = Type.Union([exchangeLogEntry, managementLogEntry])
export type LogEntry = Static<typeof logEntry>

/**
 * Two ways to read. By page: `page`, `per_page`, `sort`, `q`, `include_totals`, newest first. By checkpoint:
 * `take` entries after the entry `from`, ascending, from the oldest when `from` is absent.
 * `q` (or `search`, its newer name) joins `type:` and `client_id:` by AND.
 */
export const logsQuery = closed({
  ...pageQuery,
  sort: Type.Optional(oneOf(['date:-1', 'date:1'])),
  q: Type.Optional(Type.String({ maxLength: 1024 })),
  search: Type.Optional(Type.String({ maxLength: 1024 })),
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
  },
  getLogEntry: {
    method: 'GET',
    path: '/logs/:id',
    scopes: ['read:logs'],
    status: 200,
    response: logEntry,
  },
} as const satisfies Record<string, Operation>
