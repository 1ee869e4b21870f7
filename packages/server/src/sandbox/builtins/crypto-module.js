/** `crypto` as `require` gives it: Node's functions, and the web's beside them. */
import * as node from 'tallystick:crypto'
import { CryptoKey, crypto as webcrypto } from 'tallystick:webcrypto'

export default {
  ...node,
  webcrypto,
  CryptoKey,
  subtle: webcrypto.subtle,
  getRandomValues: webcrypto.getRandomValues,
}
