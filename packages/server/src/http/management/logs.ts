/** Reading the log, by page or by checkpoint, and the shape of an entry on the wire. */
import type {
  ExchangeLogEntry as ExchangeLogEntryOnWire,
  LogEntry as LogEntryOnWire,
  ManagementLogEntry as ManagementLogEntryOnWire,
} from '@tallystick/management-api/contract/logs'
import { defaultPerPage } from '@tallystick/management-api/contract/schema'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../domain/errors.ts'
import {
  type ExchangeLogEntry,
  type LogEntry,
  type LogEntryStore,
  type ManagementLogEntry,
  parseLogEntryId,
} from '../../domain/log-entry.ts'
import type { Call, Handlers } from './handler.ts'
import { parseLogSearch } from './log-search.ts'
import { pageOf, totalsOf } from './page.ts'

export interface LogHandlerDeps {
  readonly logEntries: LogEntryStore
}

/** How deep pages go: each one reads all that come before it. */
const maxEntriesByPage = 1000

function tooDeep(): ManagementError {
  return new ManagementError(
    'invalid_query_string',
    `Query validation error: pages end after ${maxEntriesByPage} entries. Narrow the search with q, or read on by checkpoint, with from and take.`,
  )
}

export function createLogHandlers(deps: LogHandlerDeps): Pick<Handlers, 'listLogEntries' | 'getLogEntry'> {
  return {
    async listLogEntries(call) {
      const { request, query } = call
      if (query.from !== undefined || query.take !== undefined) return listAfter(deps, call)
      if (query.q !== undefined && query.search !== undefined) {
        throw new ManagementError(
          'invalid_query_string',
          'Query validation error: send q or search, not both.',
        )
      }
      const filter = parseLogSearch(query.q ?? query.search)
      const page = { ...pageOf(query), newestFirst: query.sort !== 'date:1' }
      if (page.offset + page.limit > maxEntriesByPage) throw tooDeep()
      const entries = await deps.logEntries.list(request.tenant.id, filter, page)
      const logs = entries.map((entry) => logEntryOnWire(request, entry))
      const totals = await totalsOf(query, () => deps.logEntries.count(request.tenant.id, filter))
      return totals ? { ...totals, length: logs.length, logs } : logs
    },

    async getLogEntry({ request, param }) {
      const id = parseLogEntryId(param('id'))
      const entry = id && (await deps.logEntries.find(request.tenant.id, id))
      if (!entry) throw new ManagementError('not_found', 'The log entry does not exist')
      return logEntryOnWire(request, entry)
    },
  }
}

/** From a checkpoint on, ascending; all other parameters are ignored, because a paging client sends them too. */
async function listAfter(
  deps: LogHandlerDeps,
  { request, reply, query }: Call<'listLogEntries'>,
): Promise<LogEntryOnWire[]> {
  const from = query.from === undefined ? undefined : parseLogEntryId(query.from)
  if (query.from !== undefined && !from) {
    throw new ManagementError(
      'invalid_query_string',
      "Query validation error: 'It must be a log_id' on property from.",
    )
  }
  const take = query.take ?? defaultPerPage
  const entries = await deps.logEntries.listAfter(request.tenant.id, from, take)
  // With nothing new the same link again: the place to come back to.
  const next = entries.at(-1)?.id ?? from
  if (next !== undefined) {
    const link = `${request.issuer.origin}/api/v2/logs?from=${next}&take=${take}`
    reply.header('link', `<${link}>; rel="next"`)
  }
  return entries.map((entry) => logEntryOnWire(request, entry))
}

export function logEntryOnWire(request: FastifyRequest, entry: LogEntry): LogEntryOnWire {
  return 'jti' in entry ? exchangeOnWire(request, entry) : changeOnWire(request, entry)
}

function exchangeOnWire(request: FastifyRequest, entry: ExchangeLogEntry): ExchangeLogEntryOnWire {
  return {
    ...membersOfAll(request, entry),
    type: entry.type,
    audience: entry.audience ?? '',
    scope: entry.scopes.join(' '),
    details: {
      duration_ms: entry.durationMs,
      ...(entry.jti === undefined ? {} : { access_token_jti: entry.jti }),
      ...(entry.error === undefined ? {} : { error: entry.error }),
      scopes_added: [...entry.scopesAdded],
      rules: entry.rules.map((trace) => ({
        rule_id: trace.ruleId,
        rule_name: trace.ruleName,
        version_id: trace.versionId,
        version_number: trace.versionNumber,
        ended: trace.ended,
        duration_ms: trace.durationMs,
        dropped_claims: [...trace.droppedClaims],
      })),
    },
  }
}

function changeOnWire(request: FastifyRequest, entry: ManagementLogEntry): ManagementLogEntryOnWire {
  return {
    ...membersOfAll(request, entry),
    type: entry.type,
    details: {
      duration_ms: entry.durationMs,
      request: { method: entry.method, path: entry.path, channel: 'api' },
      response: { statusCode: entry.status },
    },
  }
}

function membersOfAll({ tenant, issuer }: FastifyRequest, entry: LogEntry) {
  return {
    log_id: entry.id,
    _id: entry.id,
    date: entry.at.toISOString(),
    description: entry.description,
    client_id: entry.clientId ?? '',
    client_name: entry.clientName ?? '',
    ip: entry.ip,
    user_agent: entry.userAgent,
    hostname: new URL(issuer.origin).host,
    tenant_name: tenant.name,
    user_id: '',
    user_name: '',
    connection_id: '',
    isMobile: false,
  } as const
}
