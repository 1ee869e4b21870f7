/**
 * How a proxy tells which certificate it was shown: as a byte sequence (RFC 9440 §2.1), or as the URL-encoded PEM that
 * nginx and Envoy write. The two cannot be taken for each other. The certificates above it come as a list of byte
 * sequences (RFC 9440 §2.3). What is not exactly one certificate is not guessed at.
 */
import { readCertificate } from '../keys/certificate-facts.ts'
import { maxIntermediates } from '../keys/certificate-path.ts'
import type { PresentedCertificate } from '../keys/client-certificate.ts'

/** Bytes of its DER. One of a client has some hundred, or two thousand. */
const maxCertificateBytes = 8192

/** Undefined where the proxy was shown none: the header is absent, or empty. */
export function certificateInHeaders(
  rawCertificates: readonly string[] = [],
  rawChain: readonly string[] = [],
): PresentedCertificate | 'unreadable' | undefined {
  const [raw = '', ...others] = rawCertificates
  if (others.length > 0) return 'unreadable'
  if (raw === '') return undefined
  const der = readDer(base64In(raw))
  const intermediates = readChain(rawChain)
  if (!der || !intermediates) return 'unreadable'
  return { der, intermediates }
}

/** Those nearest to the client's own; undefined when one of them cannot be read. */
function readChain(rawChain: readonly string[]): Uint8Array[] | undefined {
  const members = rawChain.filter((raw) => raw !== '').flatMap((raw) => raw.split(','))
  const ders = members.slice(0, maxIntermediates).map((member) => readDer(byteSequence(member.trim())))
  return ders.every((der) => der !== undefined) ? ders : undefined
}

function readDer(base64: string | undefined): Uint8Array | undefined {
  if (base64 === undefined || base64.length > (maxCertificateBytes / 3) * 4) return undefined
  const der = Buffer.from(base64, 'base64')
  // Characters that are none of base64 are skipped in silence, so what was read is held against what was sent.
  if (der.toString('base64') !== base64) return undefined
  return readCertificate(der) && der
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
