/**
 * The certificate of a signing key: self-signed, so it proves nothing that the key set does not; some verifiers want
 * a public key in this form (RFC 7517 §4.7). It is made once, with the key, because a second one would have other
 * fingerprints.
 */
import { X509Certificate } from 'node:crypto'
import type { CryptoKey } from 'jose'
import type { KeyAlgorithm } from '../../domain/resource-server.ts'
import { loadX509Library, newSerialNumber } from '../certificate/x509-library.ts'
import { writePemBlock } from '../pem-block.ts'

interface KeyPair {
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
}

// RFC 5280 §4.1.2.5: no well-defined end. A key ends when it is revoked, and the key set says so.
const noEnd = new Date('9999-12-31T23:59:59Z')

const signatures = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
  RS512: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
} as const satisfies Partial<Record<KeyAlgorithm, object>>

/** The algorithms whose keys get a certificate. */
export type CertifiedAlgorithm = keyof typeof signatures

/** DER in base64. */
export async function createKeyCertificate(
  keys: KeyPair,
  algorithm: CertifiedAlgorithm,
  now: Date,
): Promise<string> {
  const x509 = await loadX509Library()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: 'CN=Tallystick token signing',
    notBefore: now,
    notAfter: noEnd,
    keys: { publicKey: keys.publicKey, privateKey: keys.privateKey },
    signingAlgorithm: signatures[algorithm],
    extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)],
  })
  return certificate.toString('base64')
}

export interface CertificateInWords {
  readonly cert: string
  /** The certificate alone in a CMS envelope without a signature (RFC 5652 §5.2). */
  readonly pkcs7: string
  /** SHA-1 of the certificate: hexadecimal, with colons. */
  readonly fingerprint: string
  /** The same without colons. */
  readonly thumbprint: string
}

/** As people and tools read it: PEM and digests. */
export async function certificateInWords(certificate: string): Promise<CertificateInWords> {
  const x509 = await loadX509Library()
  const { fingerprint } = new X509Certificate(Buffer.from(certificate, 'base64'))
  const envelope = new x509.X509Certificates(new x509.X509Certificate(certificate)).export('base64')
  return {
    cert: writePemBlock('CERTIFICATE', certificate),
    pkcs7: writePemBlock('PKCS7', envelope),
    fingerprint,
    thumbprint: fingerprint.replaceAll(':', ''),
  }
}

/** RFC 7517 §4.7, §4.8: the members of a published key that carry its certificate. */
export function certificateMembers(certificate: string): { x5c: string[]; x5t: string } {
  const { fingerprint } = new X509Certificate(Buffer.from(certificate, 'base64'))
  const digest = Buffer.from(fingerprint.replaceAll(':', ''), 'hex')
  return { x5c: [certificate], x5t: digest.toString('base64url') }
}
