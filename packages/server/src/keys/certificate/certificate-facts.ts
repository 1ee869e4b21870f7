/**
 * What an X.509 certificate says of itself (RFC 5280) beyond what OpenSSL tells us: its name as text, who it may
 * issue to, and whether it asks for checks that are not made here. Reading one takes a millisecond, so the facts are
 * kept for a while; a certificate never changes.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { type DistinguishedName, distinguishedNameOf } from './distinguished-name.ts'
import { loadX509Library } from './x509-library.ts'

export interface CertificateFacts {
  /** Undefined where a part of it is not text. */
  readonly subject: DistinguishedName | undefined
  readonly uris: readonly string[]
  readonly hosts: readonly string[]
  /** Undefined: any use. */
  readonly keyUsage: { readonly digitalSignature: boolean; readonly keyCertSign: boolean } | undefined
  readonly extendedKeyUsages: readonly string[] | undefined
  readonly isAuthority: boolean
  /** How many authorities may stand between it and a client. Undefined: any number. */
  readonly pathLength: number | undefined
  /** Extensions that must not be ignored and that nobody here understands; name constraints are always among them. */
  readonly notUnderstood: readonly string[]
}

/** Undefined where it cannot be read: then it proves nothing. */
export type ReadCertificateFacts = (certificate: X509Certificate) => Promise<CertificateFacts | undefined>

/** SHA-256 of its DER, base64url: `x5t#S256` (RFC 8705 §3.1). */
export function thumbprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url')
}

/** Undefined unless the bytes are one certificate and nothing else. */
export function readCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der)
    // The constructor accepts text, too, and ignores whatever follows the certificate.
    return certificate.raw.equals(der) ? certificate : undefined
  } catch {
    return undefined
  }
}

/** Certificates whose facts are kept; the least recently used goes first. */
const maxKept = 1000

export function createReadCertificateFacts(): ReadCertificateFacts {
  const kept = new Map<string, CertificateFacts | undefined>()
  return async function readFacts(certificate) {
    const key = thumbprintOf(certificate.raw)
    const facts = kept.has(key) ? kept.get(key) : await readCertificateFacts(certificate)
    kept.delete(key)
    kept.set(key, facts)
    const [oldest] = kept.keys()
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest)
    return facts
  }
}

const nameConstraints = '2.5.29.30'
/** Basic constraints, key usage, extended key usage, alternative names; policies, none of which we require. */
const understood = new Set(['2.5.29.19', '2.5.29.15', '2.5.29.37', '2.5.29.17', '2.5.29.32'])

export const readCertificateFacts: ReadCertificateFacts = async ({ raw }) => {
  const x509 = await loadX509Library()
  try {
    return factsOf(x509, raw)
  } catch {
    // OpenSSL could read the certificate, but the library could not read one of its extensions.
    return undefined
  }
}

function factsOf(
  x509: Awaited<ReturnType<typeof loadX509Library>>,
  raw: Uint8Array<ArrayBuffer>,
): CertificateFacts {
  const certificate = new x509.X509Certificate(raw)
  const { extensions } = certificate
  const constraints = certificate.getExtension(x509.BasicConstraintsExtension)
  const usages = certificate.getExtension(x509.KeyUsagesExtension)?.usages
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? []
  const namesOf = (type: string) => names.filter((name) => name.type === type).map(({ value }) => value)
  return {
    subject: distinguishedNameOf(certificate.subjectName.toJSON()),
    uris: namesOf('url'),
    hosts: namesOf('dns').map((host) => host.toLowerCase()),
    keyUsage:
      usages === undefined
        ? undefined
        : {
            digitalSignature: (usages & x509.KeyUsageFlags.digitalSignature) !== 0,
            keyCertSign: (usages & x509.KeyUsageFlags.keyCertSign) !== 0,
          },
    extendedKeyUsages: certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages.map(String),
    isAuthority: constraints?.ca ?? false,
    pathLength: constraints?.pathLength,
    notUnderstood: extensions
      .filter(({ type, critical }) => type === nameConstraints || (critical && !understood.has(type)))
      .map(({ type }) => type),
  }
}
