/** What every part of `crypto` stands on: bytes in their many forms, and one operation of the runner. */
import { Buffer } from 'buffer'

/** @throws Error as the runner words it, with Node's code where there is one. */
export function operate(request) {
  const answer = JSON.parse(bridge.operate(JSON.stringify(request)))
  if (answer.error === undefined) return answer.value
  throw Object.assign(new Error(answer.error), answer.code === undefined ? {} : { code: answer.code })
}

/** Keys have bytes too. */
export const keyObjects = new WeakSet()

export function toBytes(data, encoding) {
  if (typeof data === 'string')
    return Buffer.from(data, encoding === 'buffer' ? 'utf8' : (encoding ?? 'utf8'))
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (data instanceof ArrayBuffer) return Buffer.from(data)
  if (keyObjects.has(data)) return data.raw
  throw Object.assign(new TypeError('The data must be a string, a Buffer, a TypedArray or a DataView.'), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
}

export const toBase64 = (data, encoding) => toBytes(data, encoding).toString('base64')

export function fromBase64(text, encoding) {
  const bytes = Buffer.from(text, 'base64')
  return encoding === undefined || encoding === 'buffer' ? bytes : bytes.toString(encoding)
}

/** What streams in Node: `update`, `write` and `end` gather. */
export class Gatherer {
  chunks = []
  update(data, encoding) {
    this.chunks.push(Buffer.from(toBytes(data, encoding)))
    return this
  }
  write(data, encoding) {
    this.update(data, encoding)
    return true
  }
  end(data, encoding) {
    if (data !== undefined) this.update(data, encoding)
    return this
  }
  gathered() {
    return Buffer.concat(this.chunks).toString('base64')
  }
}

const hashes = [
  'md5',
  'ripemd160',
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  'sha512-224',
  'sha512-256',
  'sha3-224',
  'sha3-256',
  'sha3-384',
  'sha3-512',
]
export const getHashes = () => [...hashes]

export function checkHash(algorithm) {
  const name = String(algorithm).toLowerCase().replace(/^rsa-/, '')
  if (hashes.includes(name)) return name
  throw Object.assign(new Error('Digest method not supported'), { code: 'ERR_CRYPTO_INVALID_DIGEST' })
}
