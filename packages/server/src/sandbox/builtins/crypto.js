/**
 * `crypto` as rules know it from Node. The mathematics happens in the runner, one operation at a time,
 * text in and text out; what streams in Node is gathered here and done at the end. Randomness comes
 * from the invocation's seed. `bridge` is given to every bundle by its loader.
 */
import { Buffer } from 'buffer'

/** @throws Error as the runner words it, with Node's code where there is one. */
export function operate(request) {
  const answer = JSON.parse(bridge.operate(JSON.stringify(request)))
  if (answer.error === undefined) return answer.value
  throw Object.assign(new Error(answer.error), answer.code === undefined ? {} : { code: answer.code })
}

export function toBytes(data, encoding) {
  if (typeof data === 'string')
    return Buffer.from(data, encoding === 'buffer' ? 'utf8' : (encoding ?? 'utf8'))
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (data instanceof ArrayBuffer) return Buffer.from(data)
  if (data instanceof KeyObject) return data.raw
  throw Object.assign(new TypeError('The data must be a string, a Buffer, a TypedArray or a DataView.'), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
}

const toBase64 = (data, encoding) => toBytes(data, encoding).toString('base64')

function fromBase64(text, encoding) {
  const bytes = Buffer.from(text, 'base64')
  return encoding === undefined || encoding === 'buffer' ? bytes : bytes.toString(encoding)
}

/** What streams in Node: `update`, `write` and `end` gather. */
class Gatherer {
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
function checkHash(algorithm) {
  const name = String(algorithm).toLowerCase().replace(/^rsa-/, '')
  if (hashes.includes(name)) return name
  throw Object.assign(new Error('Digest method not supported'), { code: 'ERR_CRYPTO_INVALID_DIGEST' })
}

export class KeyObject {
  constructor(type, raw, details = {}) {
    this.type = type
    Object.defineProperty(this, 'raw', { value: raw })
    if (type === 'secret') this.symmetricKeySize = raw.length
    else Object.assign(this, details)
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
  const { der, details } = operate({ operation: 'importKey', type, key: describeKey(key) })
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

export const pbkdf2Sync = (password, salt, iterations, length, digest) =>
  fromBase64(
    operate({
      operation: 'pbkdf2',
      password: toBase64(password),
      salt: toBase64(salt),
      iterations,
      length,
      algorithm: checkHash(digest),
    }),
  )
export const scryptSync = (password, salt, length, options = {}) =>
  fromBase64(
    operate({
      operation: 'scrypt',
      password: toBase64(password),
      salt: toBase64(salt),
      length,
      cost: options.N ?? options.cost ?? 16384,
      blockSize: options.r ?? options.blockSize ?? 8,
      parallelization: options.p ?? options.parallelization ?? 1,
    }),
  )
export const hkdfSync = (digest, key, salt, info, length) => {
  const bytes = fromBase64(
    operate({
      operation: 'hkdf',
      algorithm: checkHash(digest),
      key: toBase64(key),
      salt: toBase64(salt),
      info: toBase64(info),
      length,
    }),
  )
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
}

/** Node's asynchronous form of a function above: the callback comes last and later. */
const later =
  (work) =>
  (...args) => {
    const callback = args.pop()
    let outcome
    try {
      outcome = [null, work(...args)]
    } catch (error) {
      outcome = [error]
    }
    setTimeout(() => callback(...outcome), 0)
  }
export const pbkdf2 = later(pbkdf2Sync)
export const scrypt = later(scryptSync)
export const hkdf = later(hkdfSync)

export function randomFillSync(target) {
  const bytes = toBytes(target)
  for (let at = 0; at < bytes.length; at++) bytes[at] = bridge.randomByte()
  return target
}
const maxRandomBytes = 65_536
export function randomBytes(size, callback) {
  if (!(Number.isInteger(size) && size >= 0 && size <= maxRandomBytes))
    throw new RangeError(`The size must be 0 to ${maxRandomBytes}.`)
  const bytes = randomFillSync(Buffer.alloc(size))
  if (callback === undefined) return bytes
  setTimeout(() => callback(null, bytes), 0)
}
export function randomInt(low, high) {
  const [from, to] = high === undefined ? [0, low] : [low, high]
  const range = to - from
  if (!(Number.isSafeInteger(range) && range > 0 && range < 2 ** 48))
    throw new RangeError('The range must be 1 to 2^48 - 1.')
  // Values past the last whole multiple of the range would make some numbers likelier than others.
  const limit = 2 ** 48 - (2 ** 48 % range)
  for (;;) {
    const drawn = randomBytes(6).readUIntBE(0, 6)
    if (drawn < limit) return from + (drawn % range)
  }
}
export function randomUUID() {
  const bytes = randomBytes(16)
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

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
