/**
 * Base64url as in RFC 7515 §2: no padding, no spaces, no stray bits. Only one text is accepted for the same bytes.
 */

/** Undefined unless the value is the one text that encodes these bytes (RFC 4648 §3.5). */
export function decodeBase64url(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
