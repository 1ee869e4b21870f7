/** A signing key: a key pair that signs access tokens of one tenant with one algorithm. */
import type { Identifier } from './identifier.ts'
import type { KeyAlgorithm } from './resource-server.ts'
import type { EncryptedValue } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** RFC 7638 thumbprint (SHA-256, base64url) of the public key. */
export type KeyId = Identifier<'KeyId'>

/**
 * What was decided last: *next* is published and has no turn yet; *current* signs until another one is given its turn;
 * *previous* until the moment that was given to the other one; *revoked* is not published. A turn may lie ahead, so what
 * holds at a moment is told by `stateAt`.
 */
export type SigningKeyState = 'next' | 'current' | 'previous' | 'revoked'

/** *ended*: a previous key that has no valid token any more, and is not published either. */
export type SigningKeyStateAt = SigningKeyState | 'ended'

/** A tenant begins with keys for these; for the others, with the first resource server that asks. */
export const firstKeyAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const satisfies readonly KeyAlgorithm[]

/** Seconds that verifiers may keep the key set, and metadata along with it. */
export const keySetMaxAgeSeconds = 300
/**
 * Seconds that a key is published before it signs: as long as the key set is kept, and for the time that passes between
 * the making of a key and the first answer that shows it.
 */
export const showBeforeUseSeconds = keySetMaxAgeSeconds + 10
/** Seconds that a key is published beyond its last token: verifiers whose clocks are behind go on accepting it. */
const clockLeewaySeconds = 60

/**
 * Keys of one tenant and algorithm that verify and do not sign any more. At the limit nothing is rotated until one is
 * revoked: the key set is read by every verifier.
 */
export const maxPreviousKeys = 10
/** Days that a revoked or ended key is still listed; after that, the next rotation forgets it. */
export const endedKeyRetentionDays = 90

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
  /** Self-signed, DER in base64. Undefined for ML-DSA keys, and of keys that were made before there were certificates. */
  readonly certificate: string | undefined
  readonly createdAt: Date
  /** Whoever keeps a key set then has one with this key in it. */
  readonly maySignFrom: Date
  /** When it begins to sign. May lie ahead. */
  readonly currentSince: Date | undefined
  /** When another one begins to sign in its place. May lie ahead. */
  readonly currentUntil: Date | undefined
  /** The longest that a token it has signed was valid; 0 while it has signed none. */
  readonly longestTokenSeconds: number
  readonly revokedAt: Date | undefined
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface SigningKeyStore {
  /** The one whose turn it is then. Where a clock was set back before all turns, the first one. */
  findCurrent(tenantId: TenantId, algorithm: KeyAlgorithm, at: Date): Promise<SigningKey | undefined>
  /** Of one tenant: no kid of another's is ever found. */
  find(tenantId: TenantId, id: KeyId): Promise<SigningKey | undefined>
  /** All but the revoked, oldest first. */
  listPublished(tenantId: TenantId): Promise<SigningKey[]>
  /** The revoked too, oldest first. */
  list(tenantId: TenantId): Promise<SigningKey[]>
  /** Refused with ChangedMeanwhileError when another one is the current, or the next, of this algorithm. */
  insert(key: SigningKey): Write
  /** Refused with ChangedMeanwhileError unless its state and its turn are still what was read. */
  update(key: SigningKey, read: SigningKey): Write
  /** It has signed, or is about to sign, a token that is valid that long. */
  noteTokenLife(key: Pick<SigningKey, 'tenantId' | 'id'>, seconds: number): Write
  remove(tenantId: TenantId, id: KeyId): Write
}

/** The keys that sign, have signed or will, in the order of their turns: each signs until the next one begins. */
export function inTurns(keys: readonly SigningKey[]): SigningKey[] {
  const begin = ({ currentSince, createdAt }: SigningKey) => (currentSince ?? createdAt).getTime()
  const end = ({ currentUntil }: SigningKey) => currentUntil?.getTime() ?? Number.POSITIVE_INFINITY
  return keys
    .filter(({ state }) => state === 'current' || state === 'previous')
    .toSorted((one, other) => begin(one) - begin(other) || end(one) - end(other))
}

/** Of keys in the order of their turns, the one whose turn it is. */
export function signerAt(turns: readonly SigningKey[], at: Date): SigningKey | undefined {
  return turns.findLast(({ currentSince }) => currentSince === undefined || currentSince <= at) ?? turns[0]
}

export function stateAt(key: SigningKey, at: Date): SigningKeyStateAt {
  const { state, currentSince, currentUntil } = key
  if (state === 'revoked' || state === 'next') return state
  if (currentSince !== undefined && currentSince > at) return 'next'
  if (currentUntil === undefined || currentUntil > at) return 'current'
  const end = publishedUntil(key)
  return end !== undefined && end > at ? 'previous' : 'ended'
}

/** When its last token has ended everywhere; undefined while no end is set. */
export function publishedUntil({ currentUntil, longestTokenSeconds }: SigningKey): Date | undefined {
  if (currentUntil === undefined) return undefined
  return new Date(currentUntil.getTime() + (longestTokenSeconds + clockLeewaySeconds) * 1000)
}

const keyId = /^[A-Za-z0-9_-]{43}$/

/** Undefined when the text is no key id. */
export function parseKeyId(text: string): KeyId | undefined {
  return keyId.test(text) ? (text as KeyId) : undefined
}
