/**
 * The encryption of a signed token for the API it is meant for: a nested JWT (RFC 7519 §5.2, RFC 7516). Only the API
 * can open it; this server cannot.
 */
import { createPublicKey } from 'node:crypto'
import { CompactEncrypt, type CryptoKey, decodeProtectedHeader, importSPKI } from 'jose'
import type { EncryptionAlgorithm, TokenEncryption } from '../../domain/token-encryption.ts'
import { ClientKeyError, parsePublicKeyPem } from '../public-key/client-public-key.ts'
import type { TokenType } from './token-signature.ts'

export type EncryptToken = (jws: string, typ: TokenType, encryption: TokenEncryption) => Promise<string>

export function createEncryptToken(): EncryptToken {
  // Importing a key takes as long as using it. An entry lives as long as the stored API that it was read from.
  const imported = new WeakMap<TokenEncryption, Promise<CryptoKey>>()

  function keyOf(encryption: TokenEncryption): Promise<CryptoKey> {
    const known = imported.get(encryption)
    if (known) return known
    const key = importSPKI(encryption.publicKeyPem, encryption.algorithm)
    imported.set(encryption, key)
    return key
  }

  return async function encryptToken(jws, typ, encryption) {
    const { algorithm, kid } = encryption
    return (
      new CompactEncrypt(new TextEncoder().encode(jws))
        // RFC 7519 §5.2: `cty` says that there is a JWT inside. RFC 8725 §3.11: its type may stand outside as well.
        .setProtectedHeader({
          alg: algorithm,
          enc: 'A256GCM',
          typ,
          cty: 'JWT',
          ...(kid !== undefined && { kid }),
        })
        .encrypt(await keyOf(encryption))
    )
  }
}

/** RFC 7516 §3.1 and §4.1.2: five parts, and a header that says how the content is encrypted. */
export function isEncryptedToken(token: string): boolean {
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4}$/.test(token)) return false
  try {
    return typeof decodeProtectedHeader(token).enc === 'string'
  } catch {
    return false
  }
}

const kindFor = {
  'RSA-OAEP-256': 'RSA',
  'RSA-OAEP-384': 'RSA',
  'RSA-OAEP-512': 'RSA',
  'ECDH-ES+A256KW': 'EC',
} as const satisfies Record<EncryptionAlgorithm, string>
const kindInWords = { RSA: 'an RSA key', EC: 'an EC key on the curve P-256' } as const

/**
 * The key that an API's tokens are to be encrypted with, as it is kept.
 * @throws ClientKeyError unless it is a public key, strong enough, and of the kind that the algorithm takes.
 */
export function parseEncryptionKey(pem: string, algorithm: EncryptionAlgorithm): string {
  const { jwk } = parsePublicKeyPem(pem)
  const kind = kindFor[algorithm]
  if (jwk.kty !== kind) throw new ClientKeyError(`The algorithm ${algorithm} takes ${kindInWords[kind]}.`)
  return String(createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'pem' }))
}
