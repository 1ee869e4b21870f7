import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseForm } from './form-encoding.ts'

const wellFormed = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed())

test('what is well encoded is read as it was meant', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(wellFormed, wellFormed)), (pairs) => {
      expect(parseForm(new URLSearchParams(pairs).toString())).toEqual(pairs)
    }),
  )
})

test('whatever the text, it is refused or read as the platform reads it', () => {
  const piece = fc.constantFrom('%', '%2', '%41', '%c3%a9', '%c3', '%ed%a0%80', '+', '&', '=', '?', 'é', 'a')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('')
      const pairs = parseForm(text)
      // It takes a question mark in front for that of a URL.
      if (pairs) expect(pairs).toEqual([...new URLSearchParams(`&${text}`)])
      expect(pairs !== undefined).toBe(isWellEncoded(text))
    }),
  )
})

/** Each percent sign begins a byte, and the bytes are UTF-8. */
function isWellEncoded(text: string): boolean {
  if (/%(?![0-9a-f]{2})/i.test(text)) return false
  const inBytes = text
    .replace(/[^%]+/g, (plain) => Buffer.from(plain).toString('latin1'))
    .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(inBytes, 'latin1'))
    return true
  } catch {
    return false
  }
}
