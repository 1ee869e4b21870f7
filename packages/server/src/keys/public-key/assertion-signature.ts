/**
 * Signatures of client assertions. The key and its algorithm come from the client's registration: an assertion neither
 * brings the one nor chooses the other (RFC 8725 §3.1).
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { AssertionAlgorithm, ClientPublicJwk } from '../../domain/client-credential.ts'
import { createKeptKeys } from '../kept-keys.ts'
import { createDecoyKeys } from './decoy-keys.ts'
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

  function isSignedWith(
    { signingInput, signature }: SignedText,
    algorithm: AssertionAlgorithm,
    jwk: ClientPublicJwk,
  ): boolean {
    return isSignature(algorithm, readKey(jwk), signingInput, signature)
  }

  return {
    isSignedWith,
    checkInVain(text, algorithm) {
      isSignedWith(text, algorithm, decoys[kindOf(algorithm)])
    },
  }
}

function kindOf(algorithm: AssertionAlgorithm): 'rsa' | 'ec' | 'ed25519' {
  if (algorithm === 'EdDSA') return 'ed25519'
  return algorithm === 'ES256' ? 'ec' : 'rsa'
}
