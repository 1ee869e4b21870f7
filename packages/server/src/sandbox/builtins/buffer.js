/** `buffer`, with the one encoding of Node's that the package lacks: base64url. Decoding, it takes both alphabets. */
import { Buffer, INSPECT_MAX_BYTES, kMaxLength, SlowBuffer } from 'buffer/'

const { from, alloc, byteLength, isEncoding } = Buffer
const { toString: toText, write } = Buffer.prototype

const isUrl = (encoding) => typeof encoding === 'string' && encoding.toLowerCase() === 'base64url'
const known = (encoding) => (isUrl(encoding) ? 'base64' : encoding)

Buffer.from = (value, encoding, length) => from(value, known(encoding), length)
Buffer.alloc = (size, fill, encoding) => alloc(size, fill, known(encoding))
Buffer.byteLength = (text, encoding) => byteLength(text, known(encoding))
Buffer.isEncoding = (encoding) => isUrl(encoding) || isEncoding(encoding)
Buffer.prototype.toString = function (...args) {
  if (!isUrl(args[0])) return toText.apply(this, args)
  const text = toText.call(this, 'base64', args[1], args[2])
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
Buffer.prototype.write = function (text, ...args) {
  return write.call(this, text, ...args.map(known))
}

export { Buffer, INSPECT_MAX_BYTES, kMaxLength, SlowBuffer }
