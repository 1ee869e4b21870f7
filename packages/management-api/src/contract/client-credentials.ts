/**
 * Credentials of a client: what it authenticates with instead of sending a secret. A public key, with which it signs
 * assertions (RFC 7523); a certificate, or a name in certificates of an authority, which it shows by mutual TLS (RFC
 * 8705). A key goes in and never comes out. A credential counts once it is named in the client's
 * `client_authentication_methods`.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, displayName, formed, moment, nullable, oneOf } from './schema.ts'

export const maxClientCredentials = 2
/** Characters. */
export const maxPemLength = 8192

/** Certificates of authorities that may certify a name: roots, or any authority below one. */
export const maxCertificateAuthorities = 4

/**
 * `x509_cert`: this certificate. `cert_subject_dn`: this subject in certificates of the authorities; with the last two,
 * which are ours, a URI or a host name among the subject's alternative names.
 */
export const credentialTypes = [
  'public_key',
  'x509_cert',
  'cert_subject_dn',
  'cert_san_uri',
  'cert_san_dns',
] as const
const credentialType = oneOf(credentialTypes)
/** One algorithm a key. ES256 and EdDSA (Ed25519) are ours. */
const algorithm = oneOf(['RS256', 'RS384', 'PS256', 'ES256', 'EdDSA'])
const name = displayName(128)

export const clientCredential = closed({
  id: Type.String(),
  credential_type: credentialType,
  kid: Type.String(),
  /** Of a public key. */
  alg: Type.Optional(algorithm),
  name: Type.Optional(Type.String()),
  /** Of a certificate, or the name that proves the client (RFC 4514). */
  subject_dn: Type.Optional(Type.String()),
  san_uri: Type.Optional(Type.String()),
  san_dns: Type.Optional(Type.String()),
  /** Of a certificate: SHA-256 of its DER in base64url, as in `cnf.x5t#S256`. */
  thumbprint_sha256: Type.Optional(Type.String()),
  certificate_authorities: Type.Optional(Type.Array(Type.String())),
  created_at: dateTime,
  updated_at: dateTime,
  expires_at: Type.Optional(dateTime),
})
export type ClientCredential = Static<typeof clientCredential>

const pem = Type.String({ minLength: 1, maxLength: maxPemLength })

/** A key is a PEM (a public key or a certificate) or, ours, a JWK. A certificate is a PEM. */
export const clientCredentialToCreate = closed({
  credential_type: credentialType,
  name: Type.Optional(name),
  pem: Type.Optional(pem),
  /** Of `cert_subject_dn`: the name itself, or a `pem` of a certificate that has it. */
  subject_dn: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  /** Of `cert_san_uri`, such as `spiffe://example.org/billing`. */
  san_uri: Type.Optional(formed('^[a-z][a-z0-9+.-]*:[!-~]+$', 'a URI', { maxLength: 1024 })),
  /** Of `cert_san_dns`. */
  san_dns: Type.Optional(
    formed(
      '^(?!.{254})[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$',
      'a host name in lower case',
    ),
  ),
  /** One PEM each. Required for a name: they say who may certify it. */
  certificate_authorities: Type.Optional(
    Type.Array(pem, { minItems: 1, maxItems: maxCertificateAuthorities }),
  ),
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
