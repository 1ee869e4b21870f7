/**
 * Signatures put together by hand, in the manner of the Wycheproof
 * vectors: of each key one that is right, and many that are not.
 */
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { CompactSign } from 'jose'
import { describe, expect, test } from 'vitest'
import { nextRsaPair } from '../../../test/rsa-pairs.ts'
import { type AssertionAlgorithm, assertionAlgorithms } from '../../domain/client-credential.ts'
import { isSignature } from './jws-signature.ts'

const input = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJiaWxsaW5nIn0'
const bytes = Buffer.from(input)
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = nextRsaPair()
const ed25519 = generateKeyPairSync('ed25519')

const number = (buffer: Buffer) => BigInt(`0x${buffer.toString('hex') || '0'}`)
const bigEndian = (value: bigint, length: number) =>
  Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex')
const reversed = (buffer: Buffer) => Buffer.from(buffer).reverse()

function flipped(signature: Buffer, at: number): Buffer {
  const copy = Buffer.from(signature)
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
  return copy
}

test.each(assertionAlgorithms)(
  'what jose signs with %s is a signature, and of nothing else',
  async (algorithm) => {
    const pair = pairOf(algorithm)
    const jws = await new CompactSign(Buffer.from('payload'))
      .setProtectedHeader({ alg: algorithm })
      .sign(pair.privateKey)
    const [header, payload, text = ''] = jws.split('.')
    const signature = Buffer.from(text, 'base64url')
    const check = (key: KeyObject, signed = `${header}.${payload}`, as: AssertionAlgorithm = algorithm) =>
      isSignature(as, key, signed, signature)
    expect(check(pair.publicKey)).toBe(true)
    expect(check(pair.publicKey, `${header}.${payload}A`)).toBe(false)
    expect(check(generateLike(algorithm).publicKey)).toBe(false)
    for (const other of assertionAlgorithms) {
      if (other !== algorithm)
        expect([other, check(pair.publicKey, undefined, other)]).toEqual([other, false])
    }
  },
)

function pairOf(algorithm: AssertionAlgorithm) {
  if (algorithm === 'ES256') return ec
  return algorithm === 'EdDSA' ? ed25519 : rsa
}

const otherRsa = nextRsaPair()

function generateLike(algorithm: AssertionAlgorithm) {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : otherRsa
}

describe('of ES256', () => {
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const right = sign('sha256', bytes, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
  const [r, s] = [right.subarray(0, 32), right.subarray(32)]
  const zero = Buffer.alloc(32)
  const order = bigEndian(n, 32)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const wrong: [name: string, signature: Buffer][] = [
    ['is empty', Buffer.alloc(0)],
    ['is zero', Buffer.concat([zero, zero])],
    ['has an r of zero', Buffer.concat([zero, s])],
    ['has an s of zero', Buffer.concat([r, zero])],
    ['has an r of one', Buffer.concat([bigEndian(1n, 32), s])],
    ['has the order as r', Buffer.concat([order, s])],
    ['has the order as s', Buffer.concat([r, order])],
    ['has the order as both', Buffer.concat([order, order])],
    ['is all ones', Buffer.alloc(64, 0xff)],
    ['has r and s in the other order', Buffer.concat([s, r])],
    ['has them from the other end', Buffer.concat([reversed(r), reversed(s)])],
    ['is a byte short', right.subarray(0, 63)],
    ['is a byte long', Buffer.concat([right, Buffer.of(0)])],
    ['has a zero before each half', Buffer.concat([Buffer.of(0), r, Buffer.of(0), s])],
    ['is in DER', sign('sha256', bytes, ec.privateKey)],
    ['has a bit of r changed', flipped(right, 31)],
    ['has a bit of s changed', flipped(right, 63)],
    ['has a digest of SHA-384', sign('sha384', bytes, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })],
    ['is of a key of another curve', sign('sha256', bytes, { key: other, dsaEncoding: 'ieee-p1363' })],
    ['is of RSA', sign('sha256', bytes, rsa.privateKey)],
    ['is of Ed25519', sign(null, bytes, ed25519.privateKey)],
  ]
  test.each(wrong)('a signature that %s is none', (_name, signature) => {
    expect(isSignature('ES256', ec.publicKey, input, signature)).toBe(false)
  })

  test('its s may be the lower or the higher of the two that there are (RFC 7518 names neither)', () => {
    const mirrored = Buffer.concat([r, bigEndian(n - number(s), 32)])
    expect([right, mirrored].map((one) => isSignature('ES256', ec.publicKey, input, one))).toEqual([
      true,
      true,
    ])
  })

  test('half of all signatures begin with a small or a large byte, and each is known', () => {
    for (let count = 0; count < 100; count += 1) {
      const text = `${input}${count}`
      const one = sign('sha256', Buffer.from(text), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
      expect(isSignature('ES256', ec.publicKey, text, one)).toBe(true)
    }
  })
})

describe('of EdDSA', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const right = sign(null, bytes, ed25519.privateKey)
  const [point, scalar] = [right.subarray(0, 32), right.subarray(32)]
  const s = number(reversed(scalar))
  const scalars = (value: bigint) => reversed(bigEndian(value, 32))
  const identity = scalars(1n)
  const wrong: [name: string, signature: Buffer][] = [
    ['is empty', Buffer.alloc(0)],
    ['is zero', Buffer.alloc(64)],
    ['is all ones', Buffer.alloc(64, 0xff)],
    ['has the order added to its s', Buffer.concat([point, scalars(s + order)])],
    ['has the order as s', Buffer.concat([point, scalars(order)])],
    ['has an s of zero', Buffer.concat([point, scalars(0n)])],
    ['has the neutral point and an s of zero', Buffer.concat([identity, scalars(0n)])],
    ['has the neutral point', Buffer.concat([identity, scalar])],
    ['has a point whose coordinate is too large', Buffer.concat([scalars(2n ** 255n - 19n + 1n), scalar])],
    ['has the sign of its point changed', flipped(right, 31).fill(point.readUInt8(31) ^ 0x80, 31, 32)],
    ['is a byte short', right.subarray(0, 63)],
    ['is a byte long', Buffer.concat([right, Buffer.of(0)])],
    ['has its halves in the other order', Buffer.concat([scalar, point])],
    ['has a bit changed', flipped(right, 40)],
    ['is of ES256', sign('sha256', bytes, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })],
  ]
  test.each(wrong)('a signature that %s is none', (_name, signature) => {
    expect(isSignature('EdDSA', ed25519.publicKey, input, signature)).toBe(false)
  })
})

describe('of RSA', () => {
  const { privateKey: key, publicKey } = rsa
  const pss = (saltLength: number, hash = 'sha256') =>
    sign(hash, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
  const pkcs1 = (hash = 'sha256') => sign(hash, bytes, key)
  const modulus = number(Buffer.from(String(publicKey.export({ format: 'jwk' }).n), 'base64url'))
  const shapes = (right: Buffer): [name: string, signature: Buffer][] => [
    ['is empty', Buffer.alloc(0)],
    ['is zero', Buffer.alloc(256)],
    ['is one', bigEndian(1n, 256)],
    ['is the modulus less one', bigEndian(modulus - 1n, 256)],
    ['is the modulus', bigEndian(modulus, 256)],
    ['is all ones', Buffer.alloc(256, 0xff)],
    ['is a byte short', right.subarray(1)],
    ['has a zero before it', Buffer.concat([Buffer.of(0), right])],
    ['has a zero behind it', Buffer.concat([right, Buffer.of(0)])],
    ['has a bit changed', flipped(right, 128)],
    ['is read from its other end', reversed(right)],
  ]
  const wrong: [algorithm: 'RS256' | 'PS256', name: string, signature: Buffer][] = [
    ...shapes(pkcs1()).map(([name, one]): (typeof wrong)[number] => ['RS256', name, one]),
    ...shapes(pss(32)).map(([name, one]): (typeof wrong)[number] => ['PS256', name, one]),
    ['RS256', 'has the other padding', pss(32)],
    ['RS256', 'has a digest of SHA-1', pkcs1('sha1')],
    ['RS256', 'has a digest of SHA-384', pkcs1('sha384')],
    ['RS256', 'has a digest of SHA-512', pkcs1('sha512')],
    ['PS256', 'has the other padding', pkcs1()],
    ['PS256', 'has no salt', pss(0)],
    ['PS256', 'has a salt of 20 bytes', pss(20)],
    ['PS256', 'has the longest salt', pss(222)],
    ['PS256', 'has a digest of SHA-384', pss(32, 'sha384')],
  ]
  test.each(wrong)('a signature of %s that %s is none', (algorithm, _name, signature) => {
    expect(isSignature(algorithm, publicKey, input, signature)).toBe(false)
  })

  test('the modulus added to a signature makes no second one', () => {
    const sum = number(pkcs1()) + modulus
    const length = Math.ceil(sum.toString(16).length / 2)
    expect(isSignature('RS256', publicKey, input, bigEndian(sum, length))).toBe(false)
  })

  // A short key, since of 256 signatures one begins so.
  const short = generateKeyPairSync('rsa', { modulusLength: 1280 })

  test.each([
    ['RS256', constants.RSA_PKCS1_PADDING],
    ['RS512', constants.RSA_PKCS1_PADDING],
    ['PS256', constants.RSA_PKCS1_PSS_PADDING],
    ['PS384', constants.RSA_PKCS1_PSS_PADDING],
    ['PS512', constants.RSA_PKCS1_PSS_PADDING],
  ] as const)('a signature of %s that begins with a zero byte is none without it', (algorithm, padding) => {
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
    const signed = (text: string) =>
      sign(`sha${algorithm.slice(2)}`, Buffer.from(text), { key: short.privateKey, padding, saltLength })
    let text = input
    let right = signed(text)
    while (right[0] !== 0) {
      text = `${text}A`
      right = signed(text)
    }
    expect(isSignature(algorithm, short.publicKey, text, right)).toBe(true)
    expect(isSignature(algorithm, short.publicKey, text, right.subarray(1))).toBe(false)
  })
})
