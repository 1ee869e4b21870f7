/**
 * A compact JWS (RFC 7515 §3.1) made with the runtime's own signatures. ES256 and EdDSA take less time than it takes to
 * hand them to another thread and back, so they are made at once; RS256 takes fifteen times as long and is made
 * off the main thread (docs/decisions).
 */
import { type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { SigningAlgorithm } from '../domain/resource-server.ts'

const signElsewhere = promisify(sign)

export interface TokenHeaderToSign {
  readonly alg: SigningAlgorithm
  readonly typ: string
  readonly kid: string
}

export async function signToken(
  header: TokenHeaderToSign,
  claims: Readonly<Record<string, unknown>>,
  key: KeyObject,
): Promise<string> {
  const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`
  const signature = await signatureOf(header.alg, Buffer.from(input), key)
  return `${input}.${signature.toString('base64url')}`
}

function signatureOf(algorithm: SigningAlgorithm, input: Buffer, key: KeyObject): Buffer | Promise<Buffer> {
  switch (algorithm) {
    case 'ES256':
      return fixedLengthOf(sign('sha256', input, key))
    case 'EdDSA':
      return sign(null, input, key)
    case 'RS256':
      return signElsewhere('sha256', input, key)
  }
}

const coordinateBytes = 32

/**
 * RFC 7518 §3.4 wants R and S as 32 bytes each; OpenSSL gives a DER sequence of two integers (RFC 3279 §2.2.3), of
 * at most 72 bytes, so every length is one byte. (OpenSSL's own conversion costs more than the signature.)
 */
function fixedLengthOf(der: Buffer): Buffer {
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

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
