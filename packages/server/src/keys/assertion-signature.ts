/**
 * Signatures of client assertions. The key and its algorithm come from the client's registration: an assertion neither
 * brings the one nor chooses the other (RFC 8725 §3.1).
 */
import { createPublicKey } from 'node:crypto'
import { compactVerify, errors } from 'jose'
import type { AssertionAlgorithm, ClientPublicJwk } from '../domain/client-credential.ts'
import { createDecoyKeys } from './decoy-keys.ts'

export interface AssertionSignatures {
  isSignedWith(jwt: string, algorithm: AssertionAlgorithm, key: ClientPublicJwk): Promise<boolean>
  /** Does the same work with a key that nobody owns. */
  checkInVain(jwt: string, algorithm: AssertionAlgorithm): Promise<void>
}

export function createAssertionSignatures(): AssertionSignatures {
  const decoys = createDecoyKeys()
  return {
    isSignedWith,
    async checkInVain(jwt, algorithm) {
      await isSignedWith(jwt, algorithm, decoys[kindOf(algorithm)])
    },
  }
}

function kindOf(algorithm: AssertionAlgorithm): 'rsa' | 'ec' | 'ed25519' {
  if (algorithm === 'EdDSA') return 'ed25519'
  return algorithm === 'ES256' ? 'ec' : 'rsa'
}

async function isSignedWith(
  jwt: string,
  algorithm: AssertionAlgorithm,
  jwk: ClientPublicJwk,
): Promise<boolean> {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  try {
    await compactVerify(jwt, key, { algorithms: [algorithm] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}
