/** The settings of the tenant that the request speaks to. */
import {
  keptTenantMembers,
  type TenantSettings,
  type TenantSettingsChange,
} from '@tallystick/management-api/contract/tenant-settings'
import { parseAudience } from '../../../domain/resource-server.ts'
import { allowsTokenEndpointAudience, type Tenant, type TenantStore } from '../../../domain/tenant.ts'
import type { RecordChange } from '../../record-change.ts'
import type { Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { keptMembers } from '../operation/kept-members.ts'
import { notThere } from '../operation/not-there.ts'

export interface TenantSettingsHandlerDeps {
  readonly tenants: Pick<TenantStore, 'find' | 'update'>
  readonly recordChange: RecordChange
}

/** UTF-8 bytes of all that is kept without being used, which may include pages for users. */
const maxKeptBytes = 200_000

export function createTenantSettingsHandlers(
  deps: TenantSettingsHandlerDeps,
): Pick<Handlers, 'getTenantSettings' | 'updateTenantSettings'> {
  return {
    getTenantSettings: async ({ request }) => onWire(request.tenant),

    async updateTenantSettings({ request, body }) {
      const stored = await deps.tenants.find(request.tenant.id)
      if (!stored) throw notThere('tenant')
      const tenant = changed(stored, body)
      await deps.recordChange(request, {
        description: 'Changed the settings of the tenant.',
        status: 200,
        writes: [deps.tenants.update(tenant, stored)],
      })
      return onWire(tenant)
    },
  }
}

function changed(stored: Tenant, body: TenantSettingsChange): Tenant {
  const { default_audience, flags, egress, profile } = body
  return {
    ...stored,
    profile: profile ?? stored.profile,
    egressAllow: egress?.allow ?? stored.egressAllow,
    defaultAudience:
      default_audience === undefined ? stored.defaultAudience : defaultAudienceFrom(default_audience),
    security: securityAfter(stored, body),
    flags: { ...stored.flags, ...flags },
    keptMembers: keptMembers(keptTenantMembers, stored.keptMembers, inHours(body), maxKeptBytes),
  }
}

/** Null lets the profile decide the audience of assertions again. */
function securityAfter({ security }: Tenant, body: TenantSettingsChange): Tenant['security'] {
  const { security_profile: profile, allow_token_endpoint_audience: allows } = body
  const { signing_key_rotation_days: days, dpop_nonce_required: requiresDpopNonce } = body
  return {
    ...security,
    profile: profile ?? security.profile,
    allowsTokenEndpointAudience:
      allows === undefined ? security.allowsTokenEndpointAudience : (allows ?? undefined),
    requiresDpopNonce: requiresDpopNonce ?? security.requiresDpopNonce,
    signingKeyRotationDays: days === undefined ? security.signingKeyRotationDays : (days ?? undefined),
  }
}

/** Session lifetimes may be sent in minutes, but are kept and shown in hours: one value has one name. */
function inHours(body: TenantSettingsChange): TenantSettingsChange {
  const {
    session_lifetime_in_minutes: session,
    idle_session_lifetime_in_minutes: idle,
    ephemeral_session_lifetime_in_minutes: ephemeral,
    idle_ephemeral_session_lifetime_in_minutes: idleEphemeral,
    ...rest
  } = body
  return {
    ...rest,
    ...(session === undefined ? {} : { session_lifetime: session / 60 }),
    ...(idle === undefined ? {} : { idle_session_lifetime: idle / 60 }),
    ...(ephemeral === undefined ? {} : { ephemeral_session_lifetime: ephemeral / 60 }),
    ...(idleEphemeral === undefined ? {} : { idle_ephemeral_session_lifetime: idleEphemeral / 60 }),
  }
}

/** Empty or null: none. The API need not exist yet; a token request finds out. */
function defaultAudienceFrom(text: string | null): Tenant['defaultAudience'] {
  if (text === null || text === '') return undefined
  const audience = parseAudience(text)
  if (audience !== undefined) return audience
  throw invalidBody('default_audience', 'It must be the identifier of an API')
}

/** Shown until they are set: Auth0's own defaults for settings that mean nothing to machines. */
const defaults = {
  default_directory: '',
  support_email: '',
  support_url: '',
  picture_url: '',
  session_lifetime: 168,
  idle_session_lifetime: 72,
  enabled_locales: ['en'],
  sandbox_version: '22',
  allowed_logout_urls: [],
  resource_parameter_profile: 'compatibility',
  client_id_metadata_document_supported: false,
} satisfies Partial<TenantSettings>

function onWire(tenant: Tenant): TenantSettings {
  return {
    friendly_name: tenant.name,
    ...defaults,
    sandbox_versions_available: ['22'],
    ...tenant.keptMembers,
    default_audience: tenant.defaultAudience ?? '',
    flags: { ...tenant.flags },
    egress: { allow: [...tenant.egressAllow] },
    profile: tenant.profile,
    security_profile: tenant.security.profile,
    allow_token_endpoint_audience: allowsTokenEndpointAudience(tenant),
    dpop_nonce_required: tenant.security.requiresDpopNonce,
    signing_key_rotation_days: tenant.security.signingKeyRotationDays ?? null,
  }
}
