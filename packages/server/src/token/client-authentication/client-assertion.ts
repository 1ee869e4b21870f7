/**
 * A client assertion (RFC 7523 §3) as it was sent, checked against what an assertion for this server must say.
 * Nothing here is proven yet: `verify-assertion.ts` checks the signature afterwards.
 */
import {
  type AssertionAlgorithm,
  algorithmNamed,
  assertionAlgorithmNames,
} from '../../domain/client-credential.ts'
import type { OAuthError } from '../../domain/errors.ts'
import type { SignedText } from '../../keys/public-key/assertion-signature.ts'
import { decodeCompactJwt, type Members } from '../compact-jwt.ts'
import { untrustedIssuer } from '../shown-text.ts'
import { assertionRefused } from './client-refusals.ts'

export interface ClientAssertion {
  readonly signed: SignedText
  readonly algorithm: AssertionAlgorithm
  readonly kid: string | undefined
  /** As it was sent: the one audience, by itself or as a list of one. */
  readonly rawAudience: unknown
  readonly jti: string
  readonly expiresAt: Date
}

export interface ExpectedAssertion {
  /** As the request names it, or as the assertion itself does. */
  readonly clientId: string
  readonly audiences: readonly string[]
  readonly now: Date
}

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** For a JWT-SVID (the draft on OAuth SPIFFE client authentication), which may also come under the type above. */
export const spiffeAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe'

export const maxAssertionBytes = 2048
/** From `iat` to `exp`, or from now on where there is no `iat`. */
export const maxAssertionLifetimeSeconds = 300
/** How far the clocks of a client and ours may be apart. */
export const assertionSkewSeconds = 10
export const maxJtiLength = 64

/** @throws OAuthError `invalid_client` for anything that is not as expected. */
export function parseAssertion(jwt: string, expected: ExpectedAssertion): ClientAssertion {
  const signed = decodeCompactJwt(jwt, maxAssertionBytes)
  if (!signed) {
    throw assertionRefused(
      blanksAround(jwt) ?? `The client assertion is no compact JWT of at most ${maxAssertionBytes} bytes.`,
    )
  }
  const { header, claims } = signed
  const { algorithm, kid } = parseHeader(header)
  refuseOtherParties(claims, expected)
  return {
    signed,
    algorithm,
    kid,
    rawAudience: claims.aud,
    jti: parseJti(claims.jti),
    expiresAt: parseTimes(claims, expected.now),
  }
}

/** The likeliest fault of a token that was read from a file. */
export function blanksAround(jwt: string): string | undefined {
  return jwt === jwt.trim() ? undefined : 'There is a line break or a space around the client assertion.'
}

const headerTypes: readonly unknown[] = [undefined, 'JWT', 'client-authentication+jwt']

/** Members `jwk`, `jku`, `x5u` and `x5c` are not looked at: an assertion never brings the key it is checked with. */
function parseHeader({ alg, typ, kid, crit, b64 }: Members): Pick<ClientAssertion, 'algorithm' | 'kid'> {
  const algorithm = algorithmNamed(alg)
  if (algorithm === undefined) {
    throw assertionRefused(
      `The alg of the client assertion must be one of ${assertionAlgorithmNames.join(', ')}.`,
    )
  }
  if (!headerTypes.includes(typ)) {
    throw assertionRefused(
      'The typ of the client assertion must be JWT, client-authentication+jwt or absent.',
    )
  }
  if (crit !== undefined || b64 !== undefined) {
    throw assertionRefused('The header of the client assertion asks for an extension that is not offered.')
  }
  if (kid !== undefined && typeof kid !== 'string') {
    throw assertionRefused('The kid of the client assertion must be a string.')
  }
  return { algorithm, kid }
}

function refuseOtherParties({ iss, sub, aud }: Members, { clientId, audiences }: ExpectedAssertion): void {
  if (sub !== clientId || iss !== clientId) {
    const words = 'The iss and sub of the client assertion must both be the client id.'
    // The token of another issuer, which somebody forgot to make trusted: no client's id is a URI.
    const isForeign = typeof iss === 'string' && iss.includes(':')
    throw assertionRefused(words, isForeign ? untrustedIssuer(iss) : words)
  }
  // The issuer alone: an assertion for several servers could be used at each by any other of them.
  const [audience, ...more] = Array.isArray(aud) ? aud : [aud]
  if (more.length === 0 && typeof audience === 'string' && audiences.includes(audience)) return
  throw assertionRefused(
    'The aud of the client assertion must be the issuer of this server and nothing else.',
  )
}

function parseJti(jti: unknown): string {
  // A lone surrogate has no UTF-8 form: two different values would be the same on disk.
  if (typeof jti === 'string' && jti.length >= 1 && jti.length <= maxJtiLength && jti.isWellFormed())
    return jti
  throw assertionRefused(`The client assertion needs a jti of 1 to ${maxJtiLength} characters.`)
}

/** Seconds since 1970 (RFC 7519 §2), with fractions or without. */
function parseTimes({ exp, iat, nbf }: Members, now: Date): Date {
  const present = now.getTime() / 1000
  if (typeof exp !== 'number') throw assertionRefused('The client assertion needs an exp.')
  if (exp <= present - assertionSkewSeconds) throw assertionRefused('The client assertion has expired.')
  for (const [name, moment] of Object.entries({ iat, nbf })) {
    if (moment !== undefined && typeof moment !== 'number') throw notANumber(name)
    if (moment !== undefined && moment > present + assertionSkewSeconds) {
      throw assertionRefused(
        `The ${name} of the client assertion lies in the future; the clock that made it is ahead.`,
      )
    }
  }
  const issuedAt = typeof iat === 'number' ? iat : present
  if (exp - issuedAt > maxAssertionLifetimeSeconds) {
    throw assertionRefused(
      `The exp of the client assertion may be ${maxAssertionLifetimeSeconds} seconds after its iat and no more.`,
    )
  }
  return new Date(Math.ceil(exp * 1000))
}

function notANumber(name: string): OAuthError {
  return assertionRefused(`The ${name} of the client assertion must be a number.`)
}
