/**
 * The key that a proof of possession brings along (RFC 9449 §4.2). The sender of a proof chooses its key, so the key
 * says nothing about who they are; a token is bound to its thumbprint. The key must be public, strong, and in
 * canonical form: otherwise one key would have several thumbprints.
 */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { ClientPublicJwk } from '../../domain/client-credential.ts'
import { decodeBase64url } from '../base64url.ts'
import { createKeptKeys } from '../kept-keys.ts'
import { holdsPrivateKey, refuseWeakRsa, thumbprintOf } from './client-public-key.ts'
import { isSignature } from './jws-signature.ts'
import { isOfSmallOrder } from './small-order.ts'

/**
 * Those of the FAPI 2.0 Security Profile. `Ed25519` is what RFC 9864 calls EdDSA with that curve, and what public
 * libraries write.
 */
export const proofAlgorithms = ['ES256', 'EdDSA', 'Ed25519', 'PS256'] as const
export type ProofAlgorithm = (typeof proofAlgorithms)[number]

export interface ProofKey {
  readonly algorithm: ProofAlgorithm
  readonly publicKey: KeyObject
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string
}

/** Undefined unless it is a strong public key for the algorithm. */
export type ParseProofKey = (
  algorithm: ProofAlgorithm,
  jwk: Readonly<Record<string, unknown>>,
) => ProofKey | undefined

/** Keeps what it has read: a program uses one key for all its proofs. */
export function createProofKeys(): ParseProofKey {
  const kept = createKeptKeys<Omit<ProofKey, 'algorithm'>>()

  function read(members: ClientPublicJwk): Omit<ProofKey, 'algorithm'> | undefined {
    const name = JSON.stringify(members)
    const found = kept.get(name)
    if (found) return found
    const publicKey = readKey(members)
    return publicKey && kept.keep(name, { publicKey, thumbprint: thumbprintOf(members) })
  }

  return function parseProofKey(algorithm, jwk) {
    if (holdsPrivateKey(jwk) || !isMeantFor(algorithm, jwk)) return undefined
    const parse = parserOf[algorithm]
    const members = parse(jwk)
    const key = members && read(members)
    return key && { algorithm, ...key }
  }
}

export function isSignedWithProofKey(
  { algorithm, publicKey }: ProofKey,
  signingInput: string,
  signature: Buffer,
): boolean {
  const named = algorithm === 'Ed25519' ? 'EdDSA' : algorithm
  return isSignature(named, publicKey, signingInput, signature)
}

// RFC 7517 §4.2 to §4.4: what a key says about its use is respected.
function isMeantFor(algorithm: ProofAlgorithm, jwk: Readonly<Record<string, unknown>>): boolean {
  const { use, key_ops: operations, alg } = jwk
  if (use !== undefined && use !== 'sig') return false
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false
  return alg === undefined || alg === algorithm || (alg === 'EdDSA' && algorithm === 'Ed25519')
}

type Parse = (jwk: Readonly<Record<string, unknown>>) => ClientPublicJwk | undefined

const parserOf: Record<ProofAlgorithm, Parse> = {
  ES256: parseP256,
  EdDSA: parseEd25519,
  Ed25519: parseEd25519,
  PS256: parseRsa,
}

const coordinateBytes = 32

function parseP256({ kty, crv, x, y }: Parameters<Parse>[0]): ClientPublicJwk | undefined {
  if (kty !== 'EC' || crv !== 'P-256') return undefined
  if (!isBytes(x, coordinateBytes) || !isBytes(y, coordinateBytes)) return undefined
  return { kty, crv, x, y }
}

function parseEd25519({ kty, crv, x }: Parameters<Parse>[0]): ClientPublicJwk | undefined {
  if (kty !== 'OKP' || crv !== 'Ed25519' || !isBytes(x, coordinateBytes) || isOfSmallOrder(x))
    return undefined
  return { kty, crv, x }
}

function parseRsa({ kty, n, e }: Parameters<Parse>[0]): ClientPublicJwk | undefined {
  return kty === 'RSA' && isUnsigned(n) && isUnsigned(e) ? { kty, n, e } : undefined
}

/** RFC 7518 §2, Base64urlUInt: without leading zeros. */
function isUnsigned(text: unknown): text is string {
  return (decodeBase64url(text)?.[0] ?? 0) !== 0
}

function isBytes(text: unknown, length: number): text is string {
  return decodeBase64url(text)?.length === length
}

/** Undefined for a point that is not on its curve, and for a weak modulus or exponent. */
function readKey(members: ClientPublicJwk): KeyObject | undefined {
  const jwk: JsonWebKey = { ...members }
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    if (members.kty === 'RSA') refuseWeakRsa(key)
    return key
  } catch {
    return undefined
  }
}
