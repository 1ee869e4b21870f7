/**
 * Members of a client that Auth0 documents and that mean nothing to machines here: kept as they were sent, so that an
 * exported configuration can be imported whole. Members that would promise a protection which is not there are
 * accepted only where they ask for nothing.
 */
import { Type } from 'typebox'

// What is kept has its documented type; in a body, null removes it.
const flag = Type.Optional(Type.Unsafe<unknown>({ type: ['boolean', 'null'] }))
const number = Type.Optional(Type.Unsafe<unknown>({ type: ['number', 'null'] }))
const text = Type.Optional(Type.Unsafe<unknown>({ type: ['string', 'null'] }))
const texts = Type.Optional(Type.Unsafe<unknown>({ type: ['array', 'null'], items: { type: 'string' } }))
const object = Type.Optional(Type.Unsafe<unknown>({ type: ['object', 'null'] }))

export const keptClientMembers = {
  app_type: text,
  logo_uri: text,
  is_first_party: flag,
  is_token_endpoint_ip_header_trusted: flag,
  oidc_conformant: flag,
  sso: flag,
  sso_disabled: flag,
  cross_origin_auth: flag,
  cross_origin_authentication: flag,
  cross_origin_loc: text,
  custom_login_page: text,
  custom_login_page_on: flag,
  custom_login_page_preview: text,
  callbacks: texts,
  allowed_origins: texts,
  web_origins: texts,
  client_aliases: texts,
  allowed_clients: texts,
  allowed_logout_urls: texts,
  oidc_logout: object,
  oidc_backchannel_logout: object,
  initiate_login_uri: text,
  jwt_configuration: object,
  encryption_key: object,
  refresh_token: object,
  mobile: object,
  native_social_login: object,
  fedcm_login: object,
  addons: object,
  form_template: text,
  organization_usage: text,
  organization_require_behavior: text,
  organization_discovery_methods: texts,
  default_organization: object,
  session_transfer: object,
  token_exchange: object,
  par_request_expiry: number,
  resource_server_identifier: text,
  identity_assertion_authorization_grant: object,
  anonymous_sessions: object,
  third_party_security_mode: text,
  redirection_policy: text,
  express_configuration: object,
  b2b_integration_configuration: object,
  my_organization_configuration: object,
  async_approval_notification_channels: texts,
  skip_non_verifiable_callback_uri_confirmation_prompt: flag,
  // A quota that is not enforced would mislead.
  token_quota: Type.Optional(Type.Null()),
  signed_request_object: Type.Optional(Type.Null()),
  token_vault_privileged_access: Type.Optional(Type.Null()),
  require_pushed_authorization_requests: Type.Optional(
    Type.Unsafe<false | null>({ type: ['boolean', 'null'], enum: [false, null] }),
  ),
}

export const keptClientMemberNames: readonly string[] = Object.keys(keptClientMembers)
