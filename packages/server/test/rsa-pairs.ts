/**
 * RSA key pairs for tests. Making one takes as long as many a test; who only needs that they differ takes them from here,
 * where few are made and each is given again when the others have been.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'

export interface RsaPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** More than any test needs at once. */
const kept = 12
const pairs: RsaPair[] = []
let given = 0

/** Of 2,048 bits; another one each time, until all have been given. */
export function nextRsaPair(): RsaPair {
  const at = given % kept
  given += 1
  const pair = pairs[at] ?? generateKeyPairSync('rsa', { modulusLength: 2048 })
  pairs[at] = pair
  return pair
}
