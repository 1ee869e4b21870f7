/** A certificate as it is registered: a PEM, read once and reduced to what later certificates are recognised by. */
import type { X509Certificate } from 'node:crypto'
import { pemLabels, readPemBlock } from '../pem-block.ts'
import { whyUnsound } from '../public-key/sound-key.ts'
import { readCertificate, readCertificateFacts, thumbprintOf } from './certificate-facts.ts'
import { hasStrongKey } from './certificate-path.ts'
import { type DistinguishedName, writeDistinguishedName } from './distinguished-name.ts'

/** Why the certificate cannot be registered, for whoever registers it. Quotes nothing of it. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
}

export interface RegisteredCertificate {
  /** In base64. */
  readonly der: string
  readonly thumbprint: string
  /** RFC 4514. */
  readonly subjectDn: string
  readonly expiresAt: Date
}

/** @throws CertificateError */
export async function parseClientCertificate(pem: string, now: Date): Promise<RegisteredCertificate> {
  return (await read(pem, now)).registered
}

/** @throws CertificateError unless it may issue certificates of clients. */
export async function parseAuthority(pem: string, now: Date): Promise<RegisteredCertificate> {
  const { registered, facts } = await read(pem, now)
  if (!facts.isAuthority || facts.keyUsage?.keyCertSign === false) {
    throw new CertificateError('The certificate is not that of an authority: it may not issue others')
  }
  if (facts.notUnderstood.length > 0) {
    throw new CertificateError(
      `The authority asks for checks that are not made here: ${facts.notUnderstood.join(', ')}`,
    )
  }
  return registered
}

async function read(pem: string, now: Date) {
  const labels = pemLabels(pem)
  if (labels.some((label) => label.includes('PRIVATE'))) {
    throw new CertificateError(
      'This holds a private key, which must never leave its owner: make a new pair, and send its certificate',
    )
  }
  if (labels.length !== 1 || labels[0] !== 'CERTIFICATE') {
    throw new CertificateError('Send one PEM block, a certificate')
  }
  const certificate = parse(pem)
  if (!hasStrongKey(certificate)) {
    throw new CertificateError(
      'The key of the certificate must be RSA of 2048 to 8192 bits with an exponent of 65537 or more, EC P-256, P-384 or P-521, or Ed25519',
    )
  }
  const fault = whyUnsound(certificate.publicKey)
  if (fault !== undefined) throw new CertificateError(fault.replace(/\.$/, ''))
  if (certificate.validToDate <= now) throw new CertificateError('The certificate has expired')
  const facts = await readCertificateFacts(certificate)
  if (!facts) throw new CertificateError('An extension of the certificate cannot be read')
  const registered = {
    der: certificate.raw.toString('base64'),
    thumbprint: thumbprintOf(certificate.raw),
    subjectDn: nameInWords(facts.subject),
    expiresAt: certificate.validToDate,
  }
  return { registered, facts }
}

function parse(pem: string): X509Certificate {
  const block = readPemBlock(pem)
  const certificate = block && readCertificate(block.der)
  if (!certificate) throw new CertificateError('The certificate cannot be read')
  return certificate
}

function nameInWords(subject: DistinguishedName | undefined): string {
  return subject ? writeDistinguishedName(subject) : ''
}
