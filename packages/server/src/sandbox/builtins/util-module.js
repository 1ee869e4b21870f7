/** `util`, with the console's own way of showing values. */
import assert from 'assert'
import legacy from 'util/'

const { TextEncoder, TextDecoder } = globalThis

function isDeepStrictEqual(left, right) {
  try {
    assert.deepStrictEqual(left, right)
    return true
  } catch {
    return false
  }
}

const stripVTControlCharacters = (text) => String(text).replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')

export default {
  ...legacy,
  format: bridge.format,
  inspect: bridge.inspect,
  isDeepStrictEqual,
  stripVTControlCharacters,
  TextEncoder,
  TextDecoder,
}
