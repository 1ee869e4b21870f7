/**
 * Whether a public key that reads well is a key at all: OpenSSL reads any 32 bytes as one of Ed25519, and any number as the
 * modulus of an RSA key. Of curves by NIST it finds out itself that a point is not on them.
 */
import type { KeyObject } from 'node:crypto'
import { decodeBase64url } from '../base64url.ts'
import { isOfSmallOrder } from './small-order.ts'
import { weaknessOfModulus } from './weak-modulus.ts'

/** Why nobody can rely on the key, as a sentence; undefined when nothing is known. */
export function whyUnsound(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType === 'rsa') {
    const weakness = weaknessOfModulus(decodeBase64url(key.export({ format: 'jwk' }).n) ?? Buffer.of(0))
    return weakness === undefined ? undefined : `The modulus of the RSA key ${weakness}`
  }
  if (key.asymmetricKeyType !== 'ed25519') return undefined
  const { x = '' } = key.export({ format: 'jwk' })
  if (isOfSmallOrder(x)) return 'The Ed25519 key is a point of small order.'
  return isOnCurve(x) ? undefined : 'The Ed25519 key is no point of its curve.'
}

const p = 2n ** 255n - 19n
/** RFC 8032 §5.1. */
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/** RFC 8032 §5.1.3, but for the other coordinate itself: whether there is one. */
function isOnCurve(x: string): boolean {
  const littleEndian = decodeBase64url(x) ?? Buffer.alloc(0)
  const y = BigInt(`0x0${Buffer.from(littleEndian).reverse().toString('hex')}`) & (2n ** 255n - 1n)
  if (y >= p) return false
  const numerator = y * y - 1n
  const denominator = d * y * y + 1n
  return isSquare((numerator * denominator) % p)
}

/** Euler's criterion. */
function isSquare(value: bigint): boolean {
  let power = 1n
  let square = ((value % p) + p) % p
  for (let exponent = (p - 1n) / 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) power = (power * square) % p
    square = (square * square) % p
  }
  return power <= 1n
}
