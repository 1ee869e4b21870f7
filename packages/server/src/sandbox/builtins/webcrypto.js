/** The part of Web Crypto that rules use: randomness, digests and HMAC. */

import * as node from 'tallystick:crypto'
import { Buffer } from 'buffer'

const hashes = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' }
const blockBytes = { 'SHA-1': 64, 'SHA-256': 64, 'SHA-384': 128, 'SHA-512': 128 }

function named(algorithm) {
  const name = String(algorithm?.name ?? algorithm).toUpperCase()
  if (hashes[name] === undefined) throw unsupported(name)
  return name
}

function unsupported(what) {
  return Object.assign(new Error(`${what} is not offered to a rule.`), { name: 'NotSupportedError' })
}

function toArrayBuffer(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
}

export class CryptoKey {
  #bytes
  constructor(bytes, hash, extractable, usages) {
    this.#bytes = bytes
    this.type = 'secret'
    this.extractable = Boolean(extractable)
    this.algorithm = { name: 'HMAC', hash: { name: hash }, length: bytes.length * 8 }
    this.usages = [...usages]
  }
  static bytesOf(key, usage) {
    if (!(key instanceof CryptoKey)) throw new TypeError('A CryptoKey is needed.')
    if (usage !== undefined && !key.usages.includes(usage))
      throw Object.assign(new Error(`The key may not ${usage}.`), { name: 'InvalidAccessError' })
    return key.#bytes
  }
}

function hmac(key, data, usage) {
  return node.createHmac(hashes[key.algorithm.hash.name], CryptoKey.bytesOf(key, usage)).update(data).digest()
}

const subtle = {
  async digest(algorithm, data) {
    return toArrayBuffer(node.createHash(hashes[named(algorithm)]).update(data).digest())
  },
  async importKey(format, data, algorithm, extractable, usages) {
    if (String(algorithm?.name ?? algorithm).toUpperCase() !== 'HMAC')
      throw unsupported(String(algorithm?.name ?? algorithm))
    if (format !== 'raw' && format !== 'jwk') throw unsupported(`The key format ${format}`)
    const bytes =
      format === 'jwk' ? Buffer.from(String(data.k), 'base64url') : Buffer.from(node.toBytes(data))
    return new CryptoKey(bytes, named(algorithm.hash), extractable, usages)
  },
  async generateKey(algorithm, extractable, usages) {
    if (String(algorithm?.name ?? algorithm).toUpperCase() !== 'HMAC')
      throw unsupported(String(algorithm?.name ?? algorithm))
    const hash = named(algorithm.hash)
    return new CryptoKey(
      node.randomBytes((algorithm.length ?? blockBytes[hash] * 8) / 8),
      hash,
      extractable,
      usages,
    )
  },
  async exportKey(format, key) {
    if (!key.extractable)
      throw Object.assign(new Error('The key cannot be exported.'), { name: 'InvalidAccessError' })
    const bytes = CryptoKey.bytesOf(key)
    if (format === 'raw') return toArrayBuffer(Buffer.from(bytes))
    if (format === 'jwk')
      return { kty: 'oct', k: bytes.toString('base64url'), ext: true, key_ops: key.usages }
    throw unsupported(`The key format ${format}`)
  },
  async sign(_algorithm, key, data) {
    return toArrayBuffer(hmac(key, data, 'sign'))
  },
  async verify(_algorithm, key, signature, data) {
    const expected = hmac(key, data, 'verify')
    const given = node.toBytes(signature)
    return given.length === expected.length && node.timingSafeEqual(given, expected)
  },
}

export const crypto = {
  subtle,
  getRandomValues: (target) => {
    if (!ArrayBuffer.isView(target) || target.byteLength > 65_536)
      throw new TypeError('An integer array of at most 65536 bytes is needed.')
    return node.randomFillSync(target)
  },
  randomUUID: node.randomUUID,
}
