/** RFC 7518 §3.4 wants R and S as 32 bytes each; OpenSSL speaks DER (RFC 3279 §2.2.3), and is faster without converting. */
const coordinateBytes = 32

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
