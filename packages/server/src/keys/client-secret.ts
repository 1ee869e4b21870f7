/**
 * Secrets that we make and that their bearer presents: client secrets and webtask tokens. They carry 256
 * random bits, so a fast keyed hash is enough to keep them: a slow hash protects passwords people think of,
 * and would only make the token endpoint cheap to exhaust.
 */
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { base62, randomBase62 } from './random-id.ts'
import { revealSecret, SecretText } from './secret-text.ts'
import { deriveSubkey, type MasterKey } from './subkey.ts'

/** `api`: the secret that an API whose tokens are signed with HS256 shares with us. */
export type SecretKind = 'client' | 'webtask' | 'api' | 'stream'

export interface SecretHashing {
  /** HMAC-SHA-256, 32 bytes. */
  hash(secret: SecretText): Uint8Array
  /**
   * True when the presented text is the secret of one of the hashes. The time it takes tells neither which
   * one nor whether there were any, so that an unknown client costs what a wrong secret costs.
   */
  matches(presented: SecretText, hashes: readonly Uint8Array[]): boolean
}

/** UTF-16 units. Longer texts are no secrets of ours; they are refused after the same work as the others. */
export const maxPresentedLength = 1024

/** 43 characters of 62 hold 256.03 bits. */
const randomLength = 43
/** 62^6 is more than 2^32. */
const checksumLength = 6
const secretFormat = /^tsk_[a-z]+_[0-9A-Za-z]{49}$/

/** `tsk_<kind>_`, 43 random characters, 6 of checksum: what secret scanners can find without asking us. */
export function createSecretText(kind: SecretKind): SecretText {
  const body = `tsk_${kind}_${randomBase62(randomLength)}`
  return new SecretText(body + checksum(body))
}

/** Says offline whether a text is a well-copied secret: any one changed character is noticed. */
export function hasValidChecksum(text: string): boolean {
  if (!secretFormat.test(text)) return false
  const body = text.slice(0, -checksumLength)
  return text.slice(-checksumLength) === checksum(body)
}

export function createSecretHashing(masterKey: MasterKey): SecretHashing {
  const key = createSecretKey(deriveSubkey(masterKey, 'client-secret-hash'))
  // What an empty list is compared with: random, so no text hashes to it.
  const dummies = [randomBytes(32)]

  function hashText(text: string): Buffer {
    return createHmac('sha256', key).update(text).digest()
  }

  return {
    hash: (secret) => new Uint8Array(hashText(revealSecret(secret))),
    matches(presented, hashes) {
      const text = revealSecret(presented)
      const presentedHash = hashText(text.slice(0, maxPresentedLength))
      let found = false
      for (const hash of hashes.length === 0 ? dummies : hashes) {
        found = (hash.length === presentedHash.length && timingSafeEqual(hash, presentedHash)) || found
      }
      return found && text.length <= maxPresentedLength
    },
  }
}

function checksum(body: string): string {
  let rest = crc32(body)
  let text = ''
  while (text.length < checksumLength) {
    text = base62.charAt(rest % 62) + text
    rest = Math.floor(rest / 62)
  }
  return text
}

const ownSecret = /tsk_[a-z]+_[0-9A-Za-z]{20,}/g

/** Replaces what looks like a secret of ours, wherever in a text it was put by mistake. */
export function maskOwnSecrets(text: string): string {
  return text.includes('tsk_') ? text.replace(ownSecret, '[secret]') : text
}
