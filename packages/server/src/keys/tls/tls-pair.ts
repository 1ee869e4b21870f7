/**
 * What a TLS server shows and proves itself with: a certificate, with the chain above it, and its private key.
 * A pair that cannot work is found here, before any client does.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { revealSecret, type SecretText } from '../secret/secret-text.ts'

export interface TlsPair {
  /** PEM, the server's own certificate first. */
  readonly certificate: string
  /** PEM. */
  readonly key: SecretText
}

/** TLS 1.0 and 1.1 are retired (RFC 8996). */
export const minTlsVersion = 'TLSv1.2'

/** All of TLS 1.3, and the four of TLS 1.2 that RFC 9325 §4.2 recommends and the FAPI 2.0 Security Profile allows. */
export const cipherSuites = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':')

export interface PairFault {
  readonly part: 'certificate' | 'key'
  /** Completes a sentence that begins with the name of the part. */
  readonly text: string
}

/** Every fault of the pair; none means that it can serve now. */
export function faultsOfPair(pair: TlsPair, now: Date): PairFault[] {
  const certificate = parseCertificate(pair.certificate)
  const key = parseKey(pair.key)
  const faults: PairFault[] = []
  if (certificate === undefined) faults.push({ part: 'certificate', text: 'is no certificate in PEM.' })
  if (key === undefined) {
    faults.push({ part: 'key', text: 'is no private key in PEM, or one that asks for a passphrase.' })
  }
  if (certificate !== undefined) faults.push(...faultsOfDates(certificate, now))
  if (certificate === undefined || key === undefined) return faults
  if (!certificate.checkPrivateKey(key)) {
    return [...faults, { part: 'key', text: 'is not the key of the certificate.' }]
  }
  return faults.length > 0 ? faults : faultsInUse(pair)
}

/** When clients begin to refuse it. */
export function endOfPair({ certificate }: TlsPair): Date | undefined {
  return parseCertificate(certificate)?.validToDate
}

/** Undefined when the text is not a certificate. */
export function parseCertificate(pem: string): X509Certificate | undefined {
  if (!pem.includes('-----BEGIN')) return undefined
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function parseKey(pem: SecretText): KeyObject | undefined {
  try {
    return createPrivateKey(revealSecret(pem))
  } catch {
    return undefined
  }
}

function faultsOfDates(certificate: X509Certificate, now: Date): PairFault[] {
  if (now > certificate.validToDate) {
    return [{ part: 'certificate', text: `expired on ${dayOf(certificate.validToDate)}.` }]
  }
  if (now < certificate.validFromDate) {
    return [{ part: 'certificate', text: `is not valid before ${dayOf(certificate.validFromDate)}.` }]
  }
  return []
}

// Whatever else TLS itself objects to: a key that is too short, a broken certificate further up the chain.
function faultsInUse(pair: TlsPair): PairFault[] {
  try {
    createSecureContext({ cert: pair.certificate, key: revealSecret(pair.key), minVersion: minTlsVersion })
    return []
  } catch (error) {
    const reason = error instanceof Error && 'reason' in error ? ` (${String(error.reason)})` : ''
    return [{ part: 'certificate', text: `cannot be used for TLS${reason}.` }]
  }
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}
