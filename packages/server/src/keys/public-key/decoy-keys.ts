/**
 * Public keys that nobody owns. An assertion of a client that does not exist is checked with one of them, so that the
 * time of the refusal does not tell which clients there are.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { ClientPublicJwk } from '../../domain/client-credential.ts'
import { maxRsaBits, minRsaBits, publicJwkOf } from './client-public-key.ts'

export interface DecoyKeys {
  /** Of the size that a key must have for signatures of so many bytes; where no client has such a key, of the usual one. */
  rsa(signatureBytes: number): ClientPublicJwk
  readonly ec: ClientPublicJwk
  readonly ed25519: ClientPublicJwk
}

const usualBytes = minRsaBits / 8
const mostBytes = maxRsaBits / 8

export function createDecoyKeys(): DecoyKeys {
  const rsaDecoys = new Map<number, ClientPublicJwk>()
  return {
    rsa(signatureBytes) {
      const isOfClients = signatureBytes >= usualBytes && signatureBytes <= mostBytes
      const bytes = isOfClients ? signatureBytes : usualBytes
      const decoy = rsaDecoys.get(bytes) ?? rsaDecoy(bytes)
      rsaDecoys.set(bytes, decoy)
      return decoy
    },
    ec: publicJwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
    ed25519: publicJwkOf(generateKeyPairSync('ed25519').publicKey),
  }
}

// Checking a signature only takes a modulus of the right size; making a real pair would take far longer. It is as large as
// it can be, so that hardly any signature is too large for it.
function rsaDecoy(bytes: number): ClientPublicJwk {
  const modulus = randomBytes(bytes)
  modulus.fill(0xff, 0, 8)
  modulus.writeUInt8(modulus.readUInt8(bytes - 1) | 1, bytes - 1)
  return { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }
}
