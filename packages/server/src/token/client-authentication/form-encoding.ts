/**
 * `application/x-www-form-urlencoded` to the letter (RFC 6749, appendix B): a broken percent-encoding, or one that
 * does not decode to UTF-8, is refused instead of guessed at, since a proxy in between may guess otherwise.
 */

/** Undefined when a percent sign is not followed by two hexadecimal digits, or the bytes are not UTF-8. */
export function decodeFormText(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** Names and values in the order sent; undefined when one of them cannot be decoded. */
export function parseForm(text: string): [name: string, value: string][] | undefined {
  const pairs: [string, string][] = []
  for (const piece of text.split('&')) {
    if (piece === '') continue
    const at = piece.indexOf('=')
    const name = decodeFormText(at < 0 ? piece : piece.slice(0, at))
    const value = decodeFormText(at < 0 ? '' : piece.slice(at + 1))
    if (name === undefined || value === undefined) return undefined
    pairs.push([name, value])
  }
  return pairs
}
