import type { ClientGrantChange, ClientGrantsQuery, ClientGrantToCreate } from '../contract/client-grants.ts'
import type { Call } from './call.ts'
import { pageOf } from './page.ts'

export function clientGrantCalls(call: Call) {
  return {
    list: async (query: Omit<ClientGrantsQuery, 'include_totals'> = {}) =>
      pageOf(await call('GET', '/client-grants', { query: { ...query, include_totals: true } })),
    create: (body: ClientGrantToCreate) => call('POST', '/client-grants', { body }),
    get: (id: string) => call('GET', '/client-grants/:id', { params: { id } }),
    update: (id: string, body: ClientGrantChange) =>
      call('PATCH', '/client-grants/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/client-grants/:id', { params: { id } }),
  }
}
