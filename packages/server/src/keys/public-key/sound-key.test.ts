import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { parsePublicKeyJwk } from './client-public-key.ts'
import { parseIssuerKey } from './issuer-key.ts'
import { whyUnsound } from './sound-key.ts'

const unsigned = (n: bigint) => {
  const digits = n.toString(16)
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url')
}
const rsa = (modulus: bigint) => ({ kty: 'RSA', n: unsigned(modulus), e: 'AQAB' })

/** One of Mersenne's. Times the other number, which has no small factor either, it makes a modulus of 2,048 bits. */
const primeOf1279Bits = 2n ** 1279n - 1n
/** Both prime. */
const [lower, higher] = [2n ** 1024n - 105n, 2n ** 1024n + 643n] as const

const unsound: [what: string, modulus: bigint, words: string][] = [
  ['even', 2n * primeOf1279Bits * (2n ** 768n + 1n), 'is even'],
  ['divisible by three', 2n ** 2047n + 1n, 'a small factor'],
  ['divisible by 751', 751n * primeOf1279Bits * (2n ** 768n + 1n), 'a small factor'],
  // A power of 65537 leaves a power of it behind for every prime.
  ['as the library of CVE-2017-15361 made them', 65_537n ** 128n, 'CVE-2017-15361'],
  ['the product of two primes beside each other', lower * higher, 'too close together'],
  ['a square', higher * higher, 'too close together'],
]
test.each(unsound)('an RSA key whose modulus is %s is nobody’s', (_what, modulus, words) => {
  expect(() => parsePublicKeyJwk(rsa(modulus))).toThrow(words)
  expect(() => parseIssuerKey(rsa(modulus))).toThrow(words)
})

const littleEndian = (y: bigint) =>
  Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse().toString('base64url')
const ed25519 = (y: bigint) => ({ kty: 'OKP', crv: 'Ed25519', x: littleEndian(y) })
const p = 2n ** 255n - 19n

// RFC 8032 §5.1.3: two is the y of no point; three is, and a third spelling of it would be another key of the same owner.
test('an Ed25519 key that is no point of its curve, or one in another spelling, is nobody’s', () => {
  for (const y of [2n, 2n + 2n ** 255n, 3n + p]) {
    expect(() => parsePublicKeyJwk(ed25519(y))).toThrow('no point of its curve')
    expect(() => parseIssuerKey(ed25519(y))).toThrow('no point of its curve')
  }
  for (const y of [3n, 3n + 2n ** 255n]) expect(parsePublicKeyJwk(ed25519(y)).algorithms).toEqual(['EdDSA'])
})

test('keys as they are made are sound', () => {
  expect(parseIssuerKey(rsa(primeOf1279Bits * (2n ** 768n + 1n))).algorithms).toHaveLength(6)
  const made = [2048, 3072].map((modulusLength) => generateKeyPairSync('rsa', { modulusLength }).publicKey)
  const points = Array.from({ length: 50 }, () => generateKeyPairSync('ed25519').publicKey)
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  for (const key of [...made, ...points, curve]) expect(whyUnsound(key)).toBeUndefined()
})
