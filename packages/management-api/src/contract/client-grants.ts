/** Client grants: the scopes of one audience that one client may be given. */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, listAnswer, listQuery, nullable, oneOf, scopeToken } from './schema.ts'

const scope = Type.Array(scopeToken, { maxItems: 1000, uniqueItems: true })
const clientId = Type.String({ minLength: 1, maxLength: 64 })
const audience = Type.String({ minLength: 1, maxLength: 600 })

/** Kept for tools that send them: there are no organizations here. `require` is refused, and so are types. */
const organizationMembers = {
  organization_usage: Type.Optional(
    Type.Unsafe<'deny' | 'allow' | 'require' | null>({
      type: ['string', 'null'],
      enum: ['deny', 'allow', 'require', null],
    }),
  ),
  allow_any_organization: Type.Optional(nullable(Type.Boolean())),
  authorization_details_types: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
}

export const clientGrant = closed({
  id: Type.String(),
  client_id: Type.String(),
  audience: Type.String(),
  /** Empty beside `allow_all_scopes`. */
  scope,
  subject_type: Type.Literal('client'),
  /** Whatever the API offers, now and later. Absent where the scopes are named. */
  allow_all_scopes: Type.Optional(Type.Literal(true)),
  organization_usage: Type.Optional(oneOf(['deny', 'allow'])),
  allow_any_organization: Type.Optional(Type.Boolean()),
})
export type ClientGrant = Static<typeof clientGrant>

/** `scope`, or `allow_all_scopes: true` in its place. */
export const clientGrantToCreate = closed({
  client_id: Type.Optional(clientId),
  audience,
  scope: Type.Optional(scope),
  allow_all_scopes: Type.Optional(Type.Boolean()),
  subject_type: Type.Optional(Type.Literal('client')),
  /** Refused in words: here every grant is one client's. */
  default_for: Type.Optional(Type.Literal('third_party_clients')),
  ...organizationMembers,
})
export type ClientGrantToCreate = Static<typeof clientGrantToCreate>

/** A client grant keeps its client and its audience; its scopes are replaced. */
export const clientGrantChange = closed({
  scope: Type.Optional(nullable(scope)),
  allow_all_scopes: Type.Optional(nullable(Type.Boolean())),
  ...organizationMembers,
})
export type ClientGrantChange = Static<typeof clientGrantChange>

export const clientGrantsQuery = closed({
  ...listQuery,
  client_id: Type.Optional(clientId),
  audience: Type.Optional(audience),
  allow_any_organization: Type.Optional(Type.Boolean()),
  subject_type: Type.Optional(oneOf(['client', 'user'])),
  default_for: Type.Optional(Type.Literal('third_party_clients')),
})
export type ClientGrantsQuery = Static<typeof clientGrantsQuery>

export const clientGrantOperations = {
  listClientGrants: {
    method: 'GET',
    path: '/client-grants',
    scopes: ['read:client_grants'],
    query: clientGrantsQuery,
    status: 200,
    plural: 'client_grants',
    response: listAnswer('client_grants', clientGrant),
  },
  createClientGrant: {
    method: 'POST',
    path: '/client-grants',
    scopes: ['create:client_grants'],
    body: clientGrantToCreate,
    status: 201,
    response: clientGrant,
  },
  getClientGrant: {
    method: 'GET',
    path: '/client-grants/:id',
    scopes: ['read:client_grants'],
    status: 200,
    response: clientGrant,
  },
  updateClientGrant: {
    method: 'PATCH',
    path: '/client-grants/:id',
    scopes: ['update:client_grants'],
    body: clientGrantChange,
    status: 200,
    response: clientGrant,
  },
  deleteClientGrant: {
    method: 'DELETE',
    path: '/client-grants/:id',
    scopes: ['delete:client_grants'],
    status: 204,
  },
} as const satisfies Record<string, Operation>
