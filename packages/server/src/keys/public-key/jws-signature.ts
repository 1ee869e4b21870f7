/**
 * Whether a key signed an input as one algorithm of RFC 7518 or RFC 8037 says. The caller knows which algorithm that is: a
 * token neither chooses it nor brings the key (RFC 8725 §3.1).
 */
import { constants, type KeyObject, verify } from 'node:crypto'
import type { AssertionAlgorithm } from '../../domain/client-credential.ts'
import type { IssuerAlgorithm } from '../../domain/trusted-issuer.ts'
import { derSignatureOf } from '../es256-signature.ts'

export type SignatureAlgorithm = AssertionAlgorithm | IssuerAlgorithm

/** False as well for a signature that is none, of whatever length, and for a key of another kind. */
export function isSignature(
  algorithm: SignatureAlgorithm,
  publicKey: KeyObject,
  signingInput: string,
  signature: Buffer,
): boolean {
  return checks[algorithm](publicKey, Buffer.from(signingInput), signature)
}

type Check = (publicKey: KeyObject, input: Buffer, signature: Buffer) => boolean

const checks: { readonly [Algorithm in SignatureAlgorithm]: Check } = {
  RS256: rsa('sha256', { padding: constants.RSA_PKCS1_PADDING }),
  RS384: rsa('sha384', { padding: constants.RSA_PKCS1_PADDING }),
  RS512: rsa('sha512', { padding: constants.RSA_PKCS1_PADDING }),
  // RFC 7518 §3.5: the salt is as long as the digest.
  PS256: rsa('sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  PS384: rsa('sha384', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 }),
  PS512: rsa('sha512', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }),
  ES256: es256,
  ES384: ecdsa('secp384r1', 'sha384'),
  ES512: ecdsa('secp521r1', 'sha512'),
  EdDSA: (publicKey, input, signature) =>
    publicKey.asymmetricKeyType === 'ed25519' && verify(null, input, publicKey, signature),
}

function rsa(digest: string, scheme: { padding: number; saltLength?: number }): Check {
  return (key, input, signature) =>
    key.asymmetricKeyType === 'rsa' &&
    hasLengthOfModulus(signature, key.asymmetricKeyDetails?.modulusLength) &&
    verify(digest, input, { key, ...scheme }, signature)
}

/**
 * RFC 8017 §8.1.2 and §8.2.2, step 1. OpenSSL takes a PSS signature without its leading zeros too, so that one token in
 * 256 would have a second text.
 */
export function hasLengthOfModulus(signature: Uint8Array, modulusBits: number | undefined): boolean {
  return modulusBits !== undefined && signature.length === Math.ceil(modulusBits / 8)
}

function es256(publicKey: KeyObject, input: Buffer, signature: Buffer): boolean {
  if (!isOnCurve(publicKey, 'prime256v1')) return false
  const der = derSignatureOf(signature)
  return der !== undefined && verify('sha256', input, publicKey, der)
}

/** RFC 7518 §3.4: the two numbers side by side, each as long as the curve. */
function ecdsa(curve: string, digest: string): Check {
  return (key, input, signature) =>
    isOnCurve(key, curve) && verify(digest, input, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

function isOnCurve(key: KeyObject, curve: string): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curve
}
