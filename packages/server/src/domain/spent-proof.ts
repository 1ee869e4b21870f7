/**
 * What proved something once and may not do so again: a client assertion (RFC 7523 §3), a token of a trusted issuer,
 * or a DPoP proof (RFC 9449 §11.1).
 * Its `jti` is kept until no clock could take it for valid again, so that whoever sees one on its way cannot use it a
 * second time.
 */
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

export const proofKinds = ['client_assertion', 'federated_token', 'dpop_proof'] as const
export type ProofKind = (typeof proofKinds)[number]

export interface SpentProof {
  readonly tenantId: TenantId
  readonly kind: ProofKind
  /**
   * Whose `jti` it is: of an assertion the client's id, of a token of another issuer that issuer, of a DPoP proof the
   * thumbprint of its key.
   */
  readonly holder: string
  readonly jti: string
  /** From then on it would be refused for its age. */
  readonly expiresAt: Date
}

/** What storage calls it when one is spent a second time. */
export const spentProofNouns = {
  client_assertion: 'client assertion',
  federated_token: 'federated token',
  dpop_proof: 'DPoP proof',
} satisfies Record<ProofKind, string>

export interface SpentProofStore {
  isSpent(proof: Omit<SpentProof, 'expiresAt'>): Promise<boolean>
  /** Refused with AlreadyExistsError when its holder spent this `jti` of this kind before. */
  insert(proof: SpentProof): Write
  /** When the first of all expires; undefined when there is none. */
  oldestAt(): Promise<Date | undefined>
  /** Removes up to `limit` that expired before, in all tenants. */
  removeBefore(at: Date, limit: number): Write
}

/** Days that a spent `jti` outlives its proof: a clock that is set back does not make it good again. */
export const spentProofRetentionDays = 1
