/**
 * Keys that nobody owns. An assertion of a client that does not exist is checked with one of them, so that the time of
 * the refusal does not tell which clients there are.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'

export interface DecoyKeys {
  readonly rsa: KeyObject
  readonly ec: KeyObject
  readonly ed25519: KeyObject
}

const rsaBytes = 256

export function createDecoyKeys(): DecoyKeys {
  return {
    rsa: rsaDecoy(),
    ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
    ed25519: generateKeyPairSync('ed25519').publicKey,
  }
}

// To check a signature takes a modulus of the right size; to make a real pair would take far longer, for nothing.
function rsaDecoy(): KeyObject {
  const modulus = randomBytes(rsaBytes)
  modulus.writeUInt8(0xc0, 0)
  modulus.writeUInt8(modulus.readUInt8(rsaBytes - 1) | 1, rsaBytes - 1)
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }
  return createPublicKey({ key: jwk, format: 'jwk' })
}
