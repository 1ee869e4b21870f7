/** A token of the management API, read back: who its bearer is and what it may do. */

import type { TenantId } from '../domain/tenant.ts'
import type { SigningKeyRing } from '../keys/signing-key-ring.ts'
import { type TokenFault, TokenInvalidError } from '../keys/verify-token.ts'

export interface ManagementTokenClaims {
  readonly clientId: string
  /** Separated by blanks (RFC 6749 §3.3). */
  readonly scope: string
  readonly expiresAt: Date
  /** RFC 8705 §3.1: of the certificate that the token is bound to. */
  readonly x5tS256: string | undefined
}

export type VerifyManagementToken = (
  tenantId: TenantId,
  token: string,
  expected: { issuer: string; audience: string },
) => Promise<ManagementTokenClaims | TokenFault>

/** The claims, or a fault unless the token is this tenant's, for this audience, and valid now. */
export function createVerifyManagementToken(
  ring: Pick<SigningKeyRing, 'verify'>,
  now: () => Date,
): VerifyManagementToken {
  return async function verifyManagementToken(tenantId, token, expected) {
    try {
      const claims = await ring.verify(tenantId, token, { ...expected, now: now() })
      const clientId = claims.client_id ?? claims.azp
      if (typeof clientId !== 'string' || typeof claims.exp !== 'number') return invalid
      const scope = typeof claims.scope === 'string' ? claims.scope : ''
      const bound: unknown = Object(claims.cnf)['x5t#S256']
      const x5tS256 = bound === undefined ? undefined : String(bound)
      return { clientId, scope, expiresAt: new Date(claims.exp * 1000), x5tS256 }
    } catch (error) {
      if (error instanceof TokenInvalidError) return error.fault
      throw error
    }
  }
}

const invalid: TokenFault = { kind: 'invalid' }
