/**
 * Resource servers: APIs that accept our access tokens. One is addressed by its id or by its
 * percent-encoded identifier, which is kept byte for byte and never changes.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, displayName, kept, oneOf, pageQuery, scopeToken, totals } from './schema.ts'

const name = displayName(200)
const scopes = Type.Array(
  closed({ value: scopeToken, description: Type.Optional(Type.String({ maxLength: 500 })) }),
  { maxItems: 1000 },
)

const settings = {
  name: Type.Optional(name),
  scopes: Type.Optional(scopes),
  signing_alg: Type.Optional(oneOf(['RS256', 'ES256', 'EdDSA'])),
  token_dialect: Type.Optional(oneOf(['access_token', 'rfc9068_profile'])),
  /** Seconds. */
  token_lifetime: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_592_000 })),
  /** How far a rule's scopes may go: anywhere, what this API offers, or what the client grant holds. */
  rule_scopes: Type.Optional(oneOf(['any', 'api', 'grant'])),
}

/** As with clients: kept, of no meaning to machines; nothing that would promise a protection which is not there. */
const keptMembers = {
  allow_offline_access: kept(),
  skip_consent_for_verifiable_first_party_clients: kept(),
  token_lifetime_for_web: kept(),
  enforce_policies: kept(),
  consent_policy: kept(),
  client: kept(),
  subject_type_authorization: Type.Optional(
    closed({
      user: kept(),
      // What holds for every API here: no token without a client grant.
      client: Type.Optional(closed({ policy: Type.Literal('require_client_grant') })),
    }),
  ),
  authorization_details: Type.Optional(Type.Null()),
  proof_of_possession: Type.Optional(Type.Null()),
  token_encryption: Type.Optional(Type.Null()),
}

/** The names of the members that are kept verbatim. */
export const keptResourceServerMembers: readonly string[] = Object.keys(keptMembers)

export const resourceServer = closed({
  id: Type.String(),
  identifier: Type.String(),
  name: Type.String(),
  /** The management API itself; it cannot be changed or deleted. */
  is_system: Type.Boolean(),
  scopes,
  signing_alg: oneOf(['RS256', 'ES256', 'EdDSA']),
  token_dialect: oneOf(['access_token', 'rfc9068_profile']),
  token_lifetime: Type.Integer(),
  rule_scopes: oneOf(['any', 'api', 'grant']),
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

export const resourceServersQuery = closed({ ...pageQuery })
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
    response: Type.Union([resourceServerList, resourceServerPage]),
  },
  createResourceServer: {
    method: 'POST',
    path: '/resource-servers',
    scopes: ['create:resource_servers'],
    body: resourceServerToCreate,
    status: 201,
    response: resourceServer,
  },
  getResourceServer: {
    method: 'GET',
    path: '/resource-servers/:id',
    scopes: ['read:resource_servers'],
    status: 200,
    response: resourceServer,
  },
  updateResourceServer: {
    method: 'PATCH',
    path: '/resource-servers/:id',
    scopes: ['update:resource_servers'],
    body: resourceServerChange,
    status: 200,
    response: resourceServer,
  },
  deleteResourceServer: {
    method: 'DELETE',
    path: '/resource-servers/:id',
    scopes: ['delete:resource_servers'],
    status: 204,
  },
} as const satisfies Record<string, Operation>
