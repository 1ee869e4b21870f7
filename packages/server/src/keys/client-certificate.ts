/**
 * Certificates of clients (RFC 8705): one that is registered, made into what it is recognised by, and one that is shown,
 * held against what is registered. That whoever shows it has its key was proven by the TLS handshake, here or at a
 * trusted proxy.
 */
import { timingSafeEqual, type X509Certificate } from 'node:crypto'
import type { CertificateCredential, CertifiedNameCredential } from '../domain/client-credential.ts'
import { createReadCertificateFacts, readCertificate, thumbprintOf } from './certificate-facts.ts'
import { faultOfDates, faultOfPath, hasStrongKey, maxIntermediates } from './certificate-path.ts'
import { isSameName, parseDistinguishedName } from './distinguished-name.ts'

/** A certificate whose key its sender holds. */
export interface PresentedCertificate {
  /** DER. */
  readonly der: Uint8Array
  /** DER of others that came with it, in any order: perhaps the way up to an authority. */
  readonly intermediates: readonly Uint8Array[]
}

export interface ClientCertificates {
  /** Undefined when the certificate is what the credential asks for; else what is wrong, for the operator. */
  faultOf(
    presented: PresentedCertificate,
    credential: CertificateCredential | CertifiedNameCredential,
    now: Date,
  ): Promise<string | undefined>
  /** For a client without any: it takes as long as with one that another certificate is registered for. */
  checkInVain(presented: PresentedCertificate): void
}

export function createClientCertificates(): ClientCertificates {
  const readFacts = createReadCertificateFacts()

  async function faultOfName(
    leaf: X509Certificate,
    { intermediates }: PresentedCertificate,
    credential: CertifiedNameCredential,
    now: Date,
  ): Promise<string | undefined> {
    const authorities = readAll(credential.authorities.map((each) => Buffer.from(each, 'base64')))
    const sent = readAll(intermediates.slice(0, maxIntermediates))
    const fault = await faultOfPath(readFacts, leaf, sent, authorities, now)
    if (fault !== undefined) return fault
    const { subject, uris = [], hosts = [] } = (await readFacts(leaf)) ?? {}
    const { type, certifiedName } = credential
    const isRight = {
      cert_subject_dn: () => {
        const registered = parseDistinguishedName(certifiedName)
        return registered !== undefined && subject !== undefined && isSameName(registered, subject)
      },
      cert_san_uri: () => uris.includes(certifiedName),
      cert_san_dns: () => hosts.includes(certifiedName),
    }[type]()
    return isRight ? undefined : 'The certificate is of another name.'
  }

  return {
    async faultOf(presented, credential, now) {
      const leaf = readCertificate(presented.der)
      if (!leaf) return 'What was shown is no certificate.'
      if (!hasStrongKey(leaf)) return 'The key of the certificate is too weak, or of an unusual kind.'
      if (credential.type !== 'x509_cert') return faultOfName(leaf, presented, credential, now)
      if (!isSameText(thumbprintOf(presented.der), credential.thumbprint)) {
        return 'The certificate is another one.'
      }
      return faultOfDates(leaf, now)
    },

    checkInVain({ der }) {
      const leaf = readCertificate(der)
      if (leaf && hasStrongKey(leaf)) thumbprintOf(der)
    },
  }
}

function readAll(ders: readonly Uint8Array[]): X509Certificate[] {
  return ders.map(readCertificate).filter((each) => each !== undefined)
}

function isSameText(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
