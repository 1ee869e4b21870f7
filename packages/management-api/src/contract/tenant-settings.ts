/** The settings of the tenant that the connection speaks to. */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, fieldsQuery, formed, kept, nullable, oneOf } from './schema.ts'
import { tenantFlags } from './tenant-flags.ts'
import { tenantProfile } from './tenants.ts'

const hostName = '[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?'
const ipv6Address = '\\[[0-9a-f:.]{2,45}\\]'
const port = '(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])'

const egressHost = formed(
  `^(?:${hostName}|${ipv6Address})(?::${port})?$`,
  'host or host:port in lower case, an IPv6 address in brackets',
)

/** Where rules may fetch from. Empty: nowhere. */
const egress = closed({ allow: Type.Array(egressHost, { maxItems: 100, uniqueItems: true }) })

const flags = Type.Unsafe<Record<string, boolean>>(
  closed(Object.fromEntries(tenantFlags.map((name) => [name, Type.Optional(Type.Boolean())]))),
)

const text = Type.String({ maxLength: 2000 })
const texts = Type.Array(text, { maxItems: 100 })
const hours = Type.Number({ exclusiveMinimum: 0, maximum: 100_000 })
const minutes = Type.Number({ exclusiveMinimum: 0, maximum: 6_000_000 })
const page = nullable(closed({ enabled: Type.Optional(Type.Boolean()), html: Type.Optional(Type.String()) }))

/** Told with a default until they are set. */
const members = {
  /** For people. The name of the tenant itself, which `wt` calls the container, never changes. */
  friendly_name: Type.String({ maxLength: 255 }),
  default_directory: text,
  support_email: text,
  support_url: text,
  picture_url: text,
  session_lifetime: hours,
  idle_session_lifetime: hours,
  enabled_locales: texts,
  /** Rules run on the one engine of this server, whatever stands here. */
  sandbox_version: formed('^[0-9]{1,3}$', 'a number of up to three digits'),
  allowed_logout_urls: texts,
  /** The parameter `resource` names an API like `audience`, whatever stands here. */
  resource_parameter_profile: oneOf(['audience', 'compatibility']),
  client_id_metadata_document_supported: Type.Boolean(),
}

/** Told only when they are set. Documented by Auth0, of no meaning to machines here. */
const keptMembers = {
  change_password: Type.Optional(page),
  guardian_mfa_page: Type.Optional(page),
  error_page: Type.Optional(
    nullable(
      closed({
        html: Type.Optional(Type.String()),
        show_log_link: Type.Optional(Type.Boolean()),
        url: Type.Optional(text),
      }),
    ),
  ),
  device_flow: kept(),
  session_lifetime_in_minutes: Type.Optional(minutes),
  idle_session_lifetime_in_minutes: Type.Optional(minutes),
  ephemeral_session_lifetime: Type.Optional(hours),
  idle_ephemeral_session_lifetime: Type.Optional(hours),
  ephemeral_session_lifetime_in_minutes: Type.Optional(minutes),
  idle_ephemeral_session_lifetime_in_minutes: Type.Optional(minutes),
  legacy_sandbox_version: Type.Optional(text),
  default_redirection_uri: Type.Optional(text),
  security_headers: kept(),
  session_cookie: Type.Optional(nullable(closed({ mode: oneOf(['persistent', 'non-persistent']) }))),
  sessions: kept(),
  oidc_logout: kept(),
  customize_mfa_in_postlogin_action: Type.Optional(nullable(Type.Boolean())),
  allow_organization_name_in_authentication_api: Type.Optional(nullable(Type.Boolean())),
  acr_values_supported: Type.Optional(nullable(texts)),
  mtls: kept(),
  pushed_authorization_requests_supported: Type.Optional(nullable(Type.Boolean())),
  authorization_response_iss_parameter_supported: Type.Optional(nullable(Type.Boolean())),
  skip_non_verifiable_callback_uri_confirmation_prompt: Type.Optional(nullable(Type.Boolean())),
  enable_ai_guide: Type.Optional(Type.Boolean()),
  phone_consolidated_experience: Type.Optional(Type.Boolean()),
  include_session_metadata_in_tenant_logs: Type.Optional(Type.Boolean()),
  dynamic_client_registration_security_mode: Type.Optional(text),
  country_codes: kept(),
  // A quota that nobody enforces would deceive.
  default_token_quota: Type.Optional(Type.Null()),
}

/** How strict the tenant is beyond what the RFCs oblige; ours. */
const security = {
  /** `fapi2`: every client is held to the FAPI 2.0 Security Profile when it asks for tokens of an API. */
  security_profile: oneOf(['none', 'fapi2']),
  /** Client assertions may name the token endpoint as their audience, and not the issuer alone. */
  allow_token_endpoint_audience: Type.Boolean(),
  /** DPoP proofs bear a nonce of this server (RFC 9449 §8). */
  dpop_nonce_required: Type.Boolean(),
  /** A signing key that has signed for that many days is replaced by itself; null: only when somebody rotates. */
  signing_key_rotation_days: nullable(Type.Integer({ minimum: 1, maximum: 365 })),
}

/** The names of the members that are kept verbatim. */
export const keptTenantMembers: readonly string[] = [...Object.keys(members), ...Object.keys(keptMembers)]

export const tenantSettings = closed({
  ...members,
  /** The API of a token request that names none; empty when there is none. */
  default_audience: Type.String(),
  flags,
  sandbox_versions_available: Type.Array(Type.String()),
  ...keptMembers,
  egress,
  profile: tenantProfile,
  ...security,
})
export type TenantSettings = Static<typeof tenantSettings>

export const tenantSettingsChange = Type.Partial(
  Type.Object({
    ...members,
    default_audience: nullable(Type.String({ maxLength: 600 })),
    /** Flags that are not named stay. */
    flags,
    ...keptMembers,
    egress,
    profile: tenantProfile,
    ...security,
    /** Null, as at the beginning: where the profile is `auth0`. */
    allow_token_endpoint_audience: nullable(Type.Boolean()),
  }),
  { additionalProperties: false },
)
export type TenantSettingsChange = Static<typeof tenantSettingsChange>

export const tenantSettingsQuery = closed(fieldsQuery)

export const tenantSettingsOperations = {
  getTenantSettings: {
    method: 'GET',
    path: '/tenants/settings',
    scopes: ['read:tenant_settings'],
    query: tenantSettingsQuery,
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
