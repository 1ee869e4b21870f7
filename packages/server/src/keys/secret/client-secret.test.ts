import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  createSecretHashing,
  createSecretText,
  hasValidChecksum,
  maskOwnSecrets,
  maxPresentedLength,
} from './client-secret.ts'
import { revealSecret, SecretText } from './secret-text.ts'

const masterKey = createSecretKey(randomBytes(32))
const hashing = createSecretHashing(masterKey)

test('a secret does not match another secret, no secret at all, or itself with a character more', () => {
  const secret = createSecretText('client')
  const hash = hashing.hash(secret)
  expect(hashing.placeOf(createSecretText('client'), [hash])).toBeUndefined()
  expect(hashing.placeOf(secret, [])).toBeUndefined()
  expect(hashing.placeOf(new SecretText(''), [hash])).toBeUndefined()
  expect(hashing.placeOf(new SecretText(`${revealSecret(secret)} `), [hash])).toBeUndefined()
})

test('a hash made under another master key matches nothing', () => {
  const secret = createSecretText('client')
  const other = createSecretHashing(createSecretKey(randomBytes(32)))
  expect(hashing.placeOf(secret, [other.hash(secret)])).toBeUndefined()
})

test('a hash of another length is no match and no error', () => {
  expect(hashing.placeOf(createSecretText('client'), [new Uint8Array(31), new Uint8Array(0)])).toBeUndefined()
})

test('a text longer than the limit is refused even when its beginning is the secret', () => {
  const longest = new SecretText('x'.repeat(maxPresentedLength))
  const tooLong = new SecretText('x'.repeat(maxPresentedLength + 1))
  const hashes = [hashing.hash(longest)]
  expect(hashing.placeOf(longest, hashes)).toBeDefined()
  expect(hashing.placeOf(tooLong, hashes)).toBeUndefined()
})

test('any one of several hashes is enough', () => {
  const secrets = [createSecretText('client'), createSecretText('client'), createSecretText('client')]
  const hashes = secrets.map(hashing.hash)
  for (const secret of secrets) expect(hashing.placeOf(secret, hashes)).toBeDefined()
})

test('a JWT is masked wherever it stands, signed or encrypted, and nothing else that has dots', () => {
  const jwt = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.eyJpc3MiOiJ4In0.c2lnbmF0dXJl`
  expect(maskOwnSecrets(`a ${jwt}, "${jwt}" and /${jwt}`)).toBe('a [secret], "[secret]" and /[secret]')
  expect(maskOwnSecrets(`${jwt}.a.b`)).toBe('[secret]')
  for (const text of [
    'https://api.example.com/',
    'eyJ.a.b',
    'eyJhbGciOi.api',
    '1.2.3',
    `x${jwt}`.slice(0, 12),
  ]) {
    expect(maskOwnSecrets(text)).toBe(text)
  }
})

test('a long text takes no longer for what could be the beginning of many JWTs', () => {
  const text = 'eyJ'.repeat(100_000)
  const before = process.cpuUsage()
  expect(maskOwnSecrets(text)).toBe(text)
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000)
})

test('the checksum notices any one changed character, also within the checksum', () => {
  const text = revealSecret(createSecretText('client'))
  const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_'
  expect(hasValidChecksum(text)).toBe(true)
  for (let at = 0; at < text.length; at++) {
    for (const letter of letters) {
      if (letter === text[at]) continue
      expect(hasValidChecksum(text.slice(0, at) + letter + text.slice(at + 1))).toBe(false)
    }
  }
})

test('the checksum refuses what is cut, lengthened or of another format', () => {
  const text = revealSecret(createSecretText('webtask'))
  for (const other of [text.slice(1), text.slice(0, -1), `${text}0`, text.toUpperCase(), '', 'tsk_']) {
    expect(hasValidChecksum(other)).toBe(false)
  }
})

test('secrets name their kind, hold 43 random characters and never repeat', () => {
  const texts = Array.from({ length: 1000 }, () => revealSecret(createSecretText('webtask')))
  expect(new Set(texts).size).toBe(1000)
  for (const text of texts) expect(text).toMatch(/^tsk_webtask_[0-9A-Za-z]{49}$/)
  const used = new Set(texts.flatMap((text) => [...text.slice('tsk_webtask_'.length, -6)]))
  expect(used.size).toBe(62)
})
