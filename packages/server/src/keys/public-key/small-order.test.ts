import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { parsePublicKeyJwk } from './client-public-key.ts'
import { parseIssuerKey } from './issuer-key.ts'
import { createProofKeys } from './proof-key.ts'

const p = 2n ** 255n - 19n
const order = 2n ** 252n + 27742317777372353535851937790883648493n
const modulo = (n: bigint) => ((n % p) + p) % p
function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n
  const half = power(modulo(base * base), exponent / 2n)
  return exponent % 2n === 0n ? half : modulo(half * base)
}
const d = modulo(-121665n * power(121666n, p - 2n))

type Point = readonly [x: bigint, y: bigint]
/** RFC 8032 §5.1.4, in plain coordinates. */
function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const k = modulo(d * x1 * x2 * y1 * y2)
  return [
    modulo((x1 * y2 + x2 * y1) * power(modulo(1n + k), p - 2n)),
    modulo((y1 * y2 + x1 * x2) * power(modulo(1n - k), p - 2n)),
  ]
}
function times(n: bigint, point: Point): Point {
  if (n === 0n) return [0n, 1n]
  const half = times(n / 2n, add(point, point))
  return n % 2n === 0n ? half : add(half, point)
}

/** Undefined where no point has this y. */
function pointAt(y: bigint): Point | undefined {
  const square = modulo((y * y - 1n) * power(modulo(d * y * y + 1n), p - 2n))
  const root = power(square, (p + 3n) / 8n)
  const roots = [root, modulo(root * power(2n, (p - 1n) / 4n))]
  const x = roots.find((candidate) => modulo(candidate * candidate) === square)
  return x === undefined ? undefined : [x, y]
}

/** All eight, from points at hand: what is left of one when the large prime is taken out. */
function pointsOfSmallOrder(): Point[] {
  for (let y = 2n; ; y++) {
    const point = pointAt(y)
    const left = point && times(order, point)
    if (left && times(4n, left)[1] !== 1n) return Array.from({ length: 8 }, (_, n) => times(BigInt(n), left))
  }
}

function encode(y: bigint, sign: bigint): string {
  const bytes = Buffer.from((y | (sign << 255n)).toString(16).padStart(64, '0'), 'hex')
  return bytes.reverse().toString('base64url')
}

const small = pointsOfSmallOrder().map(([x, y]) => encode(y, x % 2n))
const otherSpellings = [encode(p, 0n), encode(p, 1n), encode(p + 1n, 0n), encode(p + 1n, 1n)]
const parseProofKey = createProofKeys()
const jwkOf = (x: string) => ({ kty: 'OKP', crv: 'Ed25519', x })

test('no point of small order is a key of anybody', () => {
  expect(new Set(small).size).toBe(8)
  for (const x of [...small, ...otherSpellings, encode(1n, 1n)]) {
    expect(() => parsePublicKeyJwk(jwkOf(x))).toThrow('small order')
    expect(() => parseIssuerKey(jwkOf(x))).toThrow('small order')
    expect(parseProofKey('EdDSA', jwkOf(x))).toBeUndefined()
  }
})

test('a key that was just generated is never taken for one', () => {
  for (let round = 0; round < 20; round++) {
    const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
    expect(parsePublicKeyJwk(jwkOf(x)).algorithms).toEqual(['EdDSA'])
    expect(parseIssuerKey(jwkOf(x)).algorithms).toEqual(['EdDSA'])
    expect(parseProofKey('EdDSA', jwkOf(x))).toBeDefined()
  }
})
