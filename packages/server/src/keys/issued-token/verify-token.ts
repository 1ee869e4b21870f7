/**
 * Verification of a token that we issued ourselves. The header is read for one purpose, to find the key among
 * the tenant's own: a token never brings the key or chooses the algorithm it is checked with (RFC 8725 §3).
 */
import { type CryptoKey, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { type KeyAlgorithm, keyAlgorithms } from '../../domain/resource-server.ts'
import { type KeyId, parseKeyId } from '../../domain/signing-key.ts'
import { decodeBase64url } from '../base64url.ts'
import { hasLengthOfModulus } from '../public-key/jws-signature.ts'
import { revealSecret, type SecretText } from '../secret/secret-text.ts'

/** The token does not count. The message is for the developer of the caller. */
export class TokenInvalidError extends Error {
  override readonly name = 'TokenInvalidError'
  readonly fault: TokenFault

  constructor(message: string, fault: TokenFault = { kind: 'invalid' }) {
    super(message)
    this.fault = fault
  }
}

/** What of a token that is ours, by its signature, does not fit; `invalid` for everything else. */
export type TokenFault =
  | { readonly kind: 'expired' | 'invalid' }
  | { readonly kind: 'audience'; readonly audience: string }

/** What a token must say to be accepted here and now. */
export interface Expected {
  readonly issuer: string
  readonly audience: string
  readonly now: Date
  /** Characters, where a longer token than most may be one of ours. */
  readonly maxLength?: number
}

export interface TokenHeader {
  readonly algorithm: KeyAlgorithm
  readonly kid: KeyId
}

/** Characters. What is longer is none of ours, and is not decoded to find out. */
const maxTokenLength = 16_384
/** How far the clocks of two of our servers may be apart. */
const clockToleranceSeconds = 10

const tokenTypes: readonly unknown[] = ['at+jwt', 'JWT']
const headerMembers = new Set(['alg', 'typ', 'kid'])

/** @throws TokenInvalidError when no token of ours has such a header. */
export function parseTokenHeader(token: string, maxLength = maxTokenLength): TokenHeader {
  if (token.length > maxLength) throw new TokenInvalidError('The token is too long.')
  const header = decodeHeader(token)
  const { alg, typ, kid } = header
  // Of key pairs alone: no token that is signed with a shared secret counts here (RFC 8725 §3.1).
  const algorithm = keyAlgorithms.find((known) => known === alg)
  if (algorithm === undefined)
    throw new TokenInvalidError('The token is signed with an algorithm not in use here.')
  if (!tokenTypes.includes(typ)) throw new TokenInvalidError('The token is no access token.')
  const keyId = typeof kid === 'string' ? parseKeyId(kid) : undefined
  if (keyId === undefined) {
    throw new TokenInvalidError('The token does not name the key it is signed with.')
  }
  // Among them `jwk`, `jku` and `x5c`, with which a forger would hand over the key as well.
  if (Object.keys(header).some((member) => !headerMembers.has(member))) {
    throw new TokenInvalidError('The token has header members that no token of this issuer has.')
  }
  return { algorithm, kid: keyId }
}

/** @throws TokenInvalidError */
export async function verifyToken(
  token: string,
  key: CryptoKey | Uint8Array,
  algorithm: KeyAlgorithm | 'HS256',
  expected: Expected,
): Promise<Record<string, unknown>> {
  if (!hasLengthOfKey(token, key)) throw damagedToken()
  const { payload } = await jwtVerify(token, key, {
    algorithms: [algorithm],
    issuer: expected.issuer,
    audience: expected.audience,
    currentDate: expected.now,
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['iss', 'aud', 'sub', 'iat', 'exp'],
  }).catch((error: unknown) => {
    throw invalidToken(error)
  })
  const nowSeconds = Math.floor(expected.now.getTime() / 1000)
  if (typeof payload.iat !== 'number' || payload.iat > nowSeconds + clockToleranceSeconds) {
    throw new TokenInvalidError('The token was issued in the future; check the clocks.')
  }
  return payload
}

/**
 * The claims of a token that is signed with the secret which this API shares with us (RFC 7518 §3.2).
 * @throws TokenInvalidError
 */
export async function verifyTokenWithSecret(
  token: string,
  secret: SecretText,
  expected: Expected,
): Promise<Record<string, unknown>> {
  if (token.length > (expected.maxLength ?? maxTokenLength)) {
    throw new TokenInvalidError('The token is too long.')
  }
  const header = decodeHeader(token)
  if (header.alg !== 'HS256' || !tokenTypes.includes(header.typ) || Object.keys(header).length > 2) {
    throw new TokenInvalidError('No token that is signed with a secret has such a header.')
  }
  return verifyToken(token, Buffer.from(revealSecret(secret)), 'HS256', expected)
}

/** Whether it says which of the tenant's keys it is signed with. */
export function namesKey(token: string): boolean {
  return 'kid' in decodeHeader(token)
}

/**
 * For which API the token claims to be: where to look, and nothing to trust before the token is verified with it. Undefined
 * when it cannot be a token of ours.
 */
export function claimedAudience(token: string, maxLength: number): string | undefined {
  if (token.length > maxLength) return undefined
  try {
    const { aud } = decodeJwt(token)
    return typeof aud === 'string' ? aud : undefined
  } catch {
    return undefined
  }
}

// One token has one text (RFC 7515 §2): the library forgives padding, spaces, and bits that mean nothing.
function decodeHeader(token: string): Record<string, unknown> {
  if (token.split('.').some((part) => decodeBase64url(part) === undefined)) {
    throw new TokenInvalidError('The token is not a JSON web token.')
  }
  try {
    return { ...decodeProtectedHeader(token) }
  } catch {
    throw new TokenInvalidError('The token is not a JSON web token.')
  }
}

function invalidToken(error: unknown): unknown {
  if (error instanceof errors.JWTExpired)
    return new TokenInvalidError('The token has expired.', { kind: 'expired' })
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new TokenInvalidError(
      `The token's claim ${error.claim} is missing or not the expected one.`,
      error.claim === 'aud'
        ? { kind: 'audience', audience: String(error.payload.aud ?? '') }
        : { kind: 'invalid' },
    )
  }
  return error instanceof errors.JOSEError ? damagedToken() : error
}

function damagedToken(): TokenInvalidError {
  return new TokenInvalidError('The token is damaged or its signature is wrong.')
}

/** The runtime judges the length of all signatures but those of RSA. */
function hasLengthOfKey(token: string, key: CryptoKey | Uint8Array): boolean {
  if (!('algorithm' in key) || !('modulusLength' in key.algorithm)) return true
  const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')
  return hasLengthOfModulus(signature, Number(key.algorithm.modulusLength))
}
