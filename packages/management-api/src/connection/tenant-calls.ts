import type { TenantSettingsChange } from '../contract/tenant-settings.ts'
import type { TenantToCreate } from '../contract/tenants.ts'
import type { Call } from './call.ts'
import { pageOf } from './page.ts'

export function tenantSettingsCalls(call: Call) {
  return {
    get: () => call('GET', '/tenants/settings'),
    update: (body: TenantSettingsChange) => call('PATCH', '/tenants/settings', { body }),
  }
}

/** With a token of the default tenant alone; a tenant's id is its name. */
export function tenantCalls(call: Call) {
  return {
    list: async (query: { page?: number; per_page?: number } = {}) =>
      pageOf(await call('GET', '/tenants', { query: { ...query, include_totals: true } })),
    /** The only answer that shows the credentials of the new tenant. */
    create: (body: TenantToCreate) => call('POST', '/tenants', { body }),
    get: (id: string) => call('GET', '/tenants/:id', { params: { id } }),
    /** Ends the tenant and removes everything in it. */
    delete: (id: string) => call('DELETE', '/tenants/:id', { params: { id } }),
  }
}
