/**
 * The tenants of a server: each an issuer of its own, reached by a host of its own. They are managed from the default
 * tenant alone, the one that the first start made.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, fieldsQuery, formed, listAnswer, listQuery, oneOf } from './schema.ts'

/** How a tenant answers: as the RFCs say, or with the errors and texts of Auth0. */
export const tenantProfile = oneOf(['rfc', 'auth0'])
export type TenantProfile = Static<typeof tenantProfile>

const name = formed(
  '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$',
  '1 to 63 of a-z, 0-9 and -, with no - at its ends',
)
const origin = formed(
  '^https?://[^/?#@\\s]+$',
  'http:// or https://, a host in lower case and perhaps a port, and nothing behind it',
  { maxLength: 300 },
)

export const tenant = closed({
  /** Also its id, in paths. */
  name,
  /** Where it is reached. Its issuer is this and a final slash. */
  origin: Type.String(),
  profile: tenantProfile,
  /** The one that the first start made. It cannot be deleted, and its origin follows the settings of the server. */
  is_default: Type.Boolean(),
  created_at: dateTime,
})
export type Tenant = Static<typeof tenant>

export const tenantToCreate = closed({ name, origin, profile: Type.Optional(tenantProfile) })
export type TenantToCreate = Static<typeof tenantToCreate>

/** What the first start writes into `bootstrap.json`, for a new tenant: told this once. */
export const createdTenant = closed({
  origin: Type.String(),
  tenant: name,
  /** A client that holds every scope of the tenant's management API. */
  management: closed({ client_id: Type.String(), client_secret: Type.String(), audience: Type.String() }),
  webtask: closed({ url: Type.String(), container: name, token: Type.String() }),
  starter: Type.Null(),
})
export type CreatedTenant = Static<typeof createdTenant>

export const tenantsQuery = closed({ ...listQuery, ...fieldsQuery })
export type TenantsQuery = Static<typeof tenantsQuery>

/** The default tenant first, then the others, oldest first. */
export const tenantList = listAnswer('tenants', tenant)

export const tenantOperations = {
  listTenants: {
    method: 'GET',
    path: '/tenants',
    summary: 'List the tenants of the server',
    scopes: ['read:tenants'],
    query: tenantsQuery,
    status: 200,
    response: tenantList,
    plural: 'tenants',
  },
  createTenant: {
    method: 'POST',
    path: '/tenants',
    summary: 'Create a tenant',
    scopes: ['create:tenants'],
    body: tenantToCreate,
    status: 201,
    response: createdTenant,
    shownOnce: ['management', 'webtask'],
  },
  getTenant: {
    method: 'GET',
    path: '/tenants/:id',
    summary: 'Get a tenant by its name',
    scopes: ['read:tenants'],
    status: 200,
    response: tenant,
  },
  deleteTenant: {
    method: 'DELETE',
    path: '/tenants/:id',
    summary: 'Delete a tenant with all that is in it',
    scopes: ['delete:tenants'],
    status: 204,
  },
} as const satisfies Record<string, Operation>

/** What reaches beyond one tenant: the management API of the default tenant alone offers these scopes. */
export const hostScopes: readonly string[] = [
  ...new Set(Object.values<Operation>(tenantOperations).flatMap((operation) => operation.scopes)),
]
