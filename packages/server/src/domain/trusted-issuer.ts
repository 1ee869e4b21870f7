/**
 * A trusted issuer: somebody else's token service whose tokens prove clients of this tenant. It names its workloads, and
 * the tenant says which of them are which client. Nobody shares a secret with anybody.
 */
import type { Identifier } from './identifier.ts'
import type { TenantId } from './tenant.ts'
import type { TrustMatch } from './trust-match.ts'
import type { Write } from './write.ts'

/** `tri_` and 16 base62 characters. */
export type TrustedIssuerId = Identifier<'TrustedIssuerId'>

/** Those with which issuers sign (RFC 7518 §3, RFC 8037); never one whose key both sides share. */
export const issuerAlgorithms = [
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
] as const
export type IssuerAlgorithm = (typeof issuerAlgorithms)[number]

/** Undefined when there is none of that name. `Ed25519` is what RFC 9864 calls EdDSA with that curve. */
export function issuerAlgorithmNamed(name: unknown): IssuerAlgorithm | undefined {
  return name === 'Ed25519' ? 'EdDSA' : issuerAlgorithms.find((known) => known === name)
}

/** A public key as a JWK (RFC 7517), reduced to what it is looked up by and what makes it. */
export type IssuerJwk = { readonly kid?: string; readonly alg?: string } & (
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: string; readonly x: string }
)

/** Where the issuer's public keys come from. */
export type IssuerKeySource =
  /** Its document `<issuer>/.well-known/openid-configuration`, which names their address. */
  | { readonly kind: 'discovery' }
  | { readonly kind: 'jwks_uri'; readonly uri: string }
  /** As they were given; nothing is fetched. */
  | { readonly kind: 'jwks'; readonly keys: readonly IssuerJwk[] }

/** Whether a token proves its client for one request, or for all until it expires. */
export const tokenReuses = ['once', 'until_expiry'] as const
export type TokenReuse = (typeof tokenReuses)[number]

export interface TrustedIssuer {
  readonly tenantId: TenantId
  readonly id: TrustedIssuerId
  readonly name: string
  /**
   * Its `iss`, byte for byte; or `spiffe://` and a trust domain,
   * for tokens whose `sub` is of that domain. Unique per tenant.
   */
  readonly issuer: string
  readonly keySource: IssuerKeySource
  /** Each `aud` of a token has to be one of these; the tenant's own issuer when there is none. */
  readonly audiences: readonly string[]
  readonly algorithms: readonly IssuerAlgorithm[]
  /** From `iat` to `exp`. */
  readonly maxTokenLifetimeSeconds: number
  readonly requiresJti: boolean
  readonly tokenReuse: TokenReuse
  readonly matches: readonly TrustMatch[]
  /** JavaScript that names the client of a token which no match gives to one. */
  readonly ruleSource: string | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface TrustedIssuerStore {
  find(tenantId: TenantId, id: TrustedIssuerId): Promise<TrustedIssuer | undefined>
  /** By its `issuer`; the hot path of the token endpoint. */
  findByIssuer(tenantId: TenantId, issuer: string): Promise<TrustedIssuer | undefined>
  /** Oldest first. */
  list(tenantId: TenantId): Promise<readonly TrustedIssuer[]>
  insert(trustedIssuer: TrustedIssuer): Write
  /** Refused with ChangedMeanwhileError unless what is stored is still what was read. */
  update(trustedIssuer: TrustedIssuer, read: TrustedIssuer): Write
  remove(tenantId: TenantId, id: TrustedIssuerId): Write
}

export const maxTrustedIssuers = 50
export const defaultMaxTokenLifetimeSeconds = 3600
/** UTF-8, as for every rule. */
export const maxTrustRuleBytes = 100_000

const trustedIssuerId = /^tri_[0-9A-Za-z]{16}$/

/** Undefined when the text is no id of a trusted issuer. */
export function parseTrustedIssuerId(text: string): TrustedIssuerId | undefined {
  return trustedIssuerId.test(text) ? (text as TrustedIssuerId) : undefined
}

const trustDomain = /^spiffe:\/\/[a-z0-9._-]{1,255}$/

/** Whether it is a SPIFFE trust domain, which is known by the `sub` of its tokens: they need no `iss`. */
export function isTrustDomain(issuer: string): boolean {
  return trustDomain.test(issuer)
}

const spiffeId = /^(spiffe:\/\/[a-z0-9._-]{1,255})\/[A-Za-z0-9._/-]+$/

/** The trust domain of a SPIFFE id; undefined for every other text. */
export function trustDomainOf(subject: string): string | undefined {
  return spiffeId.exec(subject)?.[1]
}

/** Undefined when tokens of this issuer can be told from all others; else why not, as a sentence. */
export function whyNotIssuer(issuer: string): string | undefined {
  if (issuer.startsWith('spiffe:')) {
    return isTrustDomain(issuer)
      ? undefined
      : 'Of SPIFFE it must be the trust domain alone, such as spiffe://example.org'
  }
  if (!/^https?:\/\//.test(issuer) || !URL.canParse(issuer))
    return 'It must be an https URL, or spiffe://<trust domain>'
  const { search, hash, username, password } = new URL(issuer)
  if (/[?#\s]/.test(issuer) || search !== '' || hash !== '' || username !== '' || password !== '') {
    return 'It must be a URL without a query, a fragment or a user'
  }
  return undefined
}
