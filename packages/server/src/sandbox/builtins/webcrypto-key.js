/** A key of Web Crypto: what may be done with it, and beneath it what only these files see. */

const hashNames = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' }

/** The standard's spelling of a hash, given as text or as `{ name }`. */
export function hashOf(algorithm) {
  const name = String(algorithm?.name ?? algorithm).toUpperCase()
  if (hashNames[name] === undefined) throw unsupported(`The hash ${name}`)
  return name
}

export const nodeHash = (name) => hashNames[name]

export function named(name, message) {
  return Object.assign(new Error(message), { name })
}

export function unsupported(what) {
  return named('NotSupportedError', `${what} is not offered to a rule.`)
}

export function toArrayBuffer(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
}

/** Bytes of a secret key, a `KeyObject` of the others. */
export let materialOf

export class CryptoKey {
  #material
  static {
    materialOf = (key) => key.#material
  }
  constructor(type, material, algorithm, extractable, usages) {
    this.#material = material
    this.type = type
    this.extractable = Boolean(extractable)
    this.algorithm = algorithm
    this.usages = usages
  }
  get [Symbol.toStringTag]() {
    return 'CryptoKey'
  }
}

/** @param allowed what this type of key can do at all */
export function checkUsages(usages, allowed, isEmptyAllowed) {
  const asked = [...new Set(usages)]
  const wrong = asked.find((usage) => !allowed.includes(usage))
  if (wrong !== undefined) throw named('SyntaxError', `Such a key cannot be used to ${wrong}.`)
  if (asked.length === 0 && !isEmptyAllowed) throw named('SyntaxError', 'The key needs a use.')
  return asked
}

/** What is asked of a key must be of its own algorithm, and one of its uses. */
export function checkKey(key, algorithmName, usage) {
  if (!(key instanceof CryptoKey)) throw new TypeError('A CryptoKey is needed.')
  if (key.algorithm.name !== algorithmName)
    throw named('InvalidAccessError', `The key is one for ${key.algorithm.name}, not for ${algorithmName}.`)
  if (usage !== undefined && !key.usages.includes(usage))
    throw named('InvalidAccessError', `The key may not ${usage}.`)
}
