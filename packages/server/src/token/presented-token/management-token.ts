/** A token of the management API, read back: who its bearer is and what it may do. */

import { type Confirmation, confirmationFrom } from '../../domain/confirmation.ts'
import { parseTokenId, type TokenId } from '../../domain/issued-token.ts'
import type { TenantId } from '../../domain/tenant.ts'
import { type TokenFault, TokenInvalidError } from '../../keys/issued-token/verify-token.ts'
import type { SigningKeyRing } from '../../keys/signing-key/signing-key-ring.ts'

export interface ManagementTokenClaims {
  readonly clientId: string
  /** Separated by spaces (RFC 6749 §3.3). */
  readonly scope: string
  readonly jti: TokenId | undefined
  readonly issuedAtSeconds: number
  readonly expiresAt: Date
  /** What the token is bound to; undefined: a bearer token. */
  readonly confirmation: Confirmation | undefined
}

/** The claims, or a fault unless the token is this tenant's, for this audience, and valid now. */
export type VerifyManagementToken = (
  tenantId: TenantId,
  token: string,
  expected: { issuer: string; audience: string },
) => Promise<ManagementTokenClaims | TokenFault>

export function createVerifyManagementToken(
  ring: Pick<SigningKeyRing, 'verify'>,
  now: () => Date,
): VerifyManagementToken {
  return async function verifyManagementToken(tenantId, token, expected) {
    try {
      const claims = await ring.verify(tenantId, token, { ...expected, now: now() })
      const clientId = claims.client_id ?? claims.azp
      if (typeof clientId !== 'string' || typeof claims.exp !== 'number') return invalid
      if (typeof claims.iat !== 'number') return invalid
      const scope = typeof claims.scope === 'string' ? claims.scope : ''
      const confirmation = claims.cnf === undefined ? undefined : confirmationFrom(claims.cnf)
      // Bound to what nobody here can check, it must not count as if it were not bound.
      if (claims.cnf !== undefined && !confirmation) return invalid
      return {
        clientId,
        scope,
        jti: typeof claims.jti === 'string' ? parseTokenId(claims.jti) : undefined,
        issuedAtSeconds: claims.iat,
        expiresAt: new Date(claims.exp * 1000),
        confirmation,
      }
    } catch (error) {
      if (error instanceof TokenInvalidError) return error.fault
      throw error
    }
  }
}

const invalid: TokenFault = { kind: 'invalid' }
