/** A key that tokens are bound to (RFC 9449), and the proofs that it signs: made for one command, or read from a file. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { parsePrivateKey, type SigningKey, signJwt } from './signing-key.ts'

export type DpopKey = Pick<SigningKey, 'algorithm' | 'privateKey'>

export interface ProvenRequest {
  readonly method: string
  readonly url: string
  readonly nonce: string | undefined
  /** That goes with the request; none at the token endpoint. */
  readonly accessToken?: string
  readonly now: Date
}

/** It is gone with this program, and with it what the token is good for. */
export function newDpopKey(): DpopKey {
  return { algorithm: 'ES256', privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }
}

/** @throws Failure that tells nothing of the text. */
export function parseDpopKey(text: string): DpopKey {
  const { privateKey, algorithms } = parsePrivateKey(text, 'This is no key that a token could be bound to.')
  // Of what RSA can do, PS256 alone is taken everywhere: FAPI 2.0 has no PKCS #1 v1.5.
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
