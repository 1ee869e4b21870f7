import { randomBytes } from 'node:crypto'

const drawnAtOnce = 4096

let drawn = Buffer.alloc(0)

/**
 * Random bytes of the system, drawn many at a time: each draw is a call into the kernel, and a token request needs
 * several. No byte is given out twice; the caller owns what it gets.
 */
export function drawRandomBytes(length: number): Buffer {
  if (length > drawnAtOnce) return randomBytes(length)
  if (drawn.length < length) drawn = randomBytes(drawnAtOnce)
  const bytes = Buffer.from(drawn.subarray(0, length))
  // What has been given out must not stay here.
  drawn.fill(0, 0, length)
  drawn = drawn.subarray(length)
  return bytes
}
