/** A signing key: a key pair that signs access tokens of one tenant with one algorithm. */
import type { Identifier } from './identifier.ts'
import type { SigningAlgorithm } from './resource-server.ts'
import type { EncryptedValue } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** RFC 7638 thumbprint (SHA-256, base64url) of the public key. */
export type KeyId = Identifier<'KeyId'>

/** *next* is published and does not sign yet; *current* signs; *previous* verifies; *revoked* is not published. */
export type SigningKeyState = 'next' | 'current' | 'previous' | 'revoked'

/** Public members only (RFC 7517): `kty`, the key's parameters, `kid`, `use: "sig"`, `alg`. */
export interface PublicJwk {
  readonly kty: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: SigningAlgorithm
  readonly n?: string
  readonly e?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
}

export interface SigningKey {
  readonly tenantId: TenantId
  readonly id: KeyId
  readonly algorithm: SigningAlgorithm
  readonly state: SigningKeyState
  readonly publicJwk: PublicJwk
  /** PKCS #8, encrypted. */
  readonly encryptedPrivateKey: EncryptedValue
  readonly createdAt: Date
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface SigningKeyStore {
  findCurrent(tenantId: TenantId, algorithm: SigningAlgorithm): Promise<SigningKey | undefined>
  /** Of one tenant: no kid of another's is ever found. */
  find(tenantId: TenantId, id: KeyId): Promise<SigningKey | undefined>
  /** All but the revoked, oldest first. */
  listPublished(tenantId: TenantId): Promise<SigningKey[]>
  insert(key: SigningKey): Write
  update(key: SigningKey): Write
}
