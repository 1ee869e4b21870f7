/**
 * Credentials of a client: public keys with which it proves itself by signing assertions (RFC 7523) instead of sending
 * a secret. A key goes in and never comes out. It counts once it is named in the client's
 * `client_authentication_methods`.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, displayName, formed, moment, nullable, oneOf } from './schema.ts'

export const maxClientCredentials = 2
/** Characters. */
export const maxPemLength = 8192

const credentialType = oneOf(['public_key'])
/** One algorithm a key. ES256 and EdDSA (Ed25519) are ours. */
const algorithm = oneOf(['RS256', 'RS384', 'PS256', 'ES256', 'EdDSA'])
const name = displayName(128)

export const clientCredential = closed({
  id: Type.String(),
  credential_type: credentialType,
  kid: Type.String(),
  alg: algorithm,
  name: Type.Optional(Type.String()),
  created_at: dateTime,
  updated_at: dateTime,
  expires_at: Type.Optional(dateTime),
})
export type ClientCredential = Static<typeof clientCredential>

/** The key is a PEM (a public key or a certificate) or, ours, a JWK. */
export const clientCredentialToCreate = closed({
  credential_type: credentialType,
  name: Type.Optional(name),
  pem: Type.Optional(Type.String({ minLength: 1, maxLength: maxPemLength })),
  jwk: Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: 'object', maxProperties: 20 })),
  /** By default RS256, ES256 or EdDSA, after the key. */
  alg: Type.Optional(algorithm),
  /** By default that of the JWK, else its thumbprint (RFC 7638). */
  kid: Type.Optional(formed('^[0-9A-Za-z_-]{1,64}$', '1 to 64 letters, digits, - and _')),
  /** It expires when the certificate does. */
  parse_expiry_from_cert: Type.Optional(Type.Boolean()),
  expires_at: Type.Optional(moment),
})
export type ClientCredentialToCreate = Static<typeof clientCredentialToCreate>

/** Null: it does not expire. */
export const clientCredentialChange = closed({ expires_at: Type.Optional(nullable(moment)) })
export type ClientCredentialChange = Static<typeof clientCredentialChange>

export const clientCredentialOperations = {
  listClientCredentials: {
    method: 'GET',
    path: '/clients/:id/credentials',
    scopes: ['read:client_credentials'],
    status: 200,
    response: Type.Array(clientCredential),
  },
  createClientCredential: {
    method: 'POST',
    path: '/clients/:id/credentials',
    scopes: ['create:client_credentials'],
    body: clientCredentialToCreate,
    status: 201,
    response: clientCredential,
  },
  getClientCredential: {
    method: 'GET',
    path: '/clients/:id/credentials/:credentialId',
    scopes: ['read:client_credentials'],
    status: 200,
    response: clientCredential,
  },
  updateClientCredential: {
    method: 'PATCH',
    path: '/clients/:id/credentials/:credentialId',
    scopes: ['update:client_credentials'],
    body: clientCredentialChange,
    status: 200,
    response: clientCredential,
  },
  deleteClientCredential: {
    method: 'DELETE',
    path: '/clients/:id/credentials/:credentialId',
    scopes: ['delete:client_credentials'],
    status: 204,
  },
} as const satisfies Record<string, Operation>
