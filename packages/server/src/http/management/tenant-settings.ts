/** The settings of the tenant that the request speaks to. */
import type { TenantSettings } from '@tallystick/management-api/contract/tenant-settings'
import { ManagementError } from '../../domain/errors.ts'
import type { Tenant, TenantStore } from '../../domain/tenant.ts'
import type { RecordChange } from '../record-change.ts'
import type { Handlers } from './handler.ts'

export interface TenantSettingsHandlerDeps {
  readonly tenants: Pick<TenantStore, 'find' | 'update'>
  readonly recordChange: RecordChange
}

export function createTenantSettingsHandlers(
  deps: TenantSettingsHandlerDeps,
): Pick<Handlers, 'getTenantSettings' | 'updateTenantSettings'> {
  return {
    getTenantSettings: async ({ request }) => onWire(request.tenant),

    async updateTenantSettings({ request, body }) {
      const stored = await deps.tenants.find(request.tenant.id)
      if (!stored) throw new ManagementError('not_found', 'The tenant does not exist')
      const tenant: Tenant = { ...stored, egressAllow: body.egress?.allow ?? stored.egressAllow }
      await deps.recordChange(request, {
        description: 'Changed the settings of the tenant.',
        status: 200,
        writes: [deps.tenants.update(tenant, stored)],
      })
      return onWire(tenant)
    },
  }
}

function onWire(tenant: Tenant): TenantSettings {
  return { friendly_name: tenant.name, egress: { allow: [...tenant.egressAllow] } }
}
