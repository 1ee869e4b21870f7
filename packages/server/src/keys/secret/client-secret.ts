/**
 * Secrets that we make and that their bearer presents: client secrets, webtask tokens, opaque access tokens. They carry 256
 * random bits, so a fast keyed hash is enough to keep them: a slow hash protects passwords people think of,
 * and would only make the token endpoint cheap to exhaust.
 */
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { base62, randomBase62 } from './random-id.ts'
import { revealSecret, SecretText } from './secret-text.ts'
import { deriveSubkey, type MasterKey } from './subkey.ts'

/** `api`: the secret that an API whose tokens are signed with HS256 shares with us. `at`: an opaque access token. */
export type SecretKind = 'client' | 'webtask' | 'api' | 'stream' | 'at'

export interface SecretHashing {
  /** HMAC-SHA-256, 32 bytes. */
  hash(secret: SecretText): Uint8Array
  /**
   * The place of the hash that the presented text hashes to; undefined when there is none. Its time tells neither
   * which one it was nor how many there were, so that an unknown client costs as much as a wrong secret.
   */
  placeOf(presented: SecretText, hashes: readonly Uint8Array[]): number | undefined
}

/** UTF-16 units. No secret of ours is longer; a longer text is refused after the same work as any other. */
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

/** Whether a text can be one of our secrets, copied without a mistake: any single changed character is noticed. */
export function hasValidChecksum(text: string): boolean {
  if (!secretFormat.test(text)) return false
  const body = text.slice(0, -checksumLength)
  return text.slice(-checksumLength) === checksum(body)
}

export function createSecretHashing(masterKey: MasterKey): SecretHashing {
  const key = createSecretKey(deriveSubkey(masterKey, 'client-secret-hash'))
  // Fill up a shorter list. They are random, so no text hashes to them.
  const dummies = [randomBytes(32), randomBytes(32)]

  function hashText(text: string): Buffer {
    return createHmac('sha256', key).update(text).digest()
  }

  function placeOf(presented: SecretText, hashes: readonly Uint8Array[]): number | undefined {
    const text = revealSecret(presented)
    const presentedHash = hashText(text.slice(0, maxPresentedLength))
    let place: number | undefined
    for (const [at, hash] of [...hashes, ...dummies.slice(hashes.length)].entries()) {
      const isEqual = hash.length === presentedHash.length && timingSafeEqual(hash, presentedHash)
      if (isEqual) place = at
    }
    return text.length <= maxPresentedLength ? place : undefined
  }

  return {
    hash: (secret) => new Uint8Array(hashText(revealSecret(secret))),
    placeOf,
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

/** JSON in base64url, and two parts or more: begun where no letter stands before, so that no text is read twice. */
const signedToken = /(?<![\w-])eyJ[\w-]{5,}(?:\.[\w-]*){2,4}/g

/** Replaces what looks like a secret of ours, or like anybody's JWT, wherever in a text it was put by mistake. */
export function maskOwnSecrets(text: string): string {
  const masked = text.includes('tsk_') ? text.replace(ownSecret, '[secret]') : text
  return masked.includes('eyJ') ? masked.replace(signedToken, '[secret]') : masked
}
