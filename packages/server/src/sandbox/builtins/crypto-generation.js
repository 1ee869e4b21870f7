/**
 * New pairs of keys. Their secret is drawn from the invocation's seed, as all that is random here; the
 * runner computes the rest.
 */
import { Buffer } from 'buffer'
import { operate } from './crypto-bytes.js'
import { createPrivateKey, createPublicKey } from './crypto-keys.js'
import { randomBytes } from './crypto-random.js'

/** Bytes of the secret, and how many bits of its first byte it has. */
const curves = {
  __proto__: null,
  prime256v1: { bytes: 32, firstByte: 0xff },
  secp384r1: { bytes: 48, firstByte: 0xff },
  secp521r1: { bytes: 66, firstByte: 0x01 },
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
}

export function generateKeyPairSync(type, options = {}) {
  const privateKey = generatePrivateKey(type, options)
  const publicKey = createPublicKey(privateKey)
  const { publicKeyEncoding, privateKeyEncoding } = options
  return {
    publicKey: publicKeyEncoding ? publicKey.export(publicKeyEncoding) : publicKey,
    privateKey: privateKeyEncoding ? privateKey.export(privateKeyEncoding) : privateKey,
  }
}

function generatePrivateKey(type, { namedCurve }) {
  if (type === 'ed25519') return createPrivateKey(derived({ type }, randomBytes(32)))
  if (type !== 'ec') {
    throw new Error(`Keys of the type ${type} take too long to generate in a rule; import one instead.`)
  }
  const curve = typeof curves[namedCurve] === 'string' ? curves[namedCurve] : namedCurve
  const found = curves[curve]
  if (found === undefined) throw new Error(`The curve ${namedCurve} is not offered to a rule.`)
  for (;;) {
    const secret = randomBytes(found.bytes)
    secret[0] &= found.firstByte
    const key = derived({ type, curve }, secret)
    // Hardly ever is a number drawn that lies beyond the curve's order.
    if (key !== null) return createPrivateKey(key)
  }
}

function derived(what, secret) {
  const der = operate({ operation: 'privateKeyOf', ...what, secret: secret.toString('base64') })
  return der && { key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' }
}

export function generateKeyPair(type, options, callback) {
  let outcome
  try {
    const { publicKey, privateKey } = generateKeyPairSync(type, options)
    outcome = [null, publicKey, privateKey]
  } catch (error) {
    outcome = [error]
  }
  setTimeout(() => callback(...outcome), 0)
}
