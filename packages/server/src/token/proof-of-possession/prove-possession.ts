/**
 * Whether a request proves that it holds a key (RFC 9449): its proof is right, was not used before, and bears a nonce of
 * ours where one is asked for. The same for a token request and for a request that brings a token.
 */
import { OAuthError } from '../../domain/errors.ts'
import type { SpentProof, SpentProofStore } from '../../domain/spent-proof.ts'
import type { Tenant } from '../../domain/tenant.ts'
import type { DpopNonces } from '../../keys/public-key/dpop-nonce.ts'
import { createVerifyDpopProof, type DpopProof, type ProvenRequest, proofRefused } from './dpop-proof.ts'

export interface ProvePossessionDeps {
  readonly nonces: Pick<DpopNonces, 'isFresh'>
  readonly spentProofs: Pick<SpentProofStore, 'isSpent'>
  readonly now: () => Date
}

export interface Possession {
  /** RFC 7638 thumbprint of the key that the sender holds. */
  readonly jkt: string
  /** To be on disk before the answer leaves, or the proof could be used again. */
  readonly spentProof: SpentProof
}

/**
 * @throws OAuthError `invalid_dpop_proof`, or `use_dpop_nonce` when the proof is right but for its nonce.
 */
export type ProvePossession = (
  tenant: Tenant,
  rawProofs: readonly string[],
  request: ProvenRequest,
) => Promise<Possession>

export function createProvePossession({ nonces, spentProofs, now }: ProvePossessionDeps): ProvePossession {
  const verifyDpopProof = createVerifyDpopProof()
  return async function provePossession(tenant, rawProofs, request) {
    const present = now()
    const proof = verifyDpopProof(rawProofs, request, present)
    refuseStaleNonce(nonces, tenant, proof, present)
    const { jkt, jti, expiresAt } = proof
    const spent = { tenantId: tenant.id, kind: 'dpop_proof', holder: jkt, jti } as const
    // Refused early; two uses at the same time are found when the exchange is recorded.
    if (await spentProofs.isSpent(spent)) throw proofWasSpent()
    return { jkt, spentProof: { ...spent, expiresAt } }
  }
}

export function proofWasSpent(): OAuthError {
  return proofRefused('The DPoP proof was used before; make one with a new jti for each request.')
}

// A nonce that is sent must be right even where none is asked for: its sender relies on it.
function refuseStaleNonce(
  nonces: ProvePossessionDeps['nonces'],
  { id, security }: Tenant,
  { nonce }: DpopProof,
  now: Date,
): void {
  if (nonce === undefined ? !security.requiresDpopNonce : nonces.isFresh(id, nonce, now)) return
  throw new OAuthError(
    'use_dpop_nonce',
    'Make the DPoP proof anew, with the nonce of the DPoP-Nonce header of this answer.',
  )
}
