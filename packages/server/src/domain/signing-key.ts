/** A signing key: a key pair that signs access tokens of one tenant with one algorithm. */
import type { Identifier } from './identifier.ts'
import type { KeyAlgorithm } from './resource-server.ts'
import type { EncryptedValue } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** RFC 7638 thumbprint (SHA-256, base64url) of the public key. */
export type KeyId = Identifier<'KeyId'>

/** *next* is published and does not sign yet; *current* signs; *previous* verifies; *revoked* is not published. */
export type SigningKeyState = 'next' | 'current' | 'previous' | 'revoked'

/** A tenant begins with keys for these; for the others, with the first resource server that asks. */
export const firstKeyAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const satisfies readonly KeyAlgorithm[]

/** Seconds that verifiers may keep the key set, and metadata along with it. */
export const keySetMaxAgeSeconds = 300

/**
 * Keys of one tenant and algorithm that verify and do not sign any more. At the limit nothing is rotated until one is
 * revoked: the key set is read by every verifier.
 */
export const maxPreviousKeys = 10
/** Days that a revoked key is still listed; after that, the next rotation forgets it. */
export const revokedKeyRetentionDays = 90

/** Public members only (RFC 7517): `kty`, the key's parameters, `kid`, `use: "sig"`, `alg`. */
export interface PublicJwk {
  readonly kty: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: KeyAlgorithm
  readonly n?: string
  readonly e?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  /** Of ML-DSA (RFC 9964 §3). */
  readonly pub?: string
}

/** As the key set tells it: with its certificate (RFC 7517 §4.7, §4.8) where there is use for one. */
export interface PublishedJwk extends PublicJwk {
  readonly x5c?: string[]
  readonly x5t?: string
}

export interface SigningKey {
  readonly tenantId: TenantId
  readonly id: KeyId
  readonly algorithm: KeyAlgorithm
  readonly state: SigningKeyState
  readonly publicJwk: PublicJwk
  /** PKCS #8, encrypted. */
  readonly encryptedPrivateKey: EncryptedValue
  /** Self-signed, DER in base64. Undefined of ML-DSA keys, and of keys that were made before there were certificates. */
  readonly certificate: string | undefined
  readonly createdAt: Date
  /** When it began to sign. */
  readonly currentSince: Date | undefined
  /** When another one began to sign in its place. */
  readonly currentUntil: Date | undefined
  readonly revokedAt: Date | undefined
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface SigningKeyStore {
  findCurrent(tenantId: TenantId, algorithm: KeyAlgorithm): Promise<SigningKey | undefined>
  /** Of one tenant: no kid of another's is ever found. */
  find(tenantId: TenantId, id: KeyId): Promise<SigningKey | undefined>
  /** All but the revoked, oldest first. */
  listPublished(tenantId: TenantId): Promise<SigningKey[]>
  /** The revoked too, oldest first. */
  list(tenantId: TenantId): Promise<SigningKey[]>
  /** Refused with ChangedMeanwhileError when another one is the current, or the next, of this algorithm. */
  insert(key: SigningKey): Write
  /** Refused with ChangedMeanwhileError unless its state is still what was read. */
  update(key: SigningKey, read: SigningKey): Write
  remove(tenantId: TenantId, id: KeyId): Write
}

const keyId = /^[A-Za-z0-9_-]{43}$/

/** Undefined when the text is no key id. */
export function parseKeyId(text: string): KeyId | undefined {
  return keyId.test(text) ? (text as KeyId) : undefined
}
