/**
 * Two URIs of one resource as one text (RFC 3986 §6.2.2, §6.2.3), for `htu` (RFC 9449 §4.3): scheme and host in lower
 * case, no default port, no dot segments, percent-encoding only where it is needed and in upper case. Query and fragment
 * are left out.
 */

// What the URL parser would silently repair is not a URI: spaces, backslashes, a missing slash, a password.
const plainUri = /^https?:\/\/[^\s/?#@\\]+(?:[/?#][^\s\\]*)?$/i
const onlyUriCharacters = /^[\x21\x23-\x5b\x5d\x5f\x61-\x7a\x7e]+$/

/** Undefined for anything but an http or https URI. */
export function comparableUri(uri: string): string | undefined {
  if (!plainUri.test(uri) || !onlyUriCharacters.test(uri)) return undefined
  const parsed = URL.parse(uri)
  return parsed ? `${parsed.origin}${normalPath(parsed.pathname)}` : undefined
}

const unreserved = /^[A-Za-z0-9._~-]$/

function normalPath(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return unreserved.test(character) ? character : encoded.toUpperCase()
  })
}
