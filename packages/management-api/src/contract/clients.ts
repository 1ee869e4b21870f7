/**
 * Clients: programs that get tokens.
 *
 * `client_secret` is in the answers to *create* and *rotate-secret* and nowhere else: reading a client never
 * shows its secret, and nobody can set one of their own choice.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, displayName, kept, nullable, oneOf, pageQuery, record, totals } from './schema.ts'

export const maxClientMetadataMembers = 10
export const maxClientMetadataLength = 255

const name = displayName(200)
const description = Type.String({ maxLength: 140 })
const grantTypes = Type.Array(oneOf(['client_credentials']), { uniqueItems: true, maxItems: 10 })
const authMethod = oneOf(['client_secret_post', 'client_secret_basic'])
const metadataLimits = { maxMembers: maxClientMetadataMembers, maxLength: maxClientMetadataLength }
const metadataValue = Type.String({ maxLength: maxClientMetadataLength })

/**
 * Documented by Auth0, of no meaning to machines here, kept so that an exported configuration can be
 * imported whole. Members that would promise a protection which is not there are not among them.
 */
const keptMembers = {
  app_type: kept(),
  logo_uri: kept(),
  is_first_party: kept(),
  is_token_endpoint_ip_header_trusted: kept(),
  oidc_conformant: kept(),
  sso_disabled: kept(),
  cross_origin_auth: kept(),
  cross_origin_authentication: kept(),
  cross_origin_loc: kept(),
  custom_login_page: kept(),
  custom_login_page_on: kept(),
  custom_login_page_preview: kept(),
  callbacks: kept(),
  allowed_origins: kept(),
  web_origins: kept(),
  client_aliases: kept(),
  allowed_clients: kept(),
  allowed_logout_urls: kept(),
  oidc_logout: kept(),
  initiate_login_uri: kept(),
  jwt_configuration: kept(),
  encryption_key: kept(),
  refresh_token: kept(),
  mobile: kept(),
  native_social_login: kept(),
  addons: kept(),
  form_template: kept(),
  organization_usage: kept(),
  organization_require_behavior: kept(),
  organization_discovery_methods: kept(),
  default_organization: kept(),
  compliance_level: kept(),
  session_transfer: kept(),
  my_organization_configuration: kept(),
  skip_non_verifiable_callback_uri_confirmation_prompt: kept(),
  // Accepted only where they ask for nothing: a quota or a proof that nobody enforces would deceive.
  token_quota: Type.Optional(Type.Null()),
  signed_request_object: Type.Optional(Type.Null()),
  require_proof_of_possession: Type.Optional(Type.Literal(false)),
  require_pushed_authorization_requests: Type.Optional(Type.Literal(false)),
}

/** The names of the members that are kept verbatim. */
export const keptClientMembers: readonly string[] = Object.keys(keptMembers)

export const client = closed({
  tenant: Type.String(),
  global: Type.Literal(false),
  client_id: Type.String(),
  name,
  description: Type.Optional(description),
  client_metadata: record(metadataValue, metadataLimits),
  grant_types: Type.Array(Type.String()),
  token_endpoint_auth_method: Type.String(),
  enabled: Type.Boolean(),
  ...keptMembers,
})
export type Client = Static<typeof client>

/** The one time a secret is shown. */
export const clientWithSecret = closed({ ...client.properties, client_secret: Type.String() })
export type ClientWithSecret = Static<typeof clientWithSecret>

export const clientToCreate = closed({
  name,
  description: Type.Optional(description),
  client_metadata: Type.Optional(record(metadataValue, metadataLimits)),
  grant_types: Type.Optional(grantTypes),
  token_endpoint_auth_method: Type.Optional(authMethod),
  /** A disabled client is answered like an unknown one. */
  enabled: Type.Optional(Type.Boolean()),
  ...keptMembers,
})
export type ClientToCreate = Static<typeof clientToCreate>

export const clientChange = closed({
  name: Type.Optional(name),
  description: Type.Optional(description),
  /** Merged into what is there: null removes a member, `{}` removes all. */
  client_metadata: Type.Optional(
    // Ten to remove and ten to set.
    record(nullable(metadataValue), { ...metadataLimits, maxMembers: 2 * maxClientMetadataMembers }),
  ),
  grant_types: Type.Optional(grantTypes),
  token_endpoint_auth_method: Type.Optional(authMethod),
  enabled: Type.Optional(Type.Boolean()),
  ...keptMembers,
})
export type ClientChange = Static<typeof clientChange>

export const clientsQuery = closed({ ...pageQuery })
export type ClientsQuery = Static<typeof clientsQuery>

export const clientList = Type.Array(client)
export const clientPage = closed({ ...totals, clients: clientList })
export type ClientPage = Static<typeof clientPage>

export const clientOperations = {
  listClients: {
    method: 'GET',
    path: '/clients',
    scopes: ['read:clients'],
    query: clientsQuery,
    status: 200,
    response: Type.Union([clientList, clientPage]),
  },
  createClient: {
    method: 'POST',
    path: '/clients',
    scopes: ['create:clients'],
    body: clientToCreate,
    status: 201,
    response: clientWithSecret,
  },
  getClient: {
    method: 'GET',
    path: '/clients/:id',
    scopes: ['read:clients'],
    status: 200,
    response: client,
  },
  updateClient: {
    method: 'PATCH',
    path: '/clients/:id',
    scopes: ['update:clients'],
    body: clientChange,
    status: 200,
    response: client,
  },
  deleteClient: { method: 'DELETE', path: '/clients/:id', scopes: ['delete:clients'], status: 204 },
  rotateClientSecret: {
    method: 'POST',
    path: '/clients/:id/rotate-secret',
    scopes: ['update:client_keys'],
    status: 200,
    response: clientWithSecret,
  },
} as const satisfies Record<string, Operation>
