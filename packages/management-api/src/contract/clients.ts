/**
 * Clients: programs that get tokens.
 *
 * `client_secret` is in the answers to *create* and *rotate-secret* (and to *create* of `/clients/{id}/secrets`) and
 * nowhere else: reading a client never shows its secret, and nobody can set one of their own choice.
 */
import { type Static, type TSchema, Type } from 'typebox'
import { clientCredentialToCreate, maxClientCredentials } from './client-credentials.ts'
import { secretRotation } from './client-secrets.ts'
import { keptClientMembers } from './kept-client-members.ts'
import type { Operation } from './operation.ts'
import {
  closed,
  displayName,
  fieldsQuery,
  formed,
  listAnswer,
  listQuery,
  nullable,
  oneOf,
  record,
  refused,
} from './schema.ts'

export const maxClientMetadataMembers = 10
export const maxClientMetadataLength = 255
/** Characters. */
export const maxJwksUriLength = 2000

const name = displayName(200)
const description = Type.String({ maxLength: 140 })
const metadataLimits = { maxMembers: maxClientMetadataMembers, maxLength: maxClientMetadataLength }
const metadataValue = Type.String({ maxLength: maxClientMetadataLength })

/**
 * Only `client_credentials` is offered. The other grants of RFC 6749 and the URIs of its extensions are kept as they
 * were sent, so that an exported configuration can be imported whole; a misspelt name is refused.
 */
const grantTypes = Type.Array(
  formed(
    '^(?:client_credentials|authorization_code|implicit|refresh_token|password|urn:[!-~]+|https?://[!-~]+)$',
    'a grant type of RFC 6749, such as client_credentials, or a URI',
    { maxLength: 200 },
  ),
  { uniqueItems: true, maxItems: 30 },
)

/**
 * Null while `client_authentication_methods` says how the client authenticates. `none`: not at all, so it gets no
 * tokens. `federated_jwt`: with tokens of an issuer that the tenant trusts (`/trusted-issuers`), and without a
 * secret.
 */
const authMethod = Type.Unsafe<
  'client_secret_post' | 'client_secret_basic' | 'none' | 'federated_jwt' | null
>({
  type: ['string', 'null'],
  enum: ['client_secret_post', 'client_secret_basic', 'none', 'federated_jwt', null],
})

/** Seconds. */
const tokenLifetime = Type.Integer({ minimum: 1, maximum: 2_592_000 })

const credentialId = closed({ id: Type.String({ minLength: 1, maxLength: 64 }) })
const activeCredentials = Type.Array(credentialId, { minItems: 1, maxItems: maxClientCredentials })

/** Ours, instead of `credentials`: where the client publishes its public keys as a key set (RFC 7517). */
const jwksUri = formed('^https?://[!-~]+$', 'the URL of a key set', { maxLength: maxJwksUriLength })

/**
 * Exactly one member: which of its credentials the client authenticates with. Its secret is kept meanwhile, but
 * refused.
 */
const keyMethods = oneMethod(activeCredentials)

const newKeyMethods = oneMethod(
  Type.Array(clientCredentialToCreate, { minItems: 1, maxItems: maxClientCredentials }),
)

/** RFC 7523, and RFC 8705 §2.1 and §2.2. */
function oneMethod<Credentials extends TSchema>(credentials: Credentials) {
  const byCertificate = Type.Optional(closed({ credentials }))
  return Type.Object(
    {
      private_key_jwt: Type.Optional(
        closed({ credentials: Type.Optional(credentials), jwks_uri: Type.Optional(jwksUri) }),
      ),
      tls_client_auth: byCertificate,
      self_signed_tls_client_auth: byCertificate,
    },
    { additionalProperties: false, minProperties: 1, maxProperties: 1 },
  )
}

/**
 * What the client must meet beyond the tenant's own rules: the FAPI 2.0 Security Profile, with the client
 * authentication and the token binding that the name tells. The two ending in `_dpop` are ours.
 */
export const complianceLevels = [
  'none',
  'fapi2_sp_pkj_mtls',
  'fapi2_sp_mtls_mtls',
  'fapi2_sp_pkj_dpop',
  'fapi2_sp_mtls_dpop',
] as const
const complianceLevel = oneOf(complianceLevels)
export type ComplianceLevel = (typeof complianceLevels)[number]
/** In a body, null is none. */
const complianceLevelToSet = Type.Unsafe<ComplianceLevel | null>({
  type: ['string', 'null'],
  enum: [...complianceLevels, null],
})

const clientSecret = refused(
  'Nobody can choose a client secret; POST /clients/{id}/rotate-secret makes a new one and shows it once',
)

export const client = closed({
  tenant: Type.String(),
  global: Type.Literal(false),
  client_id: Type.String(),
  name,
  description: Type.Optional(description),
  client_metadata: record(metadataValue, metadataLimits),
  grant_types: Type.Array(Type.String()),
  token_endpoint_auth_method: nullable(Type.String()),
  /** Shown to those who may read credentials. */
  client_authentication_methods: Type.Optional(keyMethods),
  /** Absent where it is none. */
  compliance_level: Type.Optional(complianceLevel),
  /** Only tokens that are bound to a key are issued. */
  require_proof_of_possession: Type.Boolean(),
  enabled: Type.Boolean(),
  /** Ours: how long its tokens live, where that is less than the API says. */
  token_lifetime: Type.Optional(tokenLifetime),
  ...keptClientMembers,
})
export type Client = Static<typeof client>

/** The one time a secret is shown. */
export const clientWithSecret = closed({ ...client.properties, client_secret: Type.String() })
export type ClientWithSecret = Static<typeof clientWithSecret>

/** A client that does not authenticate with a secret is made without one. */
export const createdClient = closed({ ...client.properties, client_secret: Type.Optional(Type.String()) })
export type CreatedClient = Static<typeof createdClient>

export const clientToCreate = closed({
  name,
  description: Type.Optional(description),
  client_metadata: Type.Optional(record(metadataValue, metadataLimits)),
  grant_types: Type.Optional(grantTypes),
  token_endpoint_auth_method: Type.Optional(authMethod),
  /** Its keys, which become its credentials. */
  client_authentication_methods: Type.Optional(nullable(newKeyMethods)),
  compliance_level: Type.Optional(complianceLevelToSet),
  require_proof_of_possession: Type.Optional(nullable(Type.Boolean())),
  client_secret: clientSecret,
  /** A disabled client is answered like an unknown one. */
  enabled: Type.Optional(Type.Boolean()),
  token_lifetime: Type.Optional(nullable(tokenLifetime)),
  ...keptClientMembers,
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
  /** Credentials that the client has. Null, with a `token_endpoint_auth_method`, goes back to the secret. */
  client_authentication_methods: Type.Optional(nullable(keyMethods)),
  compliance_level: Type.Optional(complianceLevelToSet),
  /** Null: no, which is the default. */
  require_proof_of_possession: Type.Optional(nullable(Type.Boolean())),
  client_secret: clientSecret,
  enabled: Type.Optional(Type.Boolean()),
  /** Null: as long as the API says. */
  token_lifetime: Type.Optional(nullable(tokenLifetime)),
  ...keptClientMembers,
})
export type ClientChange = Static<typeof clientChange>

export const clientsQuery = closed({
  ...listQuery,
  ...fieldsQuery,
  /** There is no global client: true is refused for want of a scope that no token has. */
  is_global: Type.Optional(Type.Boolean()),
  is_first_party: Type.Optional(Type.Boolean()),
  /** Several are separated by commas. */
  app_type: Type.Optional(
    formed('^[a-z0-9_]+(?:,[a-z0-9_]+)*$', 'types of applications, separated by commas', { maxLength: 1000 }),
  ),
})
export type ClientsQuery = Static<typeof clientsQuery>

export const clientList = listAnswer('clients', client)

export const clientOperations = {
  listClients: {
    method: 'GET',
    path: '/clients',
    scopes: ['read:clients', 'read:client_keys', 'read:client_credentials'],
    query: clientsQuery,
    status: 200,
    response: clientList,
    plural: 'clients',
  },
  createClient: {
    method: 'POST',
    path: '/clients',
    scopes: ['create:clients'],
    body: clientToCreate,
    status: 201,
    response: createdClient,
    shownOnce: ['client_secret'],
  },
  getClient: {
    method: 'GET',
    path: '/clients/:id',
    scopes: ['read:clients', 'read:client_keys', 'read:client_credentials'],
    query: closed(fieldsQuery),
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
    body: secretRotation,
    bodyMayBeAbsent: true,
    status: 200,
    response: clientWithSecret,
    shownOnce: ['client_secret'],
  },
} as const satisfies Record<string, Operation>
