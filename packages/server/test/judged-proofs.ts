/** DPoP proofs for one request, each as it should be but for what a test changes, and what is said of them. */
import { expect } from 'vitest'
import { OAuthError } from '../src/domain/errors.ts'
import { createVerifyDpopProof, type ProvenRequest } from '../src/token/proof-of-possession/dpop-proof.ts'
import { createProofPair, type Members, makeProof, type ProofParts } from './dpop-proofs.ts'

export const now = new Date('2030-01-01T12:00:00.000Z')
export const seconds = now.getTime() / 1000
export const uri = 'https://id.example.com/oauth/token'
export const request: ProvenRequest = { method: 'POST', uri, accessToken: undefined }
export const pair = createProofPair()
export const verifyDpopProof = createVerifyDpopProof()
const parts: ProofParts = { method: 'POST', uri, now }

export const proof = (changes: Partial<ProofParts> = {}, key = pair) =>
  makeProof(key, { ...parts, ...changes })
export const withClaims = (claims: Members) => proof({ claims })
export const withHeader = (header: Members) => proof({ header })

/** The code and words of the refusal; undefined when the proof is taken. */
export function refusalOf(rawProofs: readonly string[], asked = request): string | undefined {
  try {
    verifyDpopProof(rawProofs, asked, now)
    return undefined
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    expect(error.code).toBe('invalid_dpop_proof')
    // RFC 6749 §5.2.
    expect(error.message).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    return error.message
  }
}
