/**
 * A DPoP proof (RFC 9449 §4): its content, checked against the request that it came with, and its signature, checked
 * with the key that it brings. `prove-possession.ts` asks whether it was used before and whether its nonce is ours.
 */
import { createHash } from 'node:crypto'
import { OAuthError } from '../../domain/errors.ts'
import {
  createProofKeys,
  isSignedWithProofKey,
  type ParseProofKey,
  type ProofKey,
  proofAlgorithms,
} from '../../keys/public-key/proof-key.ts'
import { decodeCompactJwt, type Members } from '../compact-jwt.ts'
import { comparableUri } from './comparable-uri.ts'

export interface DpopProof {
  /** RFC 7638 thumbprint of its key. */
  readonly jkt: string
  readonly jti: string
  readonly nonce: string | undefined
  /** From then on it is too old. */
  readonly expiresAt: Date
}

/** The request that a proof came with. */
export interface ProvenRequest {
  readonly method: string
  /** As it is known to clients; a query does not count. */
  readonly uri: string
  /** Whose hash the proof must bear (RFC 9449 §7); undefined at the token endpoint. */
  readonly accessToken: string | undefined
}

/** Characters. With an RSA key of 4096 bits a proof has 2,000. */
export const maxProofLength = 4096
export const maxProofJtiLength = 128
/** How old a proof may be. */
export const proofLifetimeSeconds = 60
/** How far the clock of a client may be ahead. */
export const proofSkewSeconds = 10

/** @throws OAuthError `invalid_dpop_proof` */
export type VerifyDpopProof = (rawProofs: readonly string[], request: ProvenRequest, now: Date) => DpopProof

export function createVerifyDpopProof(): VerifyDpopProof {
  const parseProofKey = createProofKeys()
  return function verifyDpopProof(rawProofs, request, now) {
    // RFC 9449 §4.3: of two proofs nobody could say which is meant.
    const [rawProof, ...more] = rawProofs
    if (rawProof === undefined) throw proofRefused('The request has no DPoP header.')
    if (more.length > 0) throw proofRefused('The request has more than one DPoP header; send one.')
    const jwt = decodeCompactJwt(rawProof, maxProofLength)
    if (!jwt) throw proofRefused(`The DPoP proof is no compact JWT of at most ${maxProofLength} characters.`)
    const key = keyOf(jwt.header, parseProofKey)
    refuseOtherRequest(jwt.claims, request)
    const proof = { jkt: key.thumbprint, ...parseClaims(jwt.claims, now) }
    if (!isSignedWithProofKey(key, jwt.signingInput, jwt.signature)) {
      throw proofRefused('The DPoP proof is not signed with the key in its jwk.')
    }
    return proof
  }
}

export function proofRefused(description: string): OAuthError {
  return new OAuthError('invalid_dpop_proof', description)
}

/** Nothing but `jwk` names the key: `kid`, `jku`, `x5u` and `x5c` are not looked at. */
function keyOf({ typ, alg, jwk, crit, b64 }: Members, parseProofKey: ParseProofKey): ProofKey {
  if (typ !== 'dpop+jwt') throw proofRefused('The typ of the DPoP proof must be dpop+jwt.')
  const algorithm = proofAlgorithms.find((known) => known === alg)
  if (algorithm === undefined) {
    throw proofRefused(`The alg of the DPoP proof must be one of ${proofAlgorithms.join(', ')}.`)
  }
  if (crit !== undefined || b64 !== undefined) {
    throw proofRefused('The header of the DPoP proof asks for an extension that is not offered.')
  }
  const key = isObject(jwk) ? parseProofKey(algorithm, jwk) : undefined
  if (key) return key
  throw proofRefused(
    'The jwk of the DPoP proof must be a public key for its alg: EC P-256, Ed25519, or RSA of 2048 to 4096 bits.',
  )
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuseOtherRequest({ htm, htu, ath }: Members, { method, uri, accessToken }: ProvenRequest): void {
  if (htm !== method) throw proofRefused(`The htm of the DPoP proof must be ${method}.`)
  const named = typeof htu === 'string' ? comparableUri(htu) : undefined
  if (named === undefined || named !== comparableUri(uri)) {
    throw proofRefused(
      'The htu of the DPoP proof must be the URL of this request, by the name of its server.',
    )
  }
  if (accessToken !== undefined && ath !== sha256(accessToken)) {
    throw proofRefused('The ath of the DPoP proof must be the hash of the access token that it comes with.')
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function parseClaims(
  { jti, iat, nbf, exp, nonce }: Members,
  now: Date,
): Pick<DpopProof, 'jti' | 'nonce' | 'expiresAt'> {
  // A lone surrogate has no UTF-8 form: two different values would be the same on disk.
  if (typeof jti !== 'string' || jti.length < 1 || jti.length > maxProofJtiLength || !jti.isWellFormed()) {
    throw proofRefused(`The DPoP proof needs a jti of 1 to ${maxProofJtiLength} characters.`)
  }
  if (typeof iat !== 'number') throw proofRefused('The DPoP proof needs an iat.')
  const age = now.getTime() / 1000 - iat
  if (age > proofLifetimeSeconds) {
    throw proofRefused(
      `The iat of the DPoP proof is more than ${proofLifetimeSeconds} seconds ago; make one for each request, with a clock that is right.`,
    )
  }
  if (age < -proofSkewSeconds) {
    throw proofRefused('The iat of the DPoP proof lies in the future; the clock that made it is ahead.')
  }
  refuseOtherTimes({ nbf, exp }, now)
  if (nonce !== undefined && typeof nonce !== 'string') {
    throw proofRefused('The nonce of the DPoP proof must be a string.')
  }
  return { jti, nonce, expiresAt: new Date(Math.ceil(1000 * (iat + proofLifetimeSeconds))) }
}

// A proof needs neither; where it has them, they count (RFC 7519 §4.1.4, §4.1.5).
function refuseOtherTimes({ nbf, exp }: Pick<Members, 'nbf' | 'exp'>, now: Date): void {
  const seconds = now.getTime() / 1000
  const isMoment = (moment: unknown) => moment === undefined || typeof moment === 'number'
  if (!isMoment(nbf) || !isMoment(exp))
    throw proofRefused('The nbf and exp of the DPoP proof must be numbers.')
  if (typeof nbf === 'number' && nbf > seconds + proofSkewSeconds) {
    throw proofRefused('The nbf of the DPoP proof lies in the future.')
  }
  if (typeof exp === 'number' && exp <= seconds - proofSkewSeconds) {
    throw proofRefused('The DPoP proof has expired.')
  }
}
