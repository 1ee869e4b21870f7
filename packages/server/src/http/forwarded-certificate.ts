/**
 * How a proxy passes on the certificate it was shown: as a byte sequence (RFC 9440 §2.1), or as the URL-encoded PEM
 * that nginx and Envoy write. The two cannot be confused. The certificates above it come as a list of byte sequences
 * (RFC 9440 §2.3). Anything but exactly one certificate is unreadable, and not guessed at.
 */
import type { X509Certificate } from 'node:crypto'
import { readCertificate } from '../keys/certificate/certificate-facts.ts'
import { maxIntermediates } from '../keys/certificate/certificate-path.ts'
import type { PresentedCertificate } from '../keys/certificate/client-certificate.ts'

/** Bytes of its DER. A client's certificate usually has a few hundred to two thousand. */
const maxCertificateBytes = 8192

/** Undefined where the proxy was shown none: the header is absent, or empty. */
export function certificateInHeaders(
  rawCertificates: readonly string[] = [],
  rawChain: readonly string[] = [],
): PresentedCertificate | 'unreadable' | undefined {
  const [raw = '', ...others] = rawCertificates
  if (others.length > 0) return 'unreadable'
  if (raw === '') return undefined
  const leaf = read(base64In(raw))
  const intermediates = readChain(rawChain)
  if (!leaf || !intermediates) return 'unreadable'
  return { leaf, intermediates }
}

/** Those nearest to the client's own; undefined when one of them cannot be read. */
function readChain(rawChain: readonly string[]): X509Certificate[] | undefined {
  const members = rawChain.filter((raw) => raw !== '').flatMap((raw) => raw.split(','))
  const chain = members.slice(0, maxIntermediates).map((member) => read(byteSequence(member.trim())))
  return chain.every((each) => each !== undefined) ? chain : undefined
}

function read(base64: string | undefined): X509Certificate | undefined {
  if (base64 === undefined || base64.length > (maxCertificateBytes / 3) * 4) return undefined
  const der = Buffer.from(base64, 'base64')
  // Characters outside base64 are silently skipped, so what was read is compared with what was sent.
  if (der.toString('base64') !== base64) return undefined
  return readCertificate(der)
}

function base64In(raw: string): string | undefined {
  return raw.startsWith(':') ? byteSequence(raw) : escapedPem(raw)
}

/** RFC 8941 §3.3.5. */
function byteSequence(raw: string): string | undefined {
  return /^:([A-Za-z0-9+/]+={0,2}):$/.exec(raw)?.[1]
}

function escapedPem(raw: string): string | undefined {
  const [, lines] =
    /^-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----\s*$/.exec(textOf(raw)) ??
    []
  return lines?.replace(/[\r\n]/g, '')
}

function textOf(raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch {
    return ''
  }
}
