/**
 * Resource servers: APIs that accept our access tokens. One is addressed by its id or by its
 * percent-encoded identifier, which is kept byte for byte and never changes.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import {
  closed,
  displayName,
  fieldsQuery,
  kept,
  nullable,
  oneOf,
  pageQuery,
  scopeToken,
  totals,
} from './schema.ts'

const name = displayName(200)
const scopes = Type.Array(
  closed({ value: scopeToken, description: Type.Optional(Type.String({ maxLength: 500 })) }),
  { maxItems: 1000 },
)

/**
 * All but HS256 sign with keys of the tenant's, which the key set publishes. ML-DSA-65 is experimental, and refused
 * where the server's runtime does not have it.
 */
export const signingAlgorithms = ['RS256', 'PS256', 'RS512', 'ES256', 'EdDSA', 'ML-DSA-65', 'HS256'] as const
/** The two ending in `_authz` add `permissions`, where `enforce_policies` is true. */
export const tokenDialects = [
  'rfc9068_profile',
  'rfc9068_profile_authz',
  'access_token',
  'access_token_authz',
] as const

const signingAlg = oneOf(signingAlgorithms)
const tokenDialect = oneOf(tokenDialects)
const ruleScopes = oneOf(['any', 'api', 'grant'])
const tokenFormat = oneOf(['jwt', 'opaque'])
const clientPolicy = oneOf(['deny_all', 'require_client_grant'])

/** Of the key that an API's tokens are encrypted with; the last one is ours. */
export const encryptionAlgorithms = [
  'RSA-OAEP-256',
  'RSA-OAEP-384',
  'RSA-OAEP-512',
  'ECDH-ES+A256KW',
] as const
const encryptionKeyName = Type.String({ minLength: 1, maxLength: 128 })
/** Tokens are signed and then encrypted, so that only this API can read them. */
const tokenEncryption = closed({
  format: Type.Literal('compact-nested-jwe'),
  encryption_key: closed({
    name: Type.Optional(encryptionKeyName),
    alg: oneOf(encryptionAlgorithms),
    /** Each token names it. */
    kid: Type.Optional(encryptionKeyName),
    /** The public key, or a certificate, of which the key alone is kept. */
    pem: Type.String({ minLength: 1, maxLength: 4096 }),
  }),
})
export type TokenEncryption = Static<typeof tokenEncryption>

/**
 * Tokens of this API are bound to a key of their client's: to the certificate that it shows (RFC 8705 §3), or to the key
 * of its DPoP proofs (RFC 9449). `required`: there are no others.
 */
const proofOfPossession = closed({
  mechanism: oneOf(['mtls', 'dpop']),
  required: Type.Boolean(),
  /** Every client here is confidential: `public_clients` applies to none. */
  required_for: Type.Optional(oneOf(['public_clients', 'all_clients'])),
})

const settings = {
  name: Type.Optional(name),
  scopes: Type.Optional(scopes),
  signing_alg: Type.Optional(signingAlg),
  /** Of HS256 alone, and one is made where none is sent. A shorter one could be guessed from the tokens it signs. */
  signing_secret: Type.Optional(Type.String({ minLength: 16, maxLength: 1000 })),
  token_dialect: Type.Optional(tokenDialect),
  enforce_policies: Type.Optional(Type.Boolean()),
  /** Seconds. */
  token_lifetime: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_592_000 })),
  /** How far a rule's scopes may go: anywhere, what this API offers, or what the client grant holds. */
  rule_scopes: Type.Optional(ruleScopes),
  /** Null: not encrypted. */
  token_encryption: Type.Optional(nullable(tokenEncryption)),
  proof_of_possession: Type.Optional(nullable(proofOfPossession)),
  /** What a client gets: a JWT, or an opaque token that only introspection explains. */
  token_format: Type.Optional(tokenFormat),
  /** Each token names its place in a published list that tells whether it was revoked. Of JWTs alone, and not of HS256. */
  token_status_list: Type.Optional(Type.Boolean()),
}

const userAccess = closed({
  policy: Type.Optional(oneOf(['allow_all', 'deny_all', 'require_client_grant'])),
})

/**
 * As with clients: kept, without meaning to machines; nothing that would promise a protection that does not exist.
 */
const keptMembers = {
  allow_offline_access: Type.Optional(Type.Boolean()),
  allow_online_access: Type.Optional(Type.Boolean()),
  allow_online_access_with_ephemeral_sessions: Type.Optional(Type.Boolean()),
  skip_consent_for_verifiable_first_party_clients: Type.Optional(Type.Boolean()),
  token_lifetime_for_web: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_592_000 })),
  token_lifetime_for_anonymous_access_tokens: kept(),
  consent_policy: kept(),
  client: kept(),
  client_id: kept(),
  subject_type_authorization: Type.Optional(
    closed({
      user: Type.Optional(userAccess),
      /** `deny_all`: no client gets a token, whatever its grant. */
      client: Type.Optional(closed({ policy: Type.Optional(clientPolicy) })),
    }),
  ),
  authorization_details: Type.Optional(nullable(Type.Array(Type.Unknown(), { maxItems: 100 }))),
  authorization_policy: kept(),
}

/** The names of the members that are kept verbatim. */
export const keptResourceServerMembers: readonly string[] = Object.keys(keptMembers)

export const resourceServer = closed({
  id: Type.String(),
  identifier: Type.String(),
  name: Type.String(),
  /** The management API itself; it cannot be changed or deleted. Absent of the others. */
  is_system: Type.Optional(Type.Literal(true)),
  scopes,
  signing_alg: signingAlg,
  /** Only in the answer to the request that made it. */
  signing_secret: Type.Optional(Type.String()),
  token_dialect: tokenDialect,
  enforce_policies: Type.Optional(Type.Boolean()),
  token_lifetime: Type.Integer(),
  rule_scopes: ruleScopes,
  token_encryption: Type.Optional(tokenEncryption),
  proof_of_possession: Type.Optional(nullable(proofOfPossession)),
  token_format: tokenFormat,
  token_status_list: Type.Boolean(),
  ...keptMembers,
})
export type ResourceServer = Static<typeof resourceServer>

export const resourceServerToCreate = closed({
  identifier: Type.String({ minLength: 1, maxLength: 600 }),
  ...settings,
  ...keptMembers,
})
export type ResourceServerToCreate = Static<typeof resourceServerToCreate>

export const resourceServerChange = closed({ ...settings, ...keptMembers })
export type ResourceServerChange = Static<typeof resourceServerChange>

const identifier = Type.String({ minLength: 1, maxLength: 600 })

export const resourceServersQuery = closed({
  ...pageQuery,
  ...fieldsQuery,
  /** Only these; may be repeated. */
  identifiers: Type.Optional(Type.Union([identifier, Type.Array(identifier, { maxItems: 10 })])),
})
export type ResourceServersQuery = Static<typeof resourceServersQuery>

/** The system API first, then the others, oldest first. */
export const resourceServerList = Type.Array(resourceServer)
export const resourceServerPage = closed({ ...totals, resource_servers: resourceServerList })
export type ResourceServerPage = Static<typeof resourceServerPage>

export const resourceServerOperations = {
  listResourceServers: {
    method: 'GET',
    path: '/resource-servers',
    scopes: ['read:resource_servers'],
    query: resourceServersQuery,
    status: 200,
    plural: 'resource_servers',
    response: Type.Union([resourceServerList, resourceServerPage]),
  },
  createResourceServer: {
    method: 'POST',
    path: '/resource-servers',
    scopes: ['create:resource_servers'],
    body: resourceServerToCreate,
    status: 201,
    shownOnce: ['signing_secret'],
    response: resourceServer,
  },
  getResourceServer: {
    method: 'GET',
    path: '/resource-servers/:id',
    scopes: ['read:resource_servers'],
    query: closed(fieldsQuery),
    status: 200,
    response: resourceServer,
  },
  updateResourceServer: {
    method: 'PATCH',
    path: '/resource-servers/:id',
    scopes: ['update:resource_servers'],
    body: resourceServerChange,
    status: 200,
    shownOnce: ['signing_secret'],
    response: resourceServer,
  },
  deleteResourceServer: {
    method: 'DELETE',
    path: '/resource-servers/:id',
    scopes: ['delete:resource_servers'],
    status: 204,
  },
} as const satisfies Record<string, Operation>
