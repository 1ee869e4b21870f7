/** Reading the log, by page or by checkpoint. */
import type { LogEntry as LogEntryOnWire } from '@tallystick/management-api/contract/logs'
import { defaultPerPage } from '@tallystick/management-api/contract/schema'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import { type LogEntryStore, parseLogEntryId } from '../../../domain/log-entry.ts'
import { SearchTooWideError } from '../../../domain/log-search.ts'
import { createConcurrencyLimit } from '../operation/concurrency-limit.ts'
import type { Call, Handlers } from '../operation/handler.ts'
import { notThere } from '../operation/not-there.ts'
import { pageOf, totalsOf } from '../operation/page.ts'
import { logEntryOnWire } from './log-entry-on-wire.ts'
import { parseLogSearch } from './log-search.ts'

export interface LogHandlerDeps {
  readonly logEntries: LogEntryStore
}

/** How deep pages go: each page reads all entries before it. */
const maxEntriesByPage = 1000

/** Of one tenant. They share the turns of the loop, and each of them may look at very many entries. */
export const maxSearchesAtOnce = 10

function tooDeep(): ManagementError {
  return new ManagementError(
    'invalid_query_string',
    `Query validation error: pages end after ${maxEntriesByPage} entries. Narrow the search with q, or read on by checkpoint, with from and take.`,
  )
}

export function createLogHandlers(deps: LogHandlerDeps): Pick<Handlers, 'listLogEntries' | 'getLogEntry'> {
  const search = createConcurrencyLimit(maxSearchesAtOnce, 'searches of this log')
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
      const filter = parseLogSearch(query.q ?? query.search, hostnameOf(request))
      const page = { ...pageOf(query), newestFirst: query.sort !== 'date:1' }
      if (page.offset + page.limit > maxEntriesByPage) throw tooDeep()
      const read = async () => {
        const entries = await deps.logEntries.list(request.tenant.id, filter, page)
        const logs = entries.map((entry) => logEntryOnWire(request, entry))
        const totals = await totalsOf(query, () => deps.logEntries.count(request.tenant.id, filter))
        return totals ? { ...totals, length: logs.length, logs } : logs
      }
      // What an index answers takes no time that anybody could notice.
      const takesTime = filter.condition !== undefined || query.include_totals === true
      return takesTime ? search(request.tenant.id, read).catch(refuseTooWide) : read()
    },

    async getLogEntry({ request, param }) {
      const id = parseLogEntryId(param('id'))
      const entry = id && (await deps.logEntries.find(request.tenant.id, id))
      if (!entry) throw notThere('logEntry')
      return logEntryOnWire(request, entry)
    },
  }
}

function refuseTooWide(error: unknown): never {
  if (!(error instanceof SearchTooWideError)) throw error
  const message = `Query validation error: ${error.message} Narrow it with AND and a type, a client_id or a range of dates.`
  throw new ManagementError('invalid_query_string', message, { cause: error })
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
  // With nothing new, the same link again: the place to continue from.
  const next = entries.at(-1)?.id ?? from
  if (next !== undefined) {
    const link = `${request.issuer.origin}/api/v2/logs?from=${next}&take=${take}`
    reply.header('link', `<${link}>; rel="next"`)
  }
  return entries.map((entry) => logEntryOnWire(request, entry))
}

function hostnameOf({ issuer }: FastifyRequest): string {
  return new URL(issuer.origin).host
}
