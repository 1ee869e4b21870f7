/**
 * The library that makes certificates (RFC 5280). It is slow to load and needs the metadata polyfill first, so it is
 * loaded only where a certificate is made or read.
 */
import { randomBytes } from 'node:crypto'

export async function loadX509Library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets, and not to be guessed. */
export function newSerialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}
