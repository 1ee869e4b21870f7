/**
 * A token of another issuer, as it was presented to prove a client, checked against what such a token must say. Each
 * function returns one fault, as a sentence for the operator, or undefined. Nothing here is proven yet.
 */
import { createHash } from 'node:crypto'
import {
  type IssuerAlgorithm,
  issuerAlgorithmNamed,
  issuerAlgorithms,
  type TrustedIssuer,
} from '../../domain/trusted-issuer.ts'
import type { SignedText } from '../../keys/public-key/assertion-signature.ts'
import { isDeeperThan, maxJsonDepth } from '../../rules/json-depth.ts'
import { assertionSkewSeconds } from '../client-authentication/client-assertion.ts'
import { type CompactJwt, decodeCompactJwt, type Members } from '../compact-jwt.ts'

/** Tokens of clouds name groups and roles, and are larger than any assertion that a client makes itself. */
export const maxForeignTokenBytes = 16_384
export const maxForeignJtiLength = 256
const maxSubjectLength = 1000

export interface ForeignToken extends SignedText {
  readonly algorithm: IssuerAlgorithm
  readonly kid: string | undefined
  /** `alg`, `kid` and `typ`, and none that could bring a key. */
  readonly header: Members
  readonly claims: Members
  readonly subject: string
  readonly issuer: string | undefined
}

/** What an assertion claims before anything in it is checked. */
export interface ClaimedOrigin {
  /** Its `iss` and its `sub`; undefined where it cannot be read, or says nothing of it. */
  readonly issuer: string | undefined
  readonly subject: string | undefined
}

export function claimsToBe(jwt: string): ClaimedOrigin {
  const { iss, sub } = decodeCompactJwt(jwt, maxForeignTokenBytes)?.claims ?? {}
  return { issuer: textOrNone(iss), subject: textOrNone(sub) }
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export class UnreadableTokenError extends Error {
  override readonly name = 'UnreadableTokenError'
}

/** @throws UnreadableTokenError */
export function parseForeignToken(jwt: string): ForeignToken {
  const decoded = decodeCompactJwt(jwt, maxForeignTokenBytes)
  if (!decoded) {
    throw new UnreadableTokenError(`It is no compact JWT of at most ${maxForeignTokenBytes} bytes.`)
  }
  const { claims, signingInput, signature } = decoded
  if (isDeeperThan(claims, maxJsonDepth)) {
    throw new UnreadableTokenError(`Its claims lie more than ${maxJsonDepth} levels deep.`)
  }
  const { sub, iss } = claims
  // Without control characters: it is told in lines of the log.
  if (typeof sub !== 'string' || sub === '' || sub.length > maxSubjectLength || /\p{Cc}/u.test(sub)) {
    throw new UnreadableTokenError(`It needs a sub of 1 to ${maxSubjectLength} characters.`)
  }
  if (iss !== undefined && typeof iss !== 'string') throw new UnreadableTokenError('Its iss is no string.')
  return { ...parseHeader(decoded), claims, subject: sub, issuer: iss, signingInput, signature }
}

// `JOSE` is what JWT-SVIDs may say. An access token (`at+jwt`) is for an API, and proves nobody's identity to us.
const headerTypes: readonly unknown[] = [undefined, 'JWT', 'JOSE', 'client-authentication+jwt']

/** Members `jwk`, `jku`, `x5u` and `x5c` are not looked at: a token never brings the key it is checked with. */
function parseHeader({ header }: CompactJwt): Pick<ForeignToken, 'algorithm' | 'kid' | 'header'> {
  const { alg, typ, kid, crit, b64 } = header
  const algorithm = issuerAlgorithmNamed(alg)
  if (algorithm === undefined) {
    throw new UnreadableTokenError(`Its alg must be one of ${[...issuerAlgorithms, 'Ed25519'].join(', ')}.`)
  }
  if (!headerTypes.includes(typ)) throw new UnreadableTokenError('Its typ must be JWT, JOSE or absent.')
  if (crit !== undefined || b64 !== undefined) {
    throw new UnreadableTokenError('Its header asks for an extension that is not offered.')
  }
  if (kid !== undefined && typeof kid !== 'string') throw new UnreadableTokenError('Its kid is no string.')
  return {
    algorithm,
    kid,
    header: { alg, ...(kid !== undefined && { kid }), ...(typ !== undefined && { typ }) },
  }
}

/** A token for several audiences could be used by each of them at all others: every one has to be accepted here. */
export function audienceFault(
  { claims: { aud } }: ForeignToken,
  accepted: readonly string[],
): string | undefined {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  const isAccepted = (audience: unknown) => typeof audience === 'string' && accepted.includes(audience)
  if (audiences.length > 0 && audiences.every(isAccepted)) return undefined
  return `Its aud must be ${accepted.join(' or ')}, and nothing beside.`
}

/** Seconds since 1970 (RFC 7519 §2), with fractions or without. */
export function timeFault(
  { claims: { exp, iat, nbf } }: ForeignToken,
  { maxTokenLifetimeSeconds }: Pick<TrustedIssuer, 'maxTokenLifetimeSeconds'>,
  now: Date,
): string | undefined {
  const present = now.getTime() / 1000
  if (typeof exp !== 'number') return 'It needs an exp.'
  if (exp <= present - assertionSkewSeconds) return 'It has expired.'
  for (const [name, moment] of Object.entries({ iat, nbf })) {
    if (moment === undefined) continue
    if (typeof moment !== 'number') return `Its ${name} is no number.`
    if (moment > present + assertionSkewSeconds) return `Its ${name} lies in the future.`
  }
  const issuedAt = typeof iat === 'number' ? iat : typeof nbf === 'number' ? nbf : present
  if (exp - issuedAt <= maxTokenLifetimeSeconds) return undefined
  return `It lives longer than the ${maxTokenLifetimeSeconds} seconds that are accepted of this issuer.`
}

export function jtiFault(
  { claims: { jti } }: ForeignToken,
  { requiresJti }: Pick<TrustedIssuer, 'requiresJti'>,
): string | undefined {
  if (jti === undefined)
    return requiresJti ? 'It has no jti, which this issuer is registered to set.' : undefined
  const isText = typeof jti === 'string' && jti.isWellFormed()
  if (isText && jti.length >= 1 && jti.length <= maxForeignJtiLength) return undefined
  return `Its jti must have 1 to ${maxForeignJtiLength} characters.`
}

/**
 * What it is known by once it is spent. Without a `jti` that is the signed text and not the signature: from one ECDSA
 * signature anybody can make another valid one.
 */
export function spendingId({ claims: { jti }, signingInput }: ForeignToken): string {
  if (typeof jti === 'string') return jti
  return `sha256:${createHash('sha256').update(signingInput).digest('base64url')}`
}

/** When no clock takes it for valid any more. Its times have been checked before. */
export function expiryOf({ claims: { exp } }: ForeignToken): Date {
  return new Date(Math.ceil(Number(exp) * 1000))
}
