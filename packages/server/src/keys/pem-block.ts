/**
 * PEM (RFC 7468). As others send it, it is taken apart here and handed on as DER. OpenSSL would read it, too, but for a
 * block with the headers of an encrypted one (RFC 1421 §4.6.1.1) it asks for the password at the terminal that the
 * server was started from, and every request waits for the answer.
 */

export interface PemBlock {
  readonly label: string
  readonly der: Buffer
}

/** Of each block that begins in the text, whether it can be read or not. */
export function pemLabels(text: string): string[] {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map(([, label]) => label ?? '')
}

// No part of it can begin where another one has not ended, so that no text takes long to read.
const wholeBlock = /-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*\r?\n([A-Za-z0-9+/=\s]+)-----END \1-----/

/** The only block of the text; undefined when there is none, or one that is not whole, or has headers. */
export function readPemBlock(text: string): PemBlock | undefined {
  const [, label, lines] = wholeBlock.exec(text) ?? []
  if (label === undefined || lines === undefined || pemLabels(text).length !== 1) return undefined
  const base64 = lines.replace(/\s/g, '')
  const der = Buffer.from(base64, 'base64')
  return der.toString('base64') === base64 ? { label, der } : undefined
}

/** RFC 7468 §2: lines of 64 characters. `base64` is the DER. */
export function writePemBlock(label: string, base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
