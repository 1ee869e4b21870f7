/** Pairs of keys in Web Crypto, for signatures: RSA, ECDSA and Ed25519. */

import * as node from 'tallystick:crypto'
import { Buffer } from 'buffer'
import {
  CryptoKey,
  checkUsages,
  hashOf,
  materialOf,
  named,
  nodeHash,
  toArrayBuffer,
  unsupported,
} from './webcrypto-key.js'

/** What sets the kinds apart; the rest is the same for all. */
const rsa = {
  keyType: 'rsa',
  describe: (object, { name, hash }) => {
    const { modulusLength, publicExponent } = object.asymmetricKeyDetails
    const digits = publicExponent.toString(16)
    const exponent = Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex')
    return { name, modulusLength, publicExponent: new Uint8Array(exponent), hash: { name: hashOf(hash) } }
  },
  hashFor: (_algorithm, key) => nodeHash(key.algorithm.hash.name),
  generate() {
    throw named('NotSupportedError', 'RSA keys take too long to generate in a rule; import one instead.')
  },
}
export const rsaPkcs1 = createPairs({
  ...rsa,
  options: () => ({ padding: node.constants.RSA_PKCS1_PADDING }),
})
export const rsaPss = createPairs({
  ...rsa,
  options: ({ saltLength }) => ({ padding: node.constants.RSA_PKCS1_PSS_PADDING, saltLength }),
})

/** The standard's curve, what OpenSSL calls it, and the bytes of a coordinate. */
const curves = {
  'P-256': { openssl: 'prime256v1', bytes: 32 },
  'P-384': { openssl: 'secp384r1', bytes: 48 },
  'P-521': { openssl: 'secp521r1', bytes: 66 },
}
function curveOf(algorithm) {
  const curve = curves[algorithm.namedCurve]
  if (curve === undefined) throw unsupported(`The curve ${algorithm.namedCurve}`)
  return curve
}

export const ecdsa = createPairs({
  keyType: 'ec',
  describe: (object, algorithm) => {
    if (object.asymmetricKeyDetails.namedCurve !== curveOf(algorithm).openssl)
      throw named('DataError', `The key is not one of the curve ${algorithm.namedCurve}.`)
    return { name: 'ECDSA', namedCurve: algorithm.namedCurve }
  },
  hashFor: (algorithm) => nodeHash(hashOf(algorithm.hash)),
  options: () => ({ dsaEncoding: 'ieee-p1363' }),
  generate: (algorithm) => node.generateKeyPairSync('ec', { namedCurve: curveOf(algorithm).openssl }),
  jwkOfRaw: (bytes, algorithm) => {
    const length = curveOf(algorithm).bytes
    if (bytes[0] !== 4 || bytes.length !== 1 + 2 * length)
      throw named('DataError', `The bytes are no uncompressed point of ${algorithm.namedCurve}.`)
    const x = bytes.subarray(1, 1 + length).toString('base64url')
    return { kty: 'EC', crv: algorithm.namedCurve, x, y: bytes.subarray(1 + length).toString('base64url') }
  },
  rawOfJwk: ({ x, y }) =>
    Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]),
})

export const ed25519 = createPairs({
  keyType: 'ed25519',
  describe: () => ({ name: 'Ed25519' }),
  hashFor: () => null,
  options: () => ({}),
  generate: () => node.generateKeyPairSync('ed25519'),
  jwkOfRaw: (bytes) => ({ kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }),
  rawOfJwk: ({ x }) => Buffer.from(x, 'base64url'),
})

function createPairs(kind) {
  return {
    importKey(format, data, algorithm, extractable, usages) {
      const object = readKey(kind, format, data, algorithm)
      if (object.asymmetricKeyType !== kind.keyType)
        throw named('DataError', `The key is not one for ${algorithm.name}.`)
      return wrap(object, kind.describe(object, algorithm), extractable, usages)
    },
    generateKey(algorithm, extractable, usages) {
      const asked = checkUsages(usages, ['sign', 'verify'], false)
      const made = kind.generate(algorithm)
      const details = kind.describe(made.publicKey, algorithm)
      const only = (usage) => asked.filter((one) => one === usage)
      return {
        publicKey: wrap(made.publicKey, details, true, only('verify')),
        privateKey: wrap(made.privateKey, details, extractable, only('sign')),
      }
    },
    exportKey(format, key) {
      const object = materialOf(key)
      if (format === 'jwk') return { ...object.export({ format }), ext: true, key_ops: key.usages }
      if (format === 'spki' && key.type === 'public')
        return toArrayBuffer(object.export({ format: 'der', type: format }))
      if (format === 'pkcs8' && key.type === 'private')
        return toArrayBuffer(object.export({ format: 'der', type: format }))
      if (format === 'raw' && key.type === 'public' && kind.rawOfJwk)
        return toArrayBuffer(kind.rawOfJwk(object.export({ format: 'jwk' })))
      throw unsupported(`The format ${format} for such a key`)
    },
    sign(algorithm, key, data) {
      const signed = { key: materialOf(key), ...kind.options(algorithm) }
      return toArrayBuffer(node.sign(kind.hashFor(algorithm, key), node.toBytes(data), signed))
    },
    verify(algorithm, key, signature, data) {
      const checked = { key: materialOf(key), ...kind.options(algorithm) }
      return node.verify(kind.hashFor(algorithm, key), node.toBytes(data), checked, node.toBytes(signature))
    },
  }
}

function wrap(object, details, extractable, usages) {
  const isPublic = object.type === 'public'
  const allowed = checkUsages(usages, [isPublic ? 'verify' : 'sign'], isPublic)
  return new CryptoKey(object.type, object, details, extractable, allowed)
}

function readKey(kind, format, data, algorithm) {
  try {
    if (format === 'jwk') return readJwk(data)
    if (format === 'spki')
      return node.createPublicKey({ key: node.toBytes(data), format: 'der', type: 'spki' })
    if (format === 'pkcs8')
      return node.createPrivateKey({ key: node.toBytes(data), format: 'der', type: 'pkcs8' })
    if (format === 'raw' && kind.jwkOfRaw) return readJwk(kind.jwkOfRaw(node.toBytes(data), algorithm))
  } catch (error) {
    throw named('DataError', `The key cannot be read: ${error.message}`)
  }
  throw unsupported(`The format ${format} for such a key`)
}

function readJwk(key) {
  return key?.d === undefined
    ? node.createPublicKey({ key, format: 'jwk' })
    : node.createPrivateKey({ key, format: 'jwk' })
}
