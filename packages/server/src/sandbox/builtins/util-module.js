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

// Written out, since a control character in a pattern looks like a slip.
const colourCode = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g')
const stripVTControlCharacters = (text) => String(text).replace(colourCode, '')

export default {
  ...legacy,
  format: bridge.format,
  formatWithOptions: (_options, ...args) => bridge.format(...args),
  inspect: bridge.inspect,
  isDeepStrictEqual,
  stripVTControlCharacters,
  TextEncoder,
  TextDecoder,
}
