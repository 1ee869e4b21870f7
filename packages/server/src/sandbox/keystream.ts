/** A program's randomness: AES-256 in counter mode under the invocation's seed, so that a replay draws the same. */
import { createCipheriv, createHash } from 'node:crypto'

/** The next so many bytes, as one character each. */
export type Keystream = (count: number) => string

const keyBytes = 32
const firstCounter = Buffer.alloc(16)

export function createKeystream(seed: string): Keystream {
  const given = Buffer.from(seed, 'base64url')
  const key = given.length === keyBytes ? given : createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('aes-256-ctr', key, firstCounter)
  return (count) => cipher.update(Buffer.alloc(count)).toString('latin1')
}
