/**
 * Signing keys: the key pairs that sign access tokens, of each algorithm one that signs *now*, one that will sign
 * *next*, and those that did before. A key is shown for as long as verifiers keep the key set before it signs.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, oneOf } from './schema.ts'

/** One key serves one algorithm. */
export const keyAlgorithms = ['RS256', 'PS256', 'RS512', 'ES256', 'EdDSA', 'ML-DSA-65'] as const

const yes = Type.Optional(Type.Literal(true))

/** The key set at `/.well-known/jwks.json` has all but the revoked and the ended ones. */
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
  /** It no longer signs, but still verifies. */
  previous: yes,
  /** Ours: a previous key whose last token has ended; the key set has it no more. */
  ended: yes,
  /** When it begins to sign; ahead of us where a rotation waits until verifiers have been shown the key long enough. */
  current_since: Type.Optional(dateTime),
  /** When another one begins to sign in its place; may be ahead of us too. */
  current_until: Type.Optional(dateTime),
  /** Ours: when the key set has it no more, since its last token has ended; of a key that has a `current_until`. */
  published_until: Type.Optional(dateTime),
  revoked: yes,
  revoked_at: Type.Optional(dateTime),
})
export type SigningKey = Static<typeof signingKey>

export const rotatedKey = closed({
  kid: Type.String(),
  cert: Type.Optional(Type.String()),
  /** Ours: when it begins to sign. */
  current_since: dateTime,
})
export type RotatedKey = Static<typeof rotatedKey>

export const rotationQuery = closed({
  /** Ours: the keys of this algorithm alone. */
  alg: Type.Optional(oneOf(keyAlgorithms)),
})
export type RotationQuery = Static<typeof rotationQuery>

export const revocationQuery = closed({
  /** Ours: also of the key that signs, the next one taking its place at once, or of the next one. */
  emergency: Type.Optional(Type.Boolean()),
})
export type RevocationQuery = Static<typeof revocationQuery>

export const revokedKey = closed({
  kid: Type.String(),
  cert: Type.Optional(Type.String()),
  /** Ours: the key that signs from now on, where the revoked one did until now. */
  successor: Type.Optional(Type.String()),
})
export type RevokedKey = Static<typeof revokedKey>

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
  /**
   * The next key begins to sign, of every algorithm: at once, or as soon as it has been in the key set for 310 seconds.
   * The answer tells the one of RS256, or of `alg`.
   */
  rotateSigningKeys: {
    method: 'POST',
    path: '/keys/signing/rotate',
    summary: 'Let the next keys sign, of every algorithm or of one',
    scopes: ['create:signing_keys', 'update:signing_keys'],
    allScopes: true,
    query: rotationQuery,
    status: 201,
    response: rotatedKey,
  },
  /** Of a previous key, or with `emergency` of any: its tokens are worth nothing from the next request on. */
  revokeSigningKey: {
    method: 'PUT',
    path: '/keys/signing/:kid/revoke',
    summary: 'End a previous key, or in an emergency any, and every token it has signed',
    scopes: ['update:signing_keys'],
    query: revocationQuery,
    status: 200,
    response: revokedKey,
  },
} as const satisfies Record<string, Operation>
