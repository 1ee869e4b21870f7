/**
 * Signing keys: the key pairs that sign access tokens, of each algorithm one that signs *now*, one that will sign
 * *next*, and those that did before.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, oneOf } from './schema.ts'

/** One key serves one algorithm. */
export const keyAlgorithms = ['RS256', 'PS256', 'RS512', 'ES256', 'EdDSA', 'ML-DSA-65'] as const

const yes = Type.Optional(Type.Literal(true))

/** The key set at `/.well-known/jwks.json` has all but the revoked ones. */
export const signingKey = closed({
  kid: Type.String(),
  /** Ours: what it signs with. */
  alg: oneOf(keyAlgorithms),
  /** PEM; absent of ML-DSA-65 and of a key that an earlier release made without one, and so are the three below. */
  cert: Type.Optional(Type.String()),
  pkcs7: Type.Optional(Type.String()),
  /** SHA-1 of the certificate, hexadecimal with colons. */
  fingerprint: Type.Optional(Type.String()),
  /** The same without colons. */
  thumbprint: Type.Optional(Type.String()),
  current: yes,
  next: yes,
  /** It verifies and does not sign any more. */
  previous: yes,
  current_since: Type.Optional(dateTime),
  current_until: Type.Optional(dateTime),
  revoked: yes,
  revoked_at: Type.Optional(dateTime),
})
export type SigningKey = Static<typeof signingKey>

export const signingKeyBrief = closed({ kid: Type.String(), cert: Type.Optional(Type.String()) })
export type SigningKeyBrief = Static<typeof signingKeyBrief>

export const rotationQuery = closed({
  /** Ours: the keys of this algorithm alone. */
  alg: Type.Optional(oneOf(keyAlgorithms)),
})
export type RotationQuery = Static<typeof rotationQuery>

export const signingKeyOperations = {
  listSigningKeys: {
    method: 'GET',
    path: '/keys/signing',
    scopes: ['read:signing_keys'],
    status: 200,
    response: Type.Array(signingKey),
  },
  getSigningKey: {
    method: 'GET',
    path: '/keys/signing/:kid',
    scopes: ['read:signing_keys'],
    status: 200,
    response: signingKey,
  },
  /** The next key begins to sign, of every algorithm; the answer tells the one of RS256, or of `alg`. */
  rotateSigningKeys: {
    method: 'POST',
    path: '/keys/signing/rotate',
    summary: 'Let the next keys sign, of every algorithm or of one',
    scopes: ['create:signing_keys', 'update:signing_keys'],
    allScopes: true,
    query: rotationQuery,
    status: 201,
    response: signingKeyBrief,
  },
  /** Of a previous key: its tokens are worth nothing from the next request on. */
  revokeSigningKey: {
    method: 'PUT',
    path: '/keys/signing/:kid/revoke',
    summary: 'End a previous key, and every token it has signed',
    scopes: ['update:signing_keys'],
    status: 200,
    response: signingKeyBrief,
  },
} as const satisfies Record<string, Operation>
