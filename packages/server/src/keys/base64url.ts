/** Base64url as RFC 7515 §2 has it: no padding, no spaces, no bits that mean nothing. One text for the same bytes. */

/** Undefined unless the value is the one text that encodes these bytes (RFC 4648 §3.5). */
export function decodeBase64url(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
