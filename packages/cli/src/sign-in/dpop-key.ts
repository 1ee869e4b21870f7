/** A key that tokens are bound to (RFC 9449), and the proofs that it signs: made for one command, or read from a file. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import { Failure } from '../failure.ts'

export interface DpopKey {
  readonly algorithm: 'ES256' | 'EdDSA' | 'PS256'
  readonly privateKey: KeyObject
}

export interface ProvenRequest {
  readonly method: string
  readonly url: string
  readonly nonce: string | undefined
  readonly now: Date
}

/** It is gone with this program, and with it what the token is good for. */
export function newDpopKey(): DpopKey {
  return { algorithm: 'ES256', privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }
}

/** @throws Failure that tells nothing of the text. */
export function parseDpopKey(pem: string): DpopKey {
  const privateKey = privateKeyIn(pem)
  const algorithm = privateKey && algorithmFor(privateKey)
  if (privateKey && algorithm) return { algorithm, privateKey }
  throw new Failure('usage', {
    what: 'This is no key that a token could be bound to.',
    why: 'It has to be a private key without a passphrase, as PEM: EC P-256, Ed25519 or RSA.',
    todo: 'Make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem',
  })
}

function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function algorithmFor({ asymmetricKeyType: type, asymmetricKeyDetails }: KeyObject) {
  if (type === 'ec') return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined
  if (type === 'ed25519') return 'EdDSA'
  return type === 'rsa' ? 'PS256' : undefined
}

export function makeDpopProof({ algorithm, privateKey }: DpopKey, request: ProvenRequest): string {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  const { method, url, nonce, now } = request
  const input = [
    { typ: 'dpop+jwt', alg: algorithm, jwk },
    {
      jti: randomUUID(),
      htm: method,
      htu: url,
      iat: Math.floor(now.getTime() / 1000),
      ...(nonce !== undefined && { nonce }),
    },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${signatureOf({ algorithm, privateKey }, Buffer.from(input)).toString('base64url')}`
}

function signatureOf({ algorithm, privateKey: key }: DpopKey, input: Buffer): Buffer {
  switch (algorithm) {
    case 'ES256':
      return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' })
    case 'EdDSA':
      return sign(null, input, key)
    case 'PS256':
      return sign('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
  }
}
