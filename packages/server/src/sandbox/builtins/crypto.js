/**
 * `crypto` as rules know it from Node. The mathematics happens in the runner, one operation at a time,
 * text in and text out; what streams in Node is gathered here and done at the end. Randomness comes
 * from the invocation's seed. `bridge` is given to every bundle by its loader.
 */
import { Buffer } from 'buffer'
import { checkHash, fromBase64, Gatherer, operate, toBase64, toBytes } from './crypto-bytes.js'

export { getHashes, toBytes } from './crypto-bytes.js'
export { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from './crypto-derivation.js'
export { generateKeyPair, generateKeyPairSync } from './crypto-generation.js'
export {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign,
  createVerify,
  KeyObject,
  sign,
  verify,
} from './crypto-keys.js'
export { randomBytes, randomFillSync, randomInt, randomUUID } from './crypto-random.js'

class Digest extends Gatherer {
  isDone = false
  constructor(request) {
    super()
    this.request = request
  }
  digest(encoding) {
    if (this.isDone)
      throw Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' })
    this.isDone = true
    return fromBase64(operate({ ...this.request, data: this.gathered() }), encoding)
  }
  copy() {
    const copy = new Digest(this.request)
    copy.chunks = [...this.chunks]
    return copy
  }
}

export const createHash = (algorithm) => new Digest({ operation: 'hash', algorithm: checkHash(algorithm) })
export const createHmac = (algorithm, key) =>
  new Digest({ operation: 'hmac', algorithm: checkHash(algorithm), key: toBase64(key) })
export const hash = (algorithm, data, encoding = 'hex') => createHash(algorithm).update(data).digest(encoding)

class Cipher extends Gatherer {
  constructor(operation, algorithm, key, iv, options) {
    super()
    this.request = {
      operation,
      algorithm: String(algorithm),
      key: toBase64(key),
      iv: iv === null ? null : toBase64(iv),
      tagLength: options?.authTagLength,
    }
    this.options = { autoPadding: true }
  }
  /** All output comes with `final`; callers join the two, so nobody sees the difference. */
  update(data, inputEncoding, outputEncoding) {
    super.update(data, inputEncoding)
    return outputEncoding === undefined || outputEncoding === 'buffer' ? Buffer.alloc(0) : ''
  }
  final(encoding) {
    const { data, tag } = operate({ ...this.request, ...this.options, data: this.gathered() })
    this.tag = tag
    return fromBase64(data, encoding)
  }
  setAutoPadding(autoPadding = true) {
    this.options.autoPadding = Boolean(autoPadding)
    return this
  }
  setAAD(data) {
    this.options.aad = toBase64(data)
    return this
  }
  getAuthTag() {
    if (this.tag === undefined) throw new Error('The tag is there after final().')
    return Buffer.from(this.tag, 'base64')
  }
  setAuthTag(tag) {
    this.options.tag = toBase64(tag)
    return this
  }
}

export const createCipheriv = (algorithm, key, iv, options) =>
  new Cipher('encrypt', algorithm, key, iv, options)
export const createDecipheriv = (algorithm, key, iv, options) =>
  new Cipher('decrypt', algorithm, key, iv, options)

export function timingSafeEqual(left, right) {
  const [a, b] = [toBytes(left), toBytes(right)]
  if (a.length !== b.length)
    throw Object.assign(new RangeError('Input buffers must have the same byte length'), {
      code: 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH',
    })
  let difference = 0
  for (let at = 0; at < a.length; at++) difference |= a[at] ^ b[at]
  return difference === 0
}

export const constants = {
  RSA_PKCS1_PADDING: 1,
  RSA_NO_PADDING: 3,
  RSA_PKCS1_OAEP_PADDING: 4,
  RSA_PKCS1_PSS_PADDING: 6,
  RSA_PSS_SALTLEN_DIGEST: -1,
  RSA_PSS_SALTLEN_MAX_SIGN: -2,
  RSA_PSS_SALTLEN_AUTO: -2,
}
