/** Keys made of passwords and of other keys. */
import { checkHash, fromBase64, operate, toBase64 } from './crypto-bytes.js'

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
