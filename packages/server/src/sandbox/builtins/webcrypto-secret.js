/** Secret keys in Web Crypto: HMAC and AES. */

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

function readBytes(format, data) {
  if (format === 'raw') return Buffer.from(node.toBytes(data))
  if (format !== 'jwk') throw unsupported(`The key format ${format}`)
  if (data?.kty !== 'oct') throw named('DataError', 'The JWK is not that of a secret key.')
  return Buffer.from(String(data.k), 'base64url')
}

function exportSecret(format, key) {
  const bytes = materialOf(key)
  if (format === 'raw') return toArrayBuffer(Buffer.from(bytes))
  if (format !== 'jwk') throw unsupported(`The key format ${format}`)
  return { kty: 'oct', k: bytes.toString('base64url'), ext: true, key_ops: key.usages }
}

const blockBytes = { 'SHA-1': 64, 'SHA-256': 64, 'SHA-384': 128, 'SHA-512': 128 }

function hmacKey(bytes, algorithm, extractable, usages) {
  const hash = { name: hashOf(algorithm.hash) }
  const details = { name: 'HMAC', hash, length: bytes.length * 8 }
  return new CryptoKey('secret', bytes, details, extractable, checkUsages(usages, ['sign', 'verify'], false))
}

function signHmac(_algorithm, key, data) {
  return node.createHmac(nodeHash(key.algorithm.hash.name), materialOf(key)).update(data).digest()
}

export const hmac = {
  importKey: (format, data, algorithm, extractable, usages) =>
    hmacKey(readBytes(format, data), algorithm, extractable, usages),
  generateKey: (algorithm, extractable, usages) => {
    const bits = algorithm.length ?? blockBytes[hashOf(algorithm.hash)] * 8
    return hmacKey(node.randomBytes(bits / 8), algorithm, extractable, usages)
  },
  exportKey: exportSecret,
  sign: (algorithm, key, data) => toArrayBuffer(signHmac(algorithm, key, data)),
  verify: (algorithm, key, signature, data) => {
    const expected = signHmac(algorithm, key, data)
    const given = node.toBytes(signature)
    return given.length === expected.length && node.timingSafeEqual(given, expected)
  },
}

function aesKey(name, bytes, extractable, usages) {
  if (![16, 24, 32].includes(bytes.length))
    throw named('DataError', 'The key must have 128, 192 or 256 bits.')
  const details = { name, length: bytes.length * 8 }
  return new CryptoKey(
    'secret',
    bytes,
    details,
    extractable,
    checkUsages(usages, ['encrypt', 'decrypt'], false),
  )
}

const cipherName = (key, mode) => `aes-${materialOf(key).length * 8}-${mode}`

function createAes(name, { encrypt, decrypt }) {
  return {
    importKey: (format, data, _algorithm, extractable, usages) =>
      aesKey(name, readBytes(format, data), extractable, usages),
    generateKey: (algorithm, extractable, usages) =>
      aesKey(name, node.randomBytes(algorithm.length / 8), extractable, usages),
    exportKey: exportSecret,
    encrypt,
    decrypt: (algorithm, key, data) => {
      try {
        return decrypt(algorithm, key, data)
      } catch {
        throw named('OperationError', 'The data cannot be decrypted with this key.')
      }
    },
  }
}

/** The tag follows what is encrypted, in one piece. */
export const aesGcm = createAes('AES-GCM', {
  encrypt(algorithm, key, data) {
    const cipher = gcm(node.createCipheriv, algorithm, key)
    return toArrayBuffer(Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]))
  },
  decrypt(algorithm, key, data) {
    const bytes = node.toBytes(data)
    const tagAt = bytes.length - tagBytes(algorithm)
    const cipher = gcm(node.createDecipheriv, algorithm, key)
    cipher.setAuthTag(bytes.subarray(tagAt))
    return toArrayBuffer(Buffer.concat([cipher.update(bytes.subarray(0, tagAt)), cipher.final()]))
  },
})

const tagBytes = (algorithm) => (algorithm.tagLength ?? 128) / 8

function gcm(createCipher, algorithm, key) {
  const options = { authTagLength: tagBytes(algorithm) }
  const cipher = createCipher(cipherName(key, 'gcm'), materialOf(key), algorithm.iv, options)
  return algorithm.additionalData === undefined ? cipher : cipher.setAAD(algorithm.additionalData)
}

const cbc = (createCipher) => (algorithm, key, data) => {
  const cipher = createCipher(cipherName(key, 'cbc'), materialOf(key), algorithm.iv)
  return toArrayBuffer(Buffer.concat([cipher.update(data), cipher.final()]))
}

export const aesCbc = createAes('AES-CBC', {
  encrypt: cbc(node.createCipheriv),
  decrypt: cbc(node.createDecipheriv),
})
