/**
 * Trusted issuers: token services of others whose tokens prove clients of this tenant, such as those of build systems,
 * clusters and clouds. A client that is proven so has the `token_endpoint_auth_method` `federated_jwt` and no secret.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, displayName, formed, nullable, oneOf, record } from './schema.ts'

const maxNameLength = 255

/** Which client a token is: all that is named has to hold. */
const clientId = Type.String({ minLength: 1, maxLength: 64 })

/**
 * Patterns of the whole `sub`. A `*` stands for one or more characters up to the next `/` or `:`; as the whole of the
 * last part it stands for all that is left.
 */
const sub = Type.String({ minLength: 1, maxLength: 600 })

const scalarTypes = ['string', 'number', 'boolean'] as const
const claimLimits = { maxMembers: 20, maxLength: maxNameLength }
const claimName = {
  minLength: 1,
  maxLength: maxNameLength,
  not: { enum: ['__proto__', 'constructor', 'prototype'] },
}

export type TrustClaims = { [name: string]: string | number | boolean | TrustClaims }

/** One schema for a value and for an object of values, so that a fault is told in one sentence. */
function claimValue(depth: number): Record<string, unknown> {
  if (depth === 0) return { type: [...scalarTypes], maxLength: 1000 }
  return {
    type: [...scalarTypes, 'object'],
    maxLength: 1000,
    minProperties: 1,
    maxProperties: claimLimits.maxMembers,
    propertyNames: claimName,
    additionalProperties: claimValue(depth - 1),
  }
}

/** Claims that the token has to hold with exactly these values; of an object within, these members. */
const claims = Type.Unsafe<TrustClaims>(record(Type.Unsafe<unknown>(claimValue(2)), claimLimits))

const match = closed({ client_id: clientId, sub: Type.Optional(sub), claims: Type.Optional(claims) })
const matches = Type.Array(match, { maxItems: 100 })

const jwk = Type.Unsafe<Record<string, unknown>>({ type: 'object', maxProperties: 30 })
const keySet = closed({ keys: Type.Array(jwk, { minItems: 1, maxItems: 20 }) })
const url = formed('^https?://[!-~]+$', 'the URL of a key set', { maxLength: 500 })

const algorithm = oneOf([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
])

const settings = {
  /** Each `aud` of a token has to be one of them. The tenant's own issuer when there is none. */
  audiences: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 500 }), { maxItems: 10, uniqueItems: true }),
  ),
  /** All that are known when absent. */
  algorithms: Type.Optional(Type.Array(algorithm, { minItems: 1, maxItems: 10, uniqueItems: true })),
  /** Seconds from `iat` to `exp`; an hour when absent. */
  max_token_lifetime: Type.Optional(Type.Integer({ minimum: 1, maximum: 172_800 })),
  /** Tokens without a `jti` are refused. */
  require_jti: Type.Optional(Type.Boolean()),
  /** Whether a token is good for one request (`once`, when absent) or for all until it expires. */
  token_reuse: Type.Optional(oneOf(['once', 'until_expiry'])),
  /** What a token has to say to be which client. */
  matches: Type.Optional(matches),
}

export const trustedIssuer = closed({
  id: Type.String(),
  name: Type.String(),
  issuer: Type.String(),
  /** Where its keys are fetched from. Without it and without `jwks`, its discovery document says where. */
  jwks_uri: Type.Optional(Type.String()),
  /** Its keys, as they were given. */
  jwks: Type.Optional(keySet),
  audiences: Type.Array(Type.String()),
  algorithms: Type.Array(algorithm),
  max_token_lifetime: Type.Integer(),
  require_jti: Type.Boolean(),
  token_reuse: oneOf(['once', 'until_expiry']),
  matches,
  /** JavaScript, `module.exports = (claims, header) => client_id`, for tokens that no match gives to a client. */
  trust_rule: nullable(Type.String()),
  created_at: dateTime,
  updated_at: dateTime,
})
export type TrustedIssuer = Static<typeof trustedIssuer>

export const trustedIssuerToCreate = closed({
  name: displayName(maxNameLength),
  /** The `iss` of its tokens, byte for byte; or `spiffe://` and a trust domain. */
  issuer: Type.String({ minLength: 1, maxLength: 500 }),
  jwks_uri: Type.Optional(url),
  jwks: Type.Optional(keySet),
  ...settings,
  trust_rule: Type.Optional(nullable(Type.String({ minLength: 1, maxLength: 100_000 }))),
})
export type TrustedIssuerToCreate = Static<typeof trustedIssuerToCreate>

/** A list replaces the one that is there. Null for the `jwks_uri` or the `jwks` that is there: by discovery from then on. */
export const trustedIssuerChange = closed({
  name: Type.Optional(displayName(maxNameLength)),
  jwks_uri: Type.Optional(nullable(url)),
  jwks: Type.Optional(nullable(keySet)),
  ...settings,
  trust_rule: Type.Optional(nullable(Type.String({ minLength: 1, maxLength: 100_000 }))),
})
export type TrustedIssuerChange = Static<typeof trustedIssuerChange>

/** A token to look into: nothing of it is kept, and it is not used up. */
export const tokenToExplain = closed({
  token: Type.String({ minLength: 1, maxLength: 20_000 }),
  /** As the token request would name it. */
  client_id: Type.Optional(clientId),
  /** For the management API no trust rule runs; a token of this audience is one. */
  audience: Type.Optional(Type.String({ minLength: 1, maxLength: 600 })),
})
export type TokenToExplain = Static<typeof tokenToExplain>

export const trustStep = closed({
  step: oneOf([
    'token',
    'issuer',
    'audience',
    'times',
    'jti',
    'signature',
    'reuse',
    'match',
    'rule',
    'client',
  ]),
  /** `noted`: it did not lead to a client, and another step may. */
  outcome: oneOf(['passed', 'failed', 'noted']),
  detail: Type.String(),
})
export type TrustStep = Static<typeof trustStep>

export const tokenExplanation = closed({
  /** Null: the token proves no client now. */
  client_id: nullable(Type.String()),
  trusted_issuer_id: nullable(Type.String()),
  /** In the order in which the token endpoint takes them; it stops at the first that failed. */
  steps: Type.Array(trustStep),
})
export type TokenExplanation = Static<typeof tokenExplanation>

export const trustedIssuerOperations = {
  listTrustedIssuers: {
    method: 'GET',
    path: '/trusted-issuers',
    scopes: ['read:trusted_issuers'],
    status: 200,
    response: Type.Array(trustedIssuer),
  },
  createTrustedIssuer: {
    method: 'POST',
    path: '/trusted-issuers',
    scopes: ['create:trusted_issuers'],
    body: trustedIssuerToCreate,
    status: 201,
    response: trustedIssuer,
  },
  explainToken: {
    method: 'POST',
    path: '/trusted-issuers/explain',
    summary:
      'Which client a token of another issuer would be, and why not; the token is neither kept nor used up',
    scopes: ['read:trusted_issuers'],
    body: tokenToExplain,
    status: 200,
    response: tokenExplanation,
  },
  getTrustedIssuer: {
    method: 'GET',
    path: '/trusted-issuers/:id',
    scopes: ['read:trusted_issuers'],
    status: 200,
    response: trustedIssuer,
  },
  updateTrustedIssuer: {
    method: 'PATCH',
    path: '/trusted-issuers/:id',
    scopes: ['update:trusted_issuers'],
    body: trustedIssuerChange,
    status: 200,
    response: trustedIssuer,
  },
  deleteTrustedIssuer: {
    method: 'DELETE',
    path: '/trusted-issuers/:id',
    scopes: ['delete:trusted_issuers'],
    status: 204,
  },
} as const satisfies Record<string, Operation>
