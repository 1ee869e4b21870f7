/** DPoP proofs put together by hand, so that every part of one can be wrong: no library that judges them makes them. */
import {
  constants,
  createHash,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import { nextRsaPair } from './rsa-pairs.ts'

export type ProofKeyKind = 'ES256' | 'EdDSA' | 'Ed25519' | 'PS256'

export interface ProofPair {
  readonly algorithm: ProofKeyKind
  readonly privateKey: KeyObject
  readonly publicJwk: JsonWebKey
}

export function createProofPair(algorithm: ProofKeyKind = 'ES256'): ProofPair {
  const { privateKey, publicKey } = pairFor(algorithm)
  return { algorithm, privateKey, publicJwk: publicKey.export({ format: 'jwk' }) }
}

function pairFor(algorithm: ProofKeyKind) {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'PS256') return nextRsaPair()
  return generateKeyPairSync('ed25519')
}

export type Members = Readonly<Record<string, unknown>>

export interface ProofParts {
  readonly method: string
  readonly uri: string
  readonly now: Date
  /** Undefined leaves a member out. */
  readonly header?: Members
  readonly claims?: Members
  /** Signs; the `jwk` is still that of the pair. */
  readonly signer?: (input: string) => Buffer
}

/** A proof as `header` and `claims` say, and right in all that they leave open. */
export function makeProof(pair: ProofPair, parts: ProofParts): string {
  const header = { typ: 'dpop+jwt', alg: pair.algorithm, jwk: pair.publicJwk, ...parts.header }
  const iat = Math.floor(parts.now.getTime() / 1000)
  const claims = { jti: randomUUID(), htm: parts.method, htu: parts.uri, iat, ...parts.claims }
  return signText(pair, JSON.stringify(header), JSON.stringify(claims), parts.signer)
}

export function signText(
  pair: ProofPair,
  header: string,
  claims: string,
  signer = (input: string) => signatureOf(pair, input),
): string {
  const input = `${base64url(header)}.${base64url(claims)}`
  return `${input}.${signer(input).toString('base64url')}`
}

export function signatureOf({ algorithm, privateKey: key }: ProofPair, input: string): Buffer {
  const bytes = Buffer.from(input)
  if (algorithm === 'ES256') return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })
  if (algorithm !== 'PS256') return sign(null, bytes, key)
  return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
}

export function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** RFC 9449 §4.2, `ath`. */
export function hashOf(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('base64url')
}
