import type {
  ResourceServerChange,
  ResourceServersQuery,
  ResourceServerToCreate,
} from '../contract/resource-servers.ts'
import type { Call } from './call.ts'
import { pageOf } from './page.ts'

/** `id` is the id or the identifier. */
export function resourceServerCalls(call: Call) {
  return {
    list: async (query: Omit<ResourceServersQuery, 'include_totals'> = {}) =>
      pageOf(await call('GET', '/resource-servers', { query: { ...query, include_totals: true } })),
    create: (body: ResourceServerToCreate) => call('POST', '/resource-servers', { body }),
    get: (id: string) => call('GET', '/resource-servers/:id', { params: { id } }),
    update: (id: string, body: ResourceServerChange) =>
      call('PATCH', '/resource-servers/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/resource-servers/:id', { params: { id } }),
  }
}
