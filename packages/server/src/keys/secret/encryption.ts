/**
 * Encryption of what must be read back: rule secrets, private signing keys, exchange records. AES-256-GCM, with the
 * row's identity both as associated data and in the key, so that a value copied to another row, field or tenant
 * cannot be decrypted. The prefix names the version and the master key, so that either can change later.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { EncryptedValue } from '../../domain/rule.ts'
import { createKeptKeys } from '../kept-keys.ts'
import { drawRandomBytes } from './random-bytes.ts'
import { revealSecret, SecretText } from './secret-text.ts'
import { deriveSubkey, type MasterKey } from './subkey.ts'

/** Where a value lies: its table, its tenant, then the key columns and the field. */
export type RowIdentity = readonly [table: string, tenantId: string, ...rest: string[]]

/** The value was not encrypted for this row under this master key, or is damaged. Says nothing of its content. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError'
}

export interface Encryption {
  encrypt(plaintext: string, identity: RowIdentity): EncryptedValue
  /** @throws DecryptionError */
  decrypt(value: EncryptedValue, identity: RowIdentity): string
  encryptSecret(secret: SecretText, identity: RowIdentity): EncryptedValue
  /** @throws DecryptionError */
  decryptSecret(value: EncryptedValue, identity: RowIdentity): SecretText
}

const version = 'e1'
const nonceBytes = 12
const tagBytes = 16

export function createEncryption(masterKey: MasterKey): Encryption {
  const keyId = deriveSubkey(masterKey, 'encryption-key-id').subarray(0, 6).toString('base64url')
  const prefix = `${version}.${keyId}.`
  const tenantKey = createTenantKeys(masterKey)

  function encrypt(plaintext: string, identity: RowIdentity): EncryptedValue {
    const associated = encodeIdentity(identity)
    const nonce = drawRandomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', rowKey(tenantKey(identity[1]), associated), nonce)
    cipher.setAAD(associated)
    const sealed = Buffer.concat([
      nonce,
      cipher.update(plaintext, 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ])
    return (prefix + sealed.toString('base64url')) as EncryptedValue
  }

  function decrypt(value: EncryptedValue, identity: RowIdentity): string {
    const sealed = unwrap(value, prefix)
    const associated = encodeIdentity(identity)
    const nonce = sealed.subarray(0, nonceBytes)
    const key = rowKey(tenantKey(identity[1]), associated)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    decipher.setAAD(associated)
    decipher.setAuthTag(sealed.subarray(-tagBytes))
    const opened = decipher.update(sealed.subarray(nonceBytes, -tagBytes))
    try {
      return Buffer.concat([opened, decipher.final()]).toString('utf8')
    } catch (cause) {
      throw new DecryptionError(`An encrypted value of table ${identity[0]} does not belong to its row.`, {
        cause,
      })
    }
  }

  return {
    encrypt,
    decrypt,
    encryptSecret: (secret, identity) => encrypt(revealSecret(secret), identity),
    decryptSecret: (value, identity) => new SecretText(decrypt(value, identity)),
  }
}

function unwrap(value: EncryptedValue, prefix: string): Buffer {
  if (!value.startsWith(prefix)) {
    throw new DecryptionError('An encrypted value was written under another master key or format.')
  }
  const sealed = Buffer.from(value.slice(prefix.length), 'base64url')
  if (sealed.length < nonceBytes + tagBytes) throw new DecryptionError('An encrypted value is cut short.')
  return sealed
}

/** As a JSON array of strings no two identities look the same. */
function encodeIdentity(identity: RowIdentity): Buffer {
  return Buffer.from(JSON.stringify(identity), 'utf8')
}

/**
 * A key for each row: random nonces are safe for 2^32 values of one key (NIST SP 800-38D §8.3), which a busy
 * tenant's exchange records would pass within weeks.
 */
function rowKey(tenantKey: KeyObject, encodedIdentity: Buffer): KeyObject {
  // Key objects throughout: passing a key as bytes costs five times as much as using it.
  return createSecretKey(createHmac('sha256', tenantKey).update(encodedIdentity).digest())
}

function createTenantKeys(masterKey: MasterKey): (tenantId: string) => KeyObject {
  const kept = createKeptKeys<KeyObject>()
  return (tenantId) =>
    kept.get(tenantId) ??
    kept.keep(tenantId, createSecretKey(deriveSubkey(masterKey, 'encryption', tenantId)))
}
