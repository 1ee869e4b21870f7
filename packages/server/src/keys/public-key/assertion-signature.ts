/**
 * Signatures of client assertions. The key and its algorithm come from the client's registration: an assertion neither
 * brings the one nor chooses the other (RFC 8725 §3.1).
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { AssertionAlgorithm, ClientPublicJwk } from '../../domain/client-credential.ts'
import { createKeptKeys } from '../kept-keys.ts'
import { createDecoyKeys, type DecoyKeys } from './decoy-keys.ts'
import { isSignature } from './jws-signature.ts'

/** A JWS in its compact form (RFC 7515 §7.1), taken apart. */
export interface SignedText {
  /** Header and payload as they stand there. */
  readonly signingInput: string
  readonly signature: Buffer
}

export interface AssertionSignatures {
  isSignedWith(text: SignedText, algorithm: AssertionAlgorithm, key: ClientPublicJwk): boolean
  /** Does the same work with a key that nobody owns. */
  checkInVain(text: SignedText, algorithm: AssertionAlgorithm): void
}

export function createAssertionSignatures(): AssertionSignatures {
  const decoys = createDecoyKeys()
  const kept = createKeptKeys<KeyObject>()

  function readKey(jwk: ClientPublicJwk): KeyObject {
    const name = JSON.stringify(jwk)
    return kept.get(name) ?? kept.keep(name, createPublicKey({ key: { ...jwk }, format: 'jwk' }))
  }

  function checkInVain({ signingInput, signature }: SignedText, algorithm: AssertionAlgorithm): void {
    isSignature(algorithm, readKey(decoyFor(decoys, algorithm, signature)), signingInput, signature)
  }

  return {
    isSignedWith(text, algorithm, jwk) {
      // Such a signature is refused in no time, which would tell whoever sent it of what size the client's key is.
      if (jwk.kty === 'RSA' && !isBelowModulus(text.signature, jwk.n)) {
        checkInVain(text, algorithm)
        return false
      }
      return isSignature(algorithm, readKey(jwk), text.signingInput, text.signature)
    },
    checkInVain,
  }
}

/** RFC 8017 §5.2.2, step 1. */
function isBelowModulus(signature: Buffer, n: string): boolean {
  const modulus = Buffer.from(n, 'base64url')
  return signature.length === modulus.length && signature.compare(modulus) < 0
}

function decoyFor(decoys: DecoyKeys, algorithm: AssertionAlgorithm, signature: Buffer): ClientPublicJwk {
  if (algorithm === 'EdDSA') return decoys.ed25519
  return algorithm === 'ES256' ? decoys.ec : decoys.rsa(signature.length)
}
