/**
 * The signing keys of each tenant: which one signs now and which ones verify. The store is asked every time,
 * so a turned or revoked key counts from the next request; only the imported form of a key, which never
 * changes under its id, is kept.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { type CryptoKey, importJWK } from 'jose'
import { OAuthError } from '../../domain/errors.ts'
import type { KeyAlgorithm } from '../../domain/resource-server.ts'
import {
  firstKeyAlgorithms,
  type KeyId,
  type PublishedJwk,
  type SigningKey,
  type SigningKeyStore,
  showBeforeUseSeconds,
  stateAt,
} from '../../domain/signing-key.ts'
import { GoneError } from '../../domain/storage.ts'
import type { TenantId } from '../../domain/tenant.ts'
import type { Write } from '../../domain/write.ts'
import { createFewAtOnce } from '../few-at-once.ts'
import { signToken, type TokenType } from '../issued-token/token-signature.ts'
import {
  type Expected,
  parseTokenHeader,
  TokenInvalidError,
  verifyToken,
} from '../issued-token/verify-token.ts'
import { createKeptKeys } from '../kept-keys.ts'
import type { Encryption, RowIdentity } from '../secret/encryption.ts'
import { certificateMembers } from './key-certificate.ts'
import { createKeyPair } from './key-pair.ts'

export interface SigningKeyRingDeps {
  readonly store: SigningKeyStore
  readonly commit: (writes: readonly Write[]) => Promise<void>
  readonly encryption: Encryption
  /** The algorithms that the runtime can sign with. */
  readonly algorithms: readonly KeyAlgorithm[]
  readonly now: () => Date
}

export interface SigningKeyRing {
  /** The algorithms that this runtime can have keys for. */
  readonly algorithms: readonly KeyAlgorithm[]
  /**
   * A *current* and a *next* key for each algorithm that a tenant begins with, to be stored with it. Nobody has
   * cached a key set without them, so the next ones may sign at any time.
   */
  createKeys(tenantId: TenantId): Promise<SigningKey[]>
  /** The same for one algorithm, which the tenant has no keys for yet: the current one signs at once, being the only one. */
  createRing(tenantId: TenantId, algorithm: KeyAlgorithm): Promise<SigningKey[]>
  createKey(tenantId: TenantId, algorithm: KeyAlgorithm, state: 'current' | 'next'): Promise<SigningKey>
  /**
   * A compact JWS (RFC 7515 §3.1) of the claims exactly as given. Its key is published until their `exp` has passed, and
   * that is on disk before the token is there.
   * @throws OAuthError `temporarily_unavailable` when it cannot be written.
   */
  sign(
    tenantId: TenantId,
    algorithm: KeyAlgorithm,
    header: { typ: TokenType },
    claims: Readonly<Record<string, unknown>>,
  ): Promise<string>
  /** What the key set publishes: the keys that sign, that will, and that did as long as a token of theirs can be valid. */
  publicKeys(tenantId: TenantId): Promise<PublishedJwk[]>
  /**
   * The claims of a token that this tenant issued for this audience and that is valid now.
   * @throws TokenInvalidError
   */
  verify(tenantId: TenantId, token: string, expected: Expected): Promise<Record<string, unknown>>
}

/** Out of the four threads that also sign with RSA keys, so that making keys does not delay tokens. */
const maxKeysMadeAtOnce = 2

export function createSigningKeyRing({
  store,
  commit,
  encryption,
  algorithms,
  now,
}: SigningKeyRingDeps): SigningKeyRing {
  const privateKeys = createKeptKeys<KeyObject>()
  const publicKeys = createKeptKeys<CryptoKey>()
  const fewAtOnce = createFewAtOnce(maxKeysMadeAtOnce)

  function privateKeyOf(key: SigningKey): KeyObject {
    const name = keptName(key)
    const pem = () => encryption.decrypt(key.encryptedPrivateKey, privateKeyIdentity(key))
    return privateKeys.get(name) ?? privateKeys.keep(name, createPrivateKey(pem()))
  }

  async function publicKeyOf(key: SigningKey): Promise<CryptoKey> {
    const name = keptName(key)
    return publicKeys.get(name) ?? publicKeys.keep(name, await importPublicKey(key))
  }

  async function createKey(
    tenantId: TenantId,
    algorithm: KeyAlgorithm,
    state: 'current' | 'next',
  ): Promise<SigningKey> {
    const createdAt = now()
    const makePair = () => fewAtOnce(() => createKeyPair(algorithm, createdAt))
    let pair = await makePair()
    // On a command line an id that begins with a dash would be taken for an option.
    while (pair.publicJwk.kid.startsWith('-')) pair = await makePair()
    const { publicJwk, privateKeyPem, certificate } = pair
    const id = publicJwk.kid as KeyId
    // Making it may have taken long, and it cannot have been shown before now.
    const shownAt = now()
    return {
      tenantId,
      id,
      algorithm,
      state,
      publicJwk,
      encryptedPrivateKey: encryption.encrypt(privateKeyPem, privateKeyIdentity({ tenantId, id })),
      certificate,
      createdAt,
      maySignFrom: state === 'current' ? createdAt : knownFrom(shownAt),
      currentSince: state === 'current' ? createdAt : undefined,
      currentUntil: undefined,
      longestTokenSeconds: 0,
      revokedAt: undefined,
    }
  }

  function createRing(tenantId: TenantId, algorithm: KeyAlgorithm): Promise<SigningKey[]> {
    return Promise.all([createKey(tenantId, algorithm, 'current'), createKey(tenantId, algorithm, 'next')])
  }

  // Rounded up to minutes, so that slightly different lifetimes do not each cost a write.
  async function keepPublished(key: SigningKey, expiresAt: unknown): Promise<void> {
    if (typeof expiresAt !== 'number') return
    const seconds = Math.ceil((expiresAt - now().getTime() / 1000) / 60) * 60
    if (seconds <= key.longestTokenSeconds) return
    try {
      await commit([store.noteTokenLife(key, seconds)])
    } catch (cause) {
      const description = 'The token could not be accounted for, so it was not issued. Try again.'
      throw new OAuthError('temporarily_unavailable', description, { cause, retryAfterSeconds: 1 })
    }
  }

  return {
    algorithms,
    async createKeys(tenantId) {
      const rings = await Promise.all(firstKeyAlgorithms.map((algorithm) => createRing(tenantId, algorithm)))
      return rings.flat().map((key) => ({ ...key, maySignFrom: key.createdAt }))
    },
    createRing,
    createKey,

    async sign(tenantId, algorithm, { typ }, claims) {
      const key = await store.findCurrent(tenantId, algorithm, now())
      // There always is one, until its tenant is removed.
      if (key === undefined) throw new GoneError(`current signing key for ${algorithm}`)
      await keepPublished(key, claims.exp)
      return signToken({ alg: algorithm, typ, kid: key.id }, claims, privateKeyOf(key))
    },

    async publicKeys(tenantId) {
      const keys = await store.listPublished(tenantId)
      return keys.filter((key) => stateAt(key, now()) !== 'ended').map(published)
    },

    async verify(tenantId, token, expected) {
      const header = parseTokenHeader(token, expected.maxLength)
      const key = await store.find(tenantId, header.kid)
      // A key that has signed nothing yet cannot have signed this, and a revoked one no longer counts.
      if (key === undefined || (key.state !== 'current' && key.state !== 'previous')) {
        throw new TokenInvalidError('The token is not signed with a key of this issuer.')
      }
      // RFC 8725 §3.1: the key says which algorithm it is used with, never the token.
      if (header.algorithm !== key.algorithm) {
        throw new TokenInvalidError('The token names an algorithm that its key does not have.')
      }
      // On a server that was moved to another runtime: it cannot tell whether the signature is right.
      if (!algorithms.includes(key.algorithm)) {
        throw new TokenInvalidError('The token is signed with an algorithm that this runtime does not have.')
      }
      return verifyToken(token, await publicKeyOf(key), key.algorithm, expected)
    },
  }
}

function privateKeyIdentity({ tenantId, id }: Pick<SigningKey, 'tenantId' | 'id'>): RowIdentity {
  return ['signing_keys', tenantId, id, 'encrypted_private_key']
}

/** Its id is the thumbprint of the key. */
function keptName({ tenantId, id }: SigningKey): string {
  return `${tenantId} ${id}`
}

/** When a key that is published since `shownAt` is in every cached key set. */
export function knownFrom(shownAt: Date): Date {
  return new Date(shownAt.getTime() + showBeforeUseSeconds * 1000)
}

// Verifiers that want a certificate want an RSA key's.
function published({ publicJwk, certificate }: SigningKey): PublishedJwk {
  if (publicJwk.kty !== 'RSA' || certificate === undefined) return publicJwk
  return { ...publicJwk, ...certificateMembers(certificate) }
}

async function importPublicKey(key: SigningKey): Promise<CryptoKey> {
  const imported = await importJWK({ ...key.publicJwk }, key.algorithm)
  if (imported instanceof Uint8Array) throw new TypeError('A public signing key cannot be a symmetric one.')
  return imported
}
