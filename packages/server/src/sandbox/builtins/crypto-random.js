/** Randomness of the invocation's seed, in the forms that Node has. */
import { Buffer } from 'buffer'
import { toBytes } from './crypto-bytes.js'

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
