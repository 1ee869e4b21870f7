/**
 * Opaque access tokens: random text that says nothing to whoever holds it. What it means is kept encrypted under a keyed
 * hash of it, and told by introspection alone (RFC 7662).
 */
import type { IssuedToken, OpaqueToken, TokenId } from '../domain/issued-token.ts'
import type { TenantId } from '../domain/tenant.ts'
import { createSecretText, hasValidChecksum, type SecretHashing } from '../keys/secret/client-secret.ts'
import type { Encryption, RowIdentity } from '../keys/secret/encryption.ts'
import { revealSecret, SecretText } from '../keys/secret/secret-text.ts'

export type TokenClaims = Readonly<Record<string, unknown>>

export interface OpaqueTokens {
  issue(
    token: { tenantId: TenantId; jti: TokenId },
    claims: TokenClaims,
  ): { text: string; opaque: OpaqueToken }
  /** What a presented text is looked up by; undefined unless it has the form of one of our tokens. */
  hashOf(text: string): Uint8Array | undefined
  /** Undefined for a token that is not opaque. */
  claimsOf(token: IssuedToken): TokenClaims | undefined
}

export interface OpaqueTokensDeps {
  readonly hashing: Pick<SecretHashing, 'hash'>
  readonly encryption: Pick<Encryption, 'encrypt' | 'decrypt'>
}

const prefix = 'tsk_at_'

export function createOpaqueTokens({ hashing, encryption }: OpaqueTokensDeps): OpaqueTokens {
  return {
    issue(token, claims) {
      const secret = createSecretText('at')
      const encryptedClaims = encryption.encrypt(JSON.stringify(claims), rowIdentity(token))
      return { text: revealSecret(secret), opaque: { hash: hashing.hash(secret), encryptedClaims } }
    },
    hashOf: (text) =>
      text.startsWith(prefix) && hasValidChecksum(text) ? hashing.hash(new SecretText(text)) : undefined,
    claimsOf({ opaque, ...token }) {
      if (opaque === undefined) return undefined
      return parseClaims(encryption.decrypt(opaque.encryptedClaims, rowIdentity(token)))
    },
  }
}

function parseClaims(json: string): TokenClaims {
  const claims: unknown = JSON.parse(json)
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new TypeError('The claims of an opaque token are not an object.')
  }
  return { ...claims }
}

function rowIdentity({ tenantId, jti }: { tenantId: TenantId; jti: TokenId }): RowIdentity {
  return ['issued_tokens', tenantId, jti, 'encrypted_claims']
}
