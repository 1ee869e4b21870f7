/** Counts of tokens, by day, client and API. */
import type { TokenCount as TokenCountOnWire } from '@tallystick/management-api/contract/stats'
import { parseClientId } from '../../domain/client.ts'
import { ManagementError } from '../../domain/errors.ts'
import { dayOf, type TokenCountFilter, type TokenCountStore } from '../../domain/token-count.ts'
import type { Handlers } from './operation/handler.ts'

export interface StatsHandlerDeps {
  readonly tokenCounts: TokenCountStore
  readonly now: () => Date
}

const dayMs = 86_400_000
/** Of one answer. */
const maxDays = 366
const maxCounts = 10_000
const usualDays = 30

export function createStatsHandlers(
  deps: StatsHandlerDeps,
): Pick<Handlers, 'getDailyStats' | 'countActiveClients' | 'listTokenCounts'> {
  return {
    async getDailyStats({ request, query }) {
      const days = await deps.tokenCounts.daily(request.tenant.id, daysFrom(query, deps.now()))
      return days.map(({ day, issued, updatedAt }) => ({
        date: new Date(day).toISOString(),
        logins: issued,
        signups: 0,
        leaked_passwords: 0,
        created_at: new Date(day).toISOString(),
        updated_at: updatedAt.toISOString(),
      }))
    },

    countActiveClients: ({ request }) =>
      deps.tokenCounts.activeClients(request.tenant.id, dayOf(daysBefore(deps.now(), usualDays - 1))),

    async listTokenCounts({ request, query }) {
      const clientId = query.client_id === undefined ? undefined : parseClientId(query.client_id)
      if (query.client_id !== undefined && clientId === undefined) return []
      const filter: TokenCountFilter = {
        ...daysFrom(query, deps.now()),
        ...(clientId && { clientId }),
        ...(query.audience !== undefined && { audience: query.audience }),
      }
      const counts = await deps.tokenCounts.list(request.tenant.id, filter, maxCounts + 1)
      if (counts.length > maxCounts)
        throw faulty(`there are more than ${maxCounts} counts; narrow the search`)
      return counts.map(
        ({ day, clientId, audience, issued, refused }): TokenCountOnWire => ({
          date: day,
          client_id: clientId,
          audience,
          issued,
          refused,
        }),
      )
    },
  }
}

function daysBefore(moment: Date, days: number): Date {
  return new Date(moment.getTime() - days * dayMs)
}

interface DaysQuery {
  from?: string
  to?: string
}

/** Both days included; the last thirty when none is named. */
function daysFrom({ from, to }: DaysQuery, now: Date): { fromDay: string; toDay: string } {
  const last = to === undefined ? now : dayFrom(to, 'to')
  const first = from === undefined ? daysBefore(last, usualDays - 1) : dayFrom(from, 'from')
  const days = Math.floor((last.getTime() - first.getTime()) / dayMs) + 1
  if (days > maxDays) throw faulty(`from and to are more than ${maxDays} days apart`)
  return { fromDay: dayOf(first), toDay: dayOf(last) }
}

function dayFrom(text: string, name: string): Date {
  const day = text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
  const moment = new Date(day)
  if (!Number.isNaN(moment.getTime()) && dayOf(moment) === day) return moment
  throw faulty(`'It must be a day as YYYYMMDD' on property ${name}`)
}

function faulty(sentence: string): ManagementError {
  return new ManagementError('invalid_query_string', `Query validation error: ${sentence}.`)
}
