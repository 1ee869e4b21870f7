/**
 * The two forms of an ES256 signature. RFC 7518 §3.4 wants R and S as 32 bytes each; OpenSSL uses DER (RFC 3279
 * §2.2.3), and its own conversion costs more than the signature.
 */
const coordinateBytes = 32

/** From the DER of OpenSSL, which has at most 72 bytes, so that every length is one byte. */
export function fixedSignatureOf(der: Buffer): Buffer {
  const fixed = Buffer.alloc(2 * coordinateBytes)
  let at = 2
  for (const end of [coordinateBytes, 2 * coordinateBytes]) {
    const length = der.readUInt8(at + 1)
    const next = at + 2 + length
    // A leading zero says that the integer is positive; leading zeros of the coordinate are left out.
    const significant = Math.min(length, coordinateBytes)
    der.copy(fixed, end - significant, next - significant, next)
    at = next
  }
  return fixed
}

/** Undefined unless the signature has its only length. */
export function derSignatureOf(fixed: Buffer): Buffer | undefined {
  if (fixed.length !== 2 * coordinateBytes) return undefined
  const integers = [fixed.subarray(0, coordinateBytes), fixed.subarray(coordinateBytes)].map(derInteger)
  const content = Buffer.concat(integers)
  return Buffer.concat([Buffer.of(0x30, content.length), content])
}

/** Without leading zeros, and with one where it would read as negative. */
function derInteger(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const significant = first < 0 ? Buffer.of(0) : bytes.subarray(first)
  const sign = (significant[0] ?? 0) & 0x80 ? [0] : []
  return Buffer.concat([Buffer.of(0x02, significant.length + sign.length, ...sign), significant])
}
