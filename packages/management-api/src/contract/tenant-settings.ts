/** The settings of the tenant that the connection speaks to. */
import { type Static, Type } from 'typebox'
import { closed } from './schema.ts'

/** `host` or `host:port`, lower case; an IPv6 address stands in brackets. */
const egressHost = Type.String({
  maxLength: 260,
  pattern: '^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?|\\[[0-9a-f:.]{2,45}\\])(?::[1-9][0-9]{0,4})?$',
})

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
