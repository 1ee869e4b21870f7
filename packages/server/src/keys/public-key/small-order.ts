/**
 * The points of Ed25519 that generate a group of eight or fewer (RFC 8032 §5.1). With such a public key, signatures
 * that no private key made are valid for some message or for all; not every OpenSSL refuses it.
 */
import { decodeBase64url } from '../base64url.ts'

/** Their y, little-endian. The last two are non-canonical encodings of the first two, which some libraries accept. */
const encodings: readonly Buffer[] = [
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].map((hex) => Buffer.from(hex, 'hex'))

/** `x` is that of the JWK (RFC 8037 §2), the whole encoded point. */
export function isOfSmallOrder(x: string): boolean {
  const point = decodeBase64url(x)
  if (point?.length !== 32) return false
  // The highest bit is the sign of the other coordinate.
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31)
  return encodings.some((encoding) => encoding.equals(point))
}
