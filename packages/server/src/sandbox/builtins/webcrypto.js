/** The part of Web Crypto that rules use: randomness, digests, HMAC, signatures and AES. */

import * as node from 'tallystick:crypto'
import { CryptoKey, checkKey, hashOf, named, nodeHash, toArrayBuffer, unsupported } from './webcrypto-key.js'
import { ecdsa, ed25519, rsaPkcs1, rsaPss } from './webcrypto-pair.js'
import { aesCbc, aesGcm, hmac } from './webcrypto-secret.js'

export { CryptoKey } from './webcrypto-key.js'

const kinds = {
  __proto__: null,
  HMAC: hmac,
  'AES-GCM': aesGcm,
  'AES-CBC': aesCbc,
  'RSASSA-PKCS1-v1_5': rsaPkcs1,
  'RSA-PSS': rsaPss,
  ECDSA: ecdsa,
  Ed25519: ed25519,
}

/** The algorithm under the standard's spelling, whatever the caller's, and what can do the work. */
function find(algorithm, work) {
  const asked = String(algorithm?.name ?? algorithm)
  const name = Object.keys(kinds).find((known) => known.toUpperCase() === asked.toUpperCase())
  const run = kinds[name]?.[work]
  if (run === undefined) throw unsupported(`${work} with ${asked}`)
  return { run, algorithm: typeof algorithm === 'object' ? { ...algorithm, name } : { name } }
}

/** `work` with a key, which must be one of the algorithm and allow it. */
const withKey =
  (work) =>
  async (asked, key, ...data) => {
    const { run, algorithm } = find(asked, work)
    checkKey(key, algorithm.name, work)
    return run(algorithm, key, ...data)
  }

const refused = (work) => async () => {
  throw unsupported(`crypto.subtle.${work}`)
}

const subtle = {
  async digest(algorithm, data) {
    return toArrayBuffer(
      node
        .createHash(nodeHash(hashOf(algorithm)))
        .update(data)
        .digest(),
    )
  },
  async importKey(format, data, asked, extractable, usages) {
    const { run, algorithm } = find(asked, 'importKey')
    return run(format, data, algorithm, extractable, usages)
  },
  async generateKey(asked, extractable, usages) {
    const { run, algorithm } = find(asked, 'generateKey')
    return run(algorithm, extractable, usages)
  },
  async exportKey(format, key) {
    if (!(key instanceof CryptoKey)) throw new TypeError('A CryptoKey is needed.')
    if (!key.extractable) throw named('InvalidAccessError', 'The key cannot be exported.')
    return find(key.algorithm, 'exportKey').run(format, key)
  },
  sign: withKey('sign'),
  verify: withKey('verify'),
  encrypt: withKey('encrypt'),
  decrypt: withKey('decrypt'),
  deriveBits: refused('deriveBits'),
  deriveKey: refused('deriveKey'),
  wrapKey: refused('wrapKey'),
  unwrapKey: refused('unwrapKey'),
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
