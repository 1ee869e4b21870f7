/** Keys as Node has them, and what is signed with them. */
import { Buffer } from 'buffer'
import { checkHash, fromBase64, Gatherer, keyObjects, operate, toBase64, toBytes } from './crypto-bytes.js'

export class KeyObject {
  constructor(type, raw, details = {}) {
    this.type = type
    Object.defineProperty(this, 'raw', { value: raw })
    keyObjects.add(this)
    if (type === 'secret') this.symmetricKeySize = raw.length
    else Object.assign(this, details)
  }
  get [Symbol.toStringTag]() {
    return 'KeyObject'
  }
  export(options = {}) {
    if (this.type === 'secret') {
      return options.format === 'jwk'
        ? { kty: 'oct', k: this.raw.toString('base64url') }
        : Buffer.from(this.raw)
    }
    const exported = operate({
      operation: 'exportKey',
      key: describeKey(this),
      format: options.format ?? 'pem',
      type: options.type,
    })
    return options.format === 'der' ? Buffer.from(exported, 'base64') : exported
  }
  equals(other) {
    return other instanceof KeyObject && other.type === this.type && this.raw.equals(other.raw)
  }
}

export const createSecretKey = (key, encoding) => new KeyObject('secret', Buffer.from(toBytes(key, encoding)))
export const createPublicKey = (key) => importKey('public', key)
export const createPrivateKey = (key) => importKey('private', key)

function importKey(type, key) {
  return toKeyObject(type, operate({ operation: 'importKey', type, key: describeKey(key) }))
}

function toKeyObject(type, { der, details }) {
  const exponent = details.asymmetricKeyDetails.publicExponent
  // JSON has no number that would hold it.
  if (exponent !== undefined) details.asymmetricKeyDetails.publicExponent = BigInt(exponent)
  return new KeyObject(type, Buffer.from(der, 'base64'), details)
}

/** A key in any form Node takes, as plain data: PEM text, DER bytes or a JWK. */
function describeKey(given) {
  const key = given?.key !== undefined && !(given instanceof KeyObject) ? given.key : given
  const options = key === given ? {} : given
  if (options.passphrase !== undefined) throw new Error('Keys behind a passphrase are not offered to a rule.')
  if (key instanceof KeyObject) {
    if (key.type === 'secret') throw new TypeError('An asymmetric key is needed here.')
    return { der: key.raw.toString('base64'), type: key.type === 'public' ? 'spki' : 'pkcs8' }
  }
  if (options.format === 'jwk') return { jwk: key }
  if (options.format === 'der') return { der: toBase64(key), type: options.type ?? 'spki' }
  return { pem: toBytes(key).toString('utf8') }
}

function signatureOptions(key) {
  if (key === null || typeof key !== 'object' || key instanceof KeyObject) return {}
  return { padding: key.padding, saltLength: key.saltLength, dsaEncoding: key.dsaEncoding }
}

class Signing extends Gatherer {
  constructor(algorithm) {
    super()
    this.algorithm = checkHash(algorithm)
  }
  sign(key, encoding) {
    return fromBase64(signGathered(this.algorithm, this.gathered(), key), encoding)
  }
  verify(key, signature, encoding) {
    return verifyGathered(this.algorithm, this.gathered(), key, toBase64(signature, encoding))
  }
}

function signGathered(algorithm, data, key) {
  return operate({
    operation: 'sign',
    algorithm,
    data,
    key: describeKey(key),
    options: signatureOptions(key),
  })
}

function verifyGathered(algorithm, data, key, signature) {
  return operate({
    operation: 'verify',
    algorithm,
    data,
    signature,
    key: describeKey(key),
    options: signatureOptions(key),
  })
}

export const createSign = (algorithm) => new Signing(algorithm)
export const createVerify = (algorithm) => new Signing(algorithm)
const optionalHash = (algorithm) =>
  algorithm === null || algorithm === undefined ? null : checkHash(algorithm)
export const sign = (algorithm, data, key) =>
  fromBase64(signGathered(optionalHash(algorithm), toBase64(data), key))
export const verify = (algorithm, data, key, signature) =>
  verifyGathered(optionalHash(algorithm), toBase64(data), key, toBase64(signature))
