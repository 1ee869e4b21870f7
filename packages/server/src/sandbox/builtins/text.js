/** Text and bytes: the encoders and base64 of the web. */
import { Buffer } from 'buffer'

export class TextEncoder {
  get encoding() {
    return 'utf-8'
  }
  encode(text = '') {
    return new Uint8Array(Buffer.from(String(text), 'utf8'))
  }
  encodeInto(text, target) {
    const whole = Buffer.from(String(text), 'utf8')
    let written = Math.min(whole.length, target.length)
    // Never half a character: step back over continuation bytes.
    while (written < whole.length && written > 0 && (whole[written] & 0xc0) === 0x80) written--
    target.set(whole.subarray(0, written))
    return { read: whole.toString('utf8', 0, written).length, written }
  }
}

const encodings = new Map([
  ['utf-8', 'utf8'],
  ['utf8', 'utf8'],
  ['utf-16le', 'utf16le'],
  ['latin1', 'latin1'],
  ['iso-8859-1', 'latin1'],
  ['ascii', 'latin1'],
])

export class TextDecoder {
  #encoding
  #fatal
  #ignoreBom
  #held = Buffer.alloc(0)

  constructor(label = 'utf-8', options = {}) {
    const encoding = encodings.get(String(label).trim().toLowerCase())
    if (encoding === undefined) throw new RangeError(`The encoding ${label} is not offered.`)
    this.#encoding = encoding
    this.#fatal = Boolean(options.fatal)
    this.#ignoreBom = Boolean(options.ignoreBOM)
  }
  get encoding() {
    return this.#encoding === 'utf8' ? 'utf-8' : this.#encoding
  }
  get fatal() {
    return this.#fatal
  }
  decode(input, options = {}) {
    const given = input === undefined ? Buffer.alloc(0) : toBuffer(input)
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, given]) : given
    const end = options.stream ? bytes.length - unfinished(bytes, this.#encoding) : bytes.length
    this.#held = Buffer.from(bytes.subarray(end))
    const text = bytes.toString(this.#encoding, 0, end)
    if (
      this.#fatal &&
      this.#encoding === 'utf8' &&
      !Buffer.from(text, 'utf8').equals(bytes.subarray(0, end))
    ) {
      throw new TypeError('The encoded data was not valid.')
    }
    return !this.#ignoreBom && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }
}

function toBuffer(input) {
  return ArrayBuffer.isView(input)
    ? Buffer.from(input.buffer, input.byteOffset, input.byteLength)
    : Buffer.from(input)
}

/** How many bytes at the end begin a character that is not complete yet. */
function unfinished(bytes, encoding) {
  if (encoding === 'utf16le') return bytes.length % 2
  if (encoding !== 'utf8') return 0
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/
export function atob(text) {
  const compact = String(text).replace(/[\t\n\f\r ]/g, '')
  if (!base64.test(compact)) throw new TypeError('The string to be decoded is not correctly encoded.')
  return Buffer.from(compact, 'base64').toString('latin1')
}
export function btoa(text) {
  const string = String(text)
  for (let at = 0; at < string.length; at++) {
    if (string.charCodeAt(at) > 255)
      throw new TypeError('The string to be encoded has characters beyond Latin1.')
  }
  return Buffer.from(string, 'latin1').toString('base64')
}
