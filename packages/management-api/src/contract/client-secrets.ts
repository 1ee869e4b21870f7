/**
 * Secrets of a client: two live ones at most, so that a program can be given the next one while the one it has still
 * counts. The answer to *create* shows a secret, once; no other answer holds it or what is kept of it.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, displayName, moment, nullable } from './schema.ts'

export const maxLiveClientSecrets = 2
/** Seconds: thirty days. */
export const maxSecretOverlapSeconds = 2_592_000

const name = displayName(128)

export const clientSecret = closed({
  id: Type.String(),
  name: Type.Optional(Type.String()),
  created_at: dateTime,
  /** From then on it proves nothing. Absent: it does not expire. */
  expires_at: Type.Optional(dateTime),
  /** Absent until then. */
  first_used_at: Type.Optional(dateTime),
  /** Up to a minute before its last use; absent until its first. */
  last_used_at: Type.Optional(dateTime),
})
export type ClientSecret = Static<typeof clientSecret>

/** The one time the secret is shown. */
export const createdClientSecret = closed({ ...clientSecret.properties, client_secret: Type.String() })
export type CreatedClientSecret = Static<typeof createdClientSecret>

export const clientSecretToCreate = closed({
  name: Type.Optional(name),
  expires_at: Type.Optional(moment),
})
export type ClientSecretToCreate = Static<typeof clientSecretToCreate>

/** Null: it has no name, it does not expire. */
export const clientSecretChange = closed({
  name: Type.Optional(nullable(name)),
  expires_at: Type.Optional(nullable(moment)),
})
export type ClientSecretChange = Static<typeof clientSecretChange>

/** How long the old secret stays when there is a new one: by default not at all. */
export const secretRotation = closed({
  /** Seconds for which the newest of the old secrets still counts, if it does not expire before. */
  overlap_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: maxSecretOverlapSeconds })),
})
export type SecretRotation = Static<typeof secretRotation>

export const clientSecretOperations = {
  listClientSecrets: {
    method: 'GET',
    path: '/clients/:id/secrets',
    scopes: ['read:client_keys'],
    status: 200,
    response: Type.Array(clientSecret),
  },
  createClientSecret: {
    method: 'POST',
    path: '/clients/:id/secrets',
    scopes: ['create:client_keys'],
    body: clientSecretToCreate,
    bodyMayBeAbsent: true,
    status: 201,
    response: createdClientSecret,
    shownOnce: ['client_secret'],
  },
  getClientSecret: {
    method: 'GET',
    path: '/clients/:id/secrets/:secretId',
    scopes: ['read:client_keys'],
    status: 200,
    response: clientSecret,
  },
  updateClientSecret: {
    method: 'PATCH',
    path: '/clients/:id/secrets/:secretId',
    scopes: ['update:client_keys'],
    body: clientSecretChange,
    status: 200,
    response: clientSecret,
  },
  deleteClientSecret: {
    method: 'DELETE',
    path: '/clients/:id/secrets/:secretId',
    scopes: ['delete:client_keys'],
    status: 204,
  },
} as const satisfies Record<string, Operation>
