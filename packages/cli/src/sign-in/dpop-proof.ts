/** A key that tokens are bound to (RFC 9449), and the proofs that it signs: made for one command, or read from a file. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { parsePrivateKey, type SigningKey, signJwt } from './signing-key.ts'

export type DpopKey = Pick<SigningKey, 'algorithm' | 'privateKey'>

export interface ProvenRequest {
  readonly method: string
  readonly url: string
  readonly nonce: string | undefined
  /** The token that goes with the request; none at the token endpoint. */
  readonly accessToken?: string
  readonly now: Date
}

/** It is gone when this program ends, and the token is worth nothing without it. */
export function newDpopKey(): DpopKey {
  return { algorithm: 'ES256', privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }
}

/** @throws Failure that quotes nothing of the text. */
export function parseDpopKey(text: string): DpopKey {
  const { privateKey, algorithms } = parsePrivateKey(text, 'This is no key that a token could be bound to.')
  // For RSA, PS256 is the one that is accepted everywhere: FAPI 2.0 excludes PKCS #1 v1.5.
  const [algorithm] = algorithms
  return { privateKey, algorithm: algorithm === 'RS256' ? 'PS256' : algorithm }
}

/** RFC 9449 §4.2. */
export function makeDpopProof(key: DpopKey, { method, url, nonce, accessToken, now }: ProvenRequest): string {
  const claims = {
    jti: randomUUID(),
    htm: method,
    htu: url.replace(/[?#].*$/, ''),
    iat: Math.floor(now.getTime() / 1000),
    ...(accessToken !== undefined && { ath: createHash('sha256').update(accessToken).digest('base64url') }),
    ...(nonce !== undefined && { nonce }),
  }
  return signJwt(key, { typ: 'dpop+jwt', jwk: publicJwkOf(key.privateKey) }, claims)
}

function publicJwkOf(privateKey: KeyObject) {
  return createPublicKey(privateKey).export({ format: 'jwk' })
}
