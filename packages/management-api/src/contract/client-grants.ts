/** Client grants: the scopes of one audience that one client may be given. */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, pageQuery, scopeToken, totals } from './schema.ts'

const scope = Type.Array(scopeToken, { maxItems: 1000, uniqueItems: true })

export const clientGrant = closed({
  id: Type.String(),
  client_id: Type.String(),
  audience: Type.String(),
  scope,
  subject_type: Type.Literal('client'),
})
export type ClientGrant = Static<typeof clientGrant>

export const clientGrantToCreate = closed({
  client_id: Type.String({ minLength: 1, maxLength: 64 }),
  audience: Type.String({ minLength: 1, maxLength: 600 }),
  scope,
  subject_type: Type.Optional(Type.Literal('client')),
})
export type ClientGrantToCreate = Static<typeof clientGrantToCreate>

/** A client grant keeps its client and its audience; its scopes are replaced. */
export const clientGrantChange = closed({ scope: Type.Optional(scope) })
export type ClientGrantChange = Static<typeof clientGrantChange>

export const clientGrantsQuery = closed({
  ...pageQuery,
  client_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  audience: Type.Optional(Type.String({ minLength: 1, maxLength: 600 })),
})
export type ClientGrantsQuery = Static<typeof clientGrantsQuery>

export const clientGrantList = Type.Array(clientGrant)
export const clientGrantPage = closed({ ...totals, client_grants: clientGrantList })
export type ClientGrantPage = Static<typeof clientGrantPage>

export const clientGrantOperations = {
  listClientGrants: {
    method: 'GET',
    path: '/client-grants',
    scopes: ['read:client_grants'],
    query: clientGrantsQuery,
    status: 200,
    response: Type.Union([clientGrantList, clientGrantPage]),
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
