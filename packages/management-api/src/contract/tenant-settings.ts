/** The settings of the tenant that the connection speaks to. */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed } from './schema.ts'

const hostName = '[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?'
const ipv6Address = '\\[[0-9a-f:.]{2,45}\\]'
const port = '(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])'

/** `host` or `host:port`, lower case; an IPv6 address stands in brackets. */
const egressHost = Type.String({ pattern: `^(?:${hostName}|${ipv6Address})(?::${port})?$` })

/** Where rules may fetch from. Empty: nowhere. */
const egress = closed({ allow: Type.Array(egressHost, { maxItems: 100, uniqueItems: true }) })

export const tenantSettings = closed({
  /** The tenant's name; it cannot be changed. */
  friendly_name: Type.String(),
  egress,
})
export type TenantSettings = Static<typeof tenantSettings>

export const tenantSettingsChange = closed({ egress: Type.Optional(egress) })
export type TenantSettingsChange = Static<typeof tenantSettingsChange>

export const tenantSettingsOperations = {
  getTenantSettings: {
    method: 'GET',
    path: '/tenants/settings',
    scopes: ['read:tenant_settings'],
    status: 200,
    response: tenantSettings,
  },
  updateTenantSettings: {
    method: 'PATCH',
    path: '/tenants/settings',
    scopes: ['update:tenant_settings'],
    body: tenantSettingsChange,
    status: 200,
    response: tenantSettings,
  },
} as const satisfies Record<string, Operation>
