/**
 * Whether a key signed an input as one algorithm of RFC 7518 says. The caller knows which algorithm that is: a token
 * neither chooses it nor brings the key (RFC 8725 §3.1).
 */
import { constants, type KeyObject, verify } from 'node:crypto'
import type { AssertionAlgorithm } from '../domain/client-credential.ts'
import { derSignatureOf } from './es256-signature.ts'

/** False as well for a signature that is none, of whatever length, and for a key of another kind. */
export function isSignature(
  algorithm: AssertionAlgorithm,
  publicKey: KeyObject,
  signingInput: string,
  signature: Buffer,
): boolean {
  if (publicKey.asymmetricKeyType !== keyTypeOf[algorithm]) return false
  const input = Buffer.from(signingInput)
  switch (algorithm) {
    case 'RS256':
      return verify('sha256', input, { key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'RS384':
      return verify('sha384', input, { key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'PS256':
      return verify('sha256', input, { key: publicKey, ...pss }, signature)
    case 'ES256': {
      const der = derSignatureOf(signature)
      return der !== undefined && verify('sha256', input, publicKey, der)
    }
    case 'EdDSA':
      return verify(null, input, publicKey, signature)
  }
}

const keyTypeOf: { readonly [Algorithm in AssertionAlgorithm]: string } = {
  RS256: 'rsa',
  RS384: 'rsa',
  PS256: 'rsa',
  ES256: 'ec',
  EdDSA: 'ed25519',
}

// RFC 7518 §3.5: the salt is as long as the digest.
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
