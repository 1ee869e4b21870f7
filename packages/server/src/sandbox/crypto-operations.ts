/**
 * The mathematics behind `builtins/crypto.js`, done in the runner. The caller is hostile: every operation
 * is named here, and none may take long, for it holds up the whole process.
 */
import * as crypto from 'node:crypto'
import { type Operation, type Request, text } from './operation-request.ts'

/** About 30 ms of work each. */
const maxPbkdf2Iterations = 50_000
const maxScryptWork = 16_384 * 8
const maxDerivedBytes = 1024
const maxKeyBits = 4096
const maxKeyText = 20_000

export const cryptoOperations: readonly (readonly [name: string, operation: Operation])[] = [
  ['hash', (r) => crypto.createHash(text(r, 'algorithm')).update(bytes(r, 'data')).digest('base64')],
  [
    'hmac',
    (r) => crypto.createHmac(text(r, 'algorithm'), bytes(r, 'key')).update(bytes(r, 'data')).digest('base64'),
  ],
  ['sign', sign],
  ['verify', verify],
  ['importKey', importKey],
  ['exportKey', exportKey],
  ['privateKeyOf', privateKeyOf],
  ['encrypt', (r) => cipher(r, crypto.createCipheriv)],
  ['decrypt', (r) => cipher(r, crypto.createDecipheriv)],
  ['pbkdf2', pbkdf2],
  ['scrypt', scrypt],
  ['hkdf', hkdf],
]

function sign(request: Request): string {
  const key = { key: readKey(request.key, 'private'), ...signatureOptions(request) }
  return crypto.sign(optionalText(request, 'algorithm'), bytes(request, 'data'), key).toString('base64')
}

function verify(request: Request): boolean {
  const key = { key: readKey(request.key, 'public'), ...signatureOptions(request) }
  const signature = bytes(request, 'signature')
  return crypto.verify(optionalText(request, 'algorithm'), bytes(request, 'data'), key, signature)
}

function signatureOptions(request: Request): crypto.SigningOptions {
  const options = member(request, 'options')
  const dsaEncoding = options.dsaEncoding
  return {
    ...(typeof options.padding === 'number' ? { padding: options.padding } : {}),
    ...(typeof options.saltLength === 'number' ? { saltLength: options.saltLength } : {}),
    ...(dsaEncoding === 'der' || dsaEncoding === 'ieee-p1363' ? { dsaEncoding } : {}),
  }
}

function importKey(request: Request): unknown {
  const type = text(request, 'type') === 'private' ? 'private' : 'public'
  const key = readKey(request.key, type)
  const der =
    type === 'private'
      ? key.export({ format: 'der', type: 'pkcs8' })
      : key.export({ format: 'der', type: 'spki' })
  const publicExponent = key.asymmetricKeyDetails?.publicExponent?.toString()
  const details = {
    asymmetricKeyType: key.asymmetricKeyType,
    asymmetricKeyDetails: { ...key.asymmetricKeyDetails, publicExponent },
  }
  return { der: der.toString('base64'), details }
}

function exportKey(request: Request): unknown {
  const given = member(request, 'key')
  const isPublic = given.type === 'spki'
  const key = readKey(given, isPublic ? 'public' : 'private')
  const format = text(request, 'format')
  if (format === 'jwk') return key.export({ format })
  const asked = optionalText(request, 'type')
  const exported = isPublic
    ? key.export({
        format: format === 'der' ? 'der' : 'pem',
        type: asked === 'pkcs1' ? 'pkcs1' : 'spki',
      } as crypto.KeyExportOptions<'pem'>)
    : key.export({
        format: format === 'der' ? 'der' : 'pem',
        type: asked === 'pkcs1' || asked === 'sec1' ? asked : 'pkcs8',
      } as crypto.KeyExportOptions<'pem'>)
  return Buffer.isBuffer(exported) ? exported.toString('base64') : exported
}

/** What stands before the secret in an Ed25519 key's PKCS #8 (RFC 8410 §7). */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const curves = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' } as const

/** The private key that a secret number is, as PKCS #8; null when the number lies beyond the curve's order. */
function privateKeyOf(request: Request): string | null {
  const secret = bytes(request, 'secret')
  if (text(request, 'type') === 'ed25519') {
    if (secret.length !== 32) throw new RangeError('The secret of an Ed25519 key has 32 bytes.')
    return Buffer.concat([ed25519Prefix, secret]).toString('base64')
  }
  const curve = Object.entries(curves).find(([name]) => name === text(request, 'curve'))
  if (curve === undefined) throw new Error('This curve is not offered.')
  const ecdh = crypto.createECDH(curve[0])
  try {
    ecdh.setPrivateKey(secret)
  } catch {
    return null
  }
  const point = ecdh.getPublicKey().subarray(1)
  const x = point.subarray(0, point.length / 2).toString('base64url')
  const y = point.subarray(point.length / 2).toString('base64url')
  const jwk = { kty: 'EC', crv: curve[1], d: secret.toString('base64url'), x, y }
  const key = crypto.createPrivateKey({ key: jwk, format: 'jwk' })
  return key.export({ format: 'der', type: 'pkcs8' }).toString('base64')
}

function readKey(rawKey: unknown, type: 'public' | 'private'): crypto.KeyObject {
  const given = toRecord(rawKey)
  if (JSON.stringify(given).length > maxKeyText) throw new Error('The key is too large.')
  const source = keySource(given)
  // A private key serves where a public one is asked for; Node derives it.
  const key =
    type === 'private'
      ? crypto.createPrivateKey(source)
      : given.type === 'pkcs8'
        ? crypto.createPublicKey(crypto.createPrivateKey(source) as unknown as crypto.PublicKeyInput)
        : crypto.createPublicKey(source as crypto.PublicKeyInput)
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && bits > maxKeyBits)
    throw new Error(`Keys of more than ${maxKeyBits} bits are not offered.`)
  return key
}

function keySource(given: Record<string, unknown>): crypto.PrivateKeyInput | crypto.JsonWebKeyInput {
  if (given.jwk !== undefined) return { key: toRecord(given.jwk) as crypto.JsonWebKey, format: 'jwk' }
  if (typeof given.der === 'string') {
    const type =
      given.type === 'pkcs1' || given.type === 'sec1' || given.type === 'pkcs8' ? given.type : 'spki'
    return { key: Buffer.from(given.der, 'base64'), format: 'der', type } as crypto.PrivateKeyInput
  }
  const pem = String(given.pem)
  // OpenSSL asks for the password of a public key at the terminal that the server was started from.
  if (pem.includes('Proc-Type:')) throw new Error('Keys behind a passphrase are not offered to a rule.')
  return { key: pem, format: 'pem' }
}

type CreateCipher = (
  algorithm: string,
  key: Buffer,
  iv: Buffer | null,
  options: object,
) => crypto.CipherGCM | crypto.DecipherGCM

function cipher(request: Request, createCipher: unknown): unknown {
  const tagLength = request.tagLength
  const options = typeof tagLength === 'number' ? { authTagLength: tagLength } : {}
  const iv = request.iv === null ? null : bytes(request, 'iv')
  const made = (createCipher as CreateCipher)(text(request, 'algorithm'), bytes(request, 'key'), iv, options)
  if (request.autoPadding === false) made.setAutoPadding(false)
  if (request.aad !== undefined) made.setAAD(bytes(request, 'aad'))
  if ('setAuthTag' in made && request.tag !== undefined) made.setAuthTag(bytes(request, 'tag'))
  const data = Buffer.concat([made.update(bytes(request, 'data')), made.final()]).toString('base64')
  const isAuthenticated = /-(?:gcm|ccm|ocb)$|poly1305$/i.test(text(request, 'algorithm'))
  return {
    data,
    tag: 'getAuthTag' in made && isAuthenticated ? made.getAuthTag().toString('base64') : undefined,
  }
}

function pbkdf2(request: Request): string {
  const iterations = count(request, 'iterations', maxPbkdf2Iterations)
  const length = count(request, 'length', maxDerivedBytes)
  if (iterations * Math.ceil(length / 32) > maxPbkdf2Iterations * 2)
    throw new Error('This derivation takes too long.')
  return crypto
    .pbkdf2Sync(
      bytes(request, 'password'),
      bytes(request, 'salt'),
      iterations,
      length,
      text(request, 'algorithm'),
    )
    .toString('base64')
}

function scrypt(request: Request): string {
  const N = count(request, 'cost', maxScryptWork)
  const r = count(request, 'blockSize', 64)
  const p = count(request, 'parallelization', 16)
  if (N * r * p > maxScryptWork) throw new Error('This derivation takes too long.')
  const length = count(request, 'length', maxDerivedBytes)
  return crypto
    .scryptSync(bytes(request, 'password'), bytes(request, 'salt'), length, { N, r, p })
    .toString('base64')
}

function hkdf(request: Request): string {
  const length = count(request, 'length', maxDerivedBytes)
  const derived = crypto.hkdfSync(
    text(request, 'algorithm'),
    bytes(request, 'key'),
    bytes(request, 'salt'),
    bytes(request, 'info'),
    length,
  )
  return Buffer.from(derived).toString('base64')
}

function optionalText(request: Request, name: string): string | null {
  const value = request[name]
  return typeof value === 'string' ? value : null
}

function bytes(request: Request, name: string): Buffer {
  return Buffer.from(String(request[name] ?? ''), 'base64')
}

function count(request: Request, name: string, max: number): number {
  const value = request[name]
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new RangeError(`The ${name} must be a whole number from 1 to ${max}.`)
}

function member(request: Request, name: string): Record<string, unknown> {
  return toRecord(request[name])
}

function toRecord(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
}
