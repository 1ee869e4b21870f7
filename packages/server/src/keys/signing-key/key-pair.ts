/** A new key pair in the forms in which it is kept: the public half as a JWK, the private one as PKCS #8. */
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import type { KeyAlgorithm } from '../../domain/resource-server.ts'
import type { PublicJwk } from '../../domain/signing-key.ts'
import { createKeyCertificate } from './key-certificate.ts'

export interface NewKeyPair {
  readonly publicJwk: PublicJwk
  /** For encryption only. */
  readonly privateKeyPem: string
  /** DER in base64. None for ML-DSA: verifiers that ask for certificates could not read one with such a key. */
  readonly certificate: string | undefined
}

const rsaBits = 2048

export async function createKeyPair(algorithm: KeyAlgorithm, now: Date): Promise<NewKeyPair> {
  if (algorithm === 'ML-DSA-65') return createMlDsaPair(algorithm)
  const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: rsaBits })
  return {
    publicJwk: await describePublicKey(await exportJWK(pair.publicKey), algorithm),
    privateKeyPem: await exportPKCS8(pair.privateKey),
    certificate: await createKeyCertificate(pair, algorithm, now),
  }
}

async function createMlDsaPair(algorithm: 'ML-DSA-65'): Promise<NewKeyPair> {
  const pair = generateKeyPairSync('ml-dsa-65')
  return {
    publicJwk: await describePublicKey(pair.publicKey.export({ format: 'jwk' }), algorithm),
    privateKeyPem: String(pair.privateKey.export({ format: 'pem', type: 'pkcs8' })),
    certificate: undefined,
  }
}

/** RFC 7638: the id is the thumbprint of the key itself, so no two keys share one. */
async function describePublicKey(jwk: JsonWebKey, alg: KeyAlgorithm): Promise<PublicJwk> {
  const { kty, n, e, crv, x, y, pub } = jwk
  if (kty === undefined) throw new TypeError('A key without a type was made.')
  const members = {
    ...(n !== undefined && { n }),
    ...(e !== undefined && { e }),
    ...(crv !== undefined && { crv }),
    ...(x !== undefined && { x }),
    ...(y !== undefined && { y }),
    ...(typeof pub === 'string' && { pub }),
  }
  return { kty, kid: await calculateJwkThumbprint({ kty, alg, ...members }), use: 'sig', alg, ...members }
}
