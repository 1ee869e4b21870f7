/**
 * Public keys that nobody owns. An assertion of a client that does not exist is checked with one of them, so that the
 * time of the refusal does not tell which clients there are.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { ClientPublicJwk } from '../../domain/client-credential.ts'
import { publicJwkOf } from './client-public-key.ts'

export interface DecoyKeys {
  readonly rsa: ClientPublicJwk
  readonly ec: ClientPublicJwk
  readonly ed25519: ClientPublicJwk
}

const rsaBytes = 256

export function createDecoyKeys(): DecoyKeys {
  return {
    rsa: rsaDecoy(),
    ec: publicJwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
    ed25519: publicJwkOf(generateKeyPairSync('ed25519').publicKey),
  }
}

// Checking a signature only takes a modulus of the right size; making a real pair would take far longer.
function rsaDecoy(): ClientPublicJwk {
  const modulus = randomBytes(rsaBytes)
  modulus.writeUInt8(0xc0, 0)
  modulus.writeUInt8(modulus.readUInt8(rsaBytes - 1) | 1, rsaBytes - 1)
  return { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }
}
