import { createSecretKey, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { EncryptedValue } from '../../domain/rule.ts'
import { maxKeptKeys } from '../kept-keys.ts'
import { createEncryption, DecryptionError, type RowIdentity } from './encryption.ts'
import { revealSecret, SecretText } from './secret-text.ts'

const masterKey = createSecretKey(randomBytes(32))
const encryption = createEncryption(masterKey)
const identity: RowIdentity = ['rule_versions', 'ten_a', 'ver_1', 'secrets', 'KEY']

const otherRows: [string, RowIdentity][] = [
  ['another table', ['signing_keys', 'ten_a', 'ver_1', 'secrets', 'KEY']],
  ['another tenant', ['rule_versions', 'ten_b', 'ver_1', 'secrets', 'KEY']],
  ['another row', ['rule_versions', 'ten_a', 'ver_2', 'secrets', 'KEY']],
  ['another field', ['rule_versions', 'ten_a', 'ver_1', 'secrets', 'key']],
  ['a row whose names join to the same text', ['rule_versions', 'ten_a', 'ver_1', 'secretsKEY']],
  ['a row whose names are split elsewhere', ['rule_versions', 'ten_a', 'ver_1', 'secrets,"KEY']],
]

for (const [where, other] of otherRows) {
  test(`a value copied to ${where} does not open`, () => {
    const value = encryption.encrypt('shhhh', identity)
    expect(() => encryption.decrypt(value, other)).toThrow(DecryptionError)
  })
}

test('a value does not open under another master key', () => {
  const value = encryption.encrypt('shhhh', identity)
  const other = createEncryption(createSecretKey(randomBytes(32)))
  expect(() => other.decrypt(value, identity)).toThrow('another master key')
})

test('a value with any one altered byte does not open', () => {
  const value = encryption.encrypt('shhhh', identity)
  const start = value.lastIndexOf('.') + 1
  const sealed = Buffer.from(value.slice(start), 'base64url')
  for (let at = 0; at < sealed.length; at++) {
    const altered = Buffer.from(sealed)
    altered[at] = (altered[at] ?? 0) ^ 1
    const text = value.slice(0, start) + altered.toString('base64url')
    expect(() => encryption.decrypt(text as EncryptedValue, identity)).toThrow(DecryptionError)
  }
})

test('a value that is cut short or of an unknown format does not open', () => {
  const value = encryption.encrypt('shhhh', identity)
  const start = value.lastIndexOf('.') + 1
  for (const text of ['', 'e1', value.slice(0, start), value.slice(0, start + 20), `e2${value.slice(2)}`]) {
    expect(() => encryption.decrypt(text as EncryptedValue, identity)).toThrow(DecryptionError)
  }
})

test('what does not open shows neither plaintext nor ciphertext', () => {
  const value = encryption.encrypt('shhhh', identity)
  try {
    encryption.decrypt(value, ['rule_versions', 'ten_b'])
    expect.unreachable()
  } catch (error) {
    const shown = inspect(error, { depth: null, showHidden: true })
    expect(shown).not.toContain('shhhh')
    expect(shown).not.toContain(value.slice(-20))
  }
})

test('the same text encrypted twice looks different and opens both times', () => {
  const [first, second] = [encryption.encrypt('shhhh', identity), encryption.encrypt('shhhh', identity)]
  expect(first).not.toBe(second)
  expect(encryption.decrypt(first, identity)).toBe('shhhh')
  expect(encryption.decrypt(second, identity)).toBe('shhhh')
})

test('texts of every size and alphabet open as they were, also with a new instance of the same key', () => {
  const again = createEncryption(masterKey)
  for (const text of ['', 'a', 'zwölf Boxkämpfer 🥊', 'x'.repeat(100_000)]) {
    expect(again.decrypt(encryption.encrypt(text, identity), identity)).toBe(text)
  }
})

test('a secret stays a secret on its way in and out', () => {
  const opened = encryption.decryptSecret(
    encryption.encryptSecret(new SecretText('shhhh'), identity),
    identity,
  )
  expect(String(opened)).toBe('[secret]')
  expect(revealSecret(opened)).toBe('shhhh')
})

test('values still open when more tenants were seen than keys are kept', () => {
  const value = encryption.encrypt('shhhh', identity)
  for (let tenant = 0; tenant <= maxKeptKeys; tenant++) encryption.encrypt('', ['t', `ten_${tenant}`])
  expect(encryption.decrypt(value, identity)).toBe('shhhh')
})
