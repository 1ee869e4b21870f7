/**
 * The public keys of a trusted issuer. A key fits the algorithms of its kind and no others, so that no token can have its
 * signature checked in a way that the key was not made for (RFC 8725 §3.1).
 */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import {
  type IssuerAlgorithm,
  type IssuerJwk,
  issuerAlgorithmNamed,
  issuerAlgorithms,
} from '../../domain/trusted-issuer.ts'
import type { SignedText } from './assertion-signature.ts'
import { holdsPrivateKey } from './client-public-key.ts'
import { isSignature } from './jws-signature.ts'
import { whyUnsound } from './sound-key.ts'

/** Why a key cannot be used, for whoever gave it. Quotes nothing of it. */
export class IssuerKeyError extends Error {
  override readonly name = 'IssuerKeyError'
}

export interface IssuerKey {
  readonly kid: string | undefined
  readonly algorithms: readonly IssuerAlgorithm[]
  readonly publicKey: KeyObject
}

const minRsaBits = 2048
const maxRsaBits = 8192
const minRsaExponent = 65_537n
/** With a larger one each signature would take as long to check as to make. */
const maxRsaExponent = 2n ** 33n
const maxKidLength = 256

/** Of SPIFFE's bundles the keys for JWT-SVIDs; the others there certify, and sign no token. */
const uses: readonly unknown[] = [undefined, 'sig', 'jwt-svid']

/** @throws IssuerKeyError */
export function parseIssuerKey(jwk: Readonly<Record<string, unknown>>): IssuerKey {
  if (holdsPrivateKey(jwk)) {
    throw new IssuerKeyError('A key set of an issuer holds public keys alone; this one holds a private key.')
  }
  const { kty, crv, n, e, x, y, kid, alg, use, key_ops: operations } = jwk
  if (!uses.includes(use)) throw new IssuerKeyError('The use of the key must be sig.')
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw new IssuerKeyError('The key_ops of the key must have verify among them.')
  }
  if (kid !== undefined && !(typeof kid === 'string' && kid.length >= 1 && kid.length <= maxKidLength)) {
    throw new IssuerKeyError(`The kid of the key must have 1 to ${maxKidLength} characters.`)
  }
  const publicKey = read({ kty, crv, n, e, x, y })
  const fitting = algorithmsOf(publicKey)
  const algorithms =
    alg === undefined ? fitting : fitting.filter((algorithm) => algorithm === issuerAlgorithmNamed(alg))
  if (algorithms.length === 0) throw new IssuerKeyError('The alg of the key is none that fits it.')
  const fault = whyUnsound(publicKey)
  if (fault !== undefined) throw new IssuerKeyError(fault)
  return { kid, algorithms, publicKey }
}

/** What is kept of a key that was given. */
export function issuerJwkOf(jwk: Readonly<Record<string, unknown>>, key: IssuerKey): IssuerJwk {
  const { kty, crv, n, e, x, y } = key.publicKey.export({ format: 'jwk' })
  const named = {
    ...(key.kid !== undefined && { kid: key.kid }),
    ...(typeof jwk.alg === 'string' && { alg: jwk.alg }),
  }
  if (kty === 'RSA' && n !== undefined && e !== undefined) return { ...named, kty, n, e }
  if (crv === undefined || x === undefined) throw new IssuerKeyError('The key is of a kind not offered here.')
  return y === undefined ? { ...named, kty: 'OKP', crv, x } : { ...named, kty: 'EC', crv, x, y }
}

function read(members: Readonly<Record<string, unknown>>): KeyObject {
  try {
    return createPublicKey({ key: members as JsonWebKey, format: 'jwk' })
  } catch {
    // Without the parser's words, which may quote what was sent.
    throw new IssuerKeyError('The key cannot be read.')
  }
}

const algorithmsOfCurve: ReadonlyMap<string | undefined, IssuerAlgorithm> = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
])

function algorithmsOf(key: KeyObject): readonly IssuerAlgorithm[] {
  const { asymmetricKeyType, asymmetricKeyDetails = {} } = key
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = asymmetricKeyDetails
  if (asymmetricKeyType === 'rsa') {
    if (modulusLength < minRsaBits || modulusLength > maxRsaBits) {
      throw new IssuerKeyError(`An RSA key must have ${minRsaBits} to ${maxRsaBits} bits.`)
    }
    if (publicExponent < minRsaExponent || publicExponent > maxRsaExponent || publicExponent % 2n === 0n) {
      throw new IssuerKeyError('The exponent of the RSA key is not within what is usual.')
    }
    return issuerAlgorithms.filter((algorithm) => /^[RP]S/.test(algorithm))
  }
  const ofCurve = asymmetricKeyType === 'ec' ? algorithmsOfCurve.get(namedCurve) : undefined
  if (ofCurve) return [ofCurve]
  if (asymmetricKeyType === 'ed25519') return ['EdDSA']
  throw new IssuerKeyError('The key is of a kind not offered here: use RSA, P-256, P-384, P-521 or Ed25519.')
}

/** `algorithm` is what the token asks for, and the key must fit it. False as well for a signature that is none. */
export function isSignedByIssuer(
  { signingInput, signature }: SignedText,
  algorithm: IssuerAlgorithm,
  { algorithms, publicKey }: IssuerKey,
): boolean {
  return algorithms.includes(algorithm) && isSignature(algorithm, publicKey, signingInput, signature)
}
