/**
 * The path from a client's certificate up to an authority that is registered for it (RFC 5280 §6). Strict, since both
 * sides are known: what is not understood is refused. Revocation lists and OCSP are not consulted.
 */
import type { KeyObject, X509Certificate } from 'node:crypto'
import type { CertificateFacts, ReadCertificateFacts } from './certificate-facts.ts'

/** Authorities between the client's certificate and the registered one. */
export const maxIntermediates = 3

/**
 * Undefined when there is a path and every certificate on it may be there; otherwise what is wrong, for the operator.
 * `intermediates` are whatever the client sent along, and prove nothing by themselves.
 */
export async function faultOfPath(
  readFacts: ReadCertificateFacts,
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: Date,
): Promise<string | undefined> {
  const path = pathTo(leaf, intermediates, authorities)
  if (!path) return 'No authority that is registered for the client answers for the certificate.'
  const fault = faultOfDates(leaf, now) ?? faultOfLeaf(await readFacts(leaf))
  if (fault !== undefined) return fault
  for (const [between, issuer] of path.entries()) {
    const issuerFault = faultOfDates(issuer, now) ?? faultOfIssuer(await readFacts(issuer), between)
    if (issuerFault !== undefined) return `Of an authority above the certificate: ${issuerFault}`
  }
  return undefined
}

export function faultOfDates({ validFromDate, validToDate }: X509Certificate, now: Date): string | undefined {
  if (now > validToDate) return 'The certificate has expired.'
  return now < validFromDate ? 'The certificate is not valid yet.' : undefined
}

/** Whether its key is of a kind and size that proves anything (RFC 8705 §7.3 leaves that to us). */
export function hasStrongKey(certificate: X509Certificate): boolean {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details = {} } = publicKeyOf(certificate) ?? {}
  const { modulusLength = 0, publicExponent = 0n } = details
  // With an exponent of 1 every signature would be valid; the bound is that of FIPS 186-5, appendix A.1.1.
  if (kind === 'rsa') return modulusLength >= 2048 && modulusLength <= 8192 && publicExponent >= 65_537n
  if (kind === 'ec') return ['prime256v1', 'secp384r1', 'secp521r1'].includes(details.namedCurve ?? '')
  return kind === 'ed25519'
}

function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey
  } catch {
    return undefined
  }
}

// Searched downwards from the registered authorities: only signatures by keys already known to be good are checked,
// so that nobody can make us check certificates made for that purpose.
function pathTo(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate[] | undefined {
  let ways = authorities.map((authority) => [authority])
  let others = intermediates.filter(({ ca }) => ca)
  for (let between = 0; ways.length > 0 && between <= maxIntermediates; between += 1) {
    const way = ways.find(([lowest]) => lowest && hasIssued(lowest, leaf))
    if (way) return way
    const longer: X509Certificate[][] = []
    for (const other of others) {
      const above = ways.find(([lowest]) => lowest && hasIssued(lowest, other))
      if (above) longer.push([other, ...above])
    }
    others = others.filter((other) => !longer.some(([lowest]) => lowest === other))
    ways = longer
  }
  return undefined
}

/** RSA (PKCS #1 v1.5) and ECDSA with SHA-256, SHA-384 and SHA-512, and Ed25519: nothing that rests on SHA-1. */
const signatures = new Set([
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
])

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  if (!signatures.has(certificate.signatureAlgorithmOid ?? '') || !certificate.checkIssued(issuer))
    return false
  try {
    return hasStrongKey(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}

const clientAuthentication = '1.3.6.1.5.5.7.3.2'
const anyUsage = '2.5.29.37.0'
const cannotBeRead = 'An extension of the certificate cannot be read.'

function faultOfLeaf(facts: CertificateFacts | undefined): string | undefined {
  if (!facts) return cannotBeRead
  if (facts.isAuthority) return 'The certificate is that of an authority.'
  if (facts.keyUsage?.digitalSignature === false) return 'The key of the certificate is not for signatures.'
  if (facts.extendedKeyUsages?.includes(clientAuthentication) === false) {
    return 'The certificate is not for the authentication of clients.'
  }
  return faultOfExtensions(facts)
}

function faultOfIssuer(facts: CertificateFacts | undefined, between: number): string | undefined {
  if (!facts) return cannotBeRead
  if (!facts.isAuthority || facts.keyUsage?.keyCertSign === false) return 'It may not issue certificates.'
  if (facts.pathLength !== undefined && facts.pathLength < between) {
    return 'There are more authorities below it than it allows.'
  }
  const { extendedKeyUsages: usages } = facts
  if (usages && !usages.includes(clientAuthentication) && !usages.includes(anyUsage)) {
    return 'It may not issue certificates for the authentication of clients.'
  }
  return faultOfExtensions(facts)
}

function faultOfExtensions({ notUnderstood }: CertificateFacts): string | undefined {
  return notUnderstood.length > 0
    ? `It asks for checks that are not made here: ${notUnderstood.join(', ')}.`
    : undefined
}
