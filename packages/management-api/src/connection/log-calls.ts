import type { LogStreamChange, LogStreamToCreate } from '../contract/log-streams.ts'
import type { LogsQuery } from '../contract/logs.ts'
import type { Call, ConnectionOptions } from './call.ts'
import { type FollowOptions, followLog } from './follow-log.ts'
import { arrayOf, pageOf } from './page.ts'

export function logCalls(call: Call, connection: ConnectionOptions) {
  return {
    /** Newest first unless `sort` says otherwise. */
    list: async (query: Omit<LogsQuery, 'include_totals' | 'from' | 'take'> = {}) =>
      pageOf(await call('GET', '/logs', { query: { ...query, include_totals: true } })),
    /** Up to `take` entries after the entry `from`, oldest first; from the oldest of all without `from`. */
    listAfter: async (query: Pick<LogsQuery, 'from' | 'take'>) =>
      arrayOf(await call('GET', '/logs', { query: { take: 100, ...query } })),
    get: (id: string) => call('GET', '/logs/:id', { params: { id } }),
    /** Live, until the iteration is left or `signal` ends it; reconnects automatically. */
    follow: (options?: FollowOptions) => followLog(connection, options),
  }
}

export function logStreamCalls(call: Call) {
  return {
    list: () => call('GET', '/log-streams'),
    /** Besides `rotateSecret`, the only answer that shows the signing secret. */
    create: (body: LogStreamToCreate) => call('POST', '/log-streams', { body }),
    get: (id: string) => call('GET', '/log-streams/:id', { params: { id } }),
    update: (id: string, body: LogStreamChange) =>
      call('PATCH', '/log-streams/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/log-streams/:id', { params: { id } }),
    rotateSecret: (id: string) => call('POST', '/log-streams/:id/rotate-secret', { params: { id } }),
    delivery: (id: string) => call('GET', '/log-streams/:id/delivery', { params: { id } }),
  }
}
