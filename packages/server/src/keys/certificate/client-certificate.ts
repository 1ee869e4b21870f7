/**
 * Certificates that clients show (RFC 8705), checked against what is registered for them. The TLS handshake, here or
 * at a trusted proxy, has already proven that the sender holds the key.
 */
import { timingSafeEqual, type X509Certificate } from 'node:crypto'
import type { CertificateCredential, CertifiedNameCredential } from '../../domain/client-credential.ts'
import { createKeptKeys } from '../kept-keys.ts'
import { createReadCertificateFacts, readCertificate, thumbprintOf } from './certificate-facts.ts'
import { faultOfDates, faultOfPath, hasStrongKey, maxIntermediates } from './certificate-path.ts'
import { isSameName, parseDistinguishedName } from './distinguished-name.ts'
import { loadX509Library } from './x509-library.ts'

/** A certificate whose key its sender holds. */
export interface PresentedCertificate {
  readonly leaf: X509Certificate
  /** Others that came with it, in any order: perhaps the path up to an authority. */
  readonly intermediates: readonly X509Certificate[]
}

export interface ClientCertificates {
  /** Undefined when the certificate matches one of these credentials; otherwise what is wrong, for the operator. */
  faultOf(
    presented: PresentedCertificate,
    credentials: readonly (CertificateCredential | CertifiedNameCredential)[],
    now: Date,
  ): Promise<string | undefined>
}

export function createClientCertificates(): ClientCertificates {
  const readFacts = createReadCertificateFacts()
  const readAuthority = createReadAuthority()
  let library: Promise<unknown> | undefined

  async function faultOfName(
    { leaf, intermediates }: PresentedCertificate,
    credential: CertifiedNameCredential,
    now: Date,
  ): Promise<string | undefined> {
    const authorities = credential.authorities.map(readAuthority).filter((each) => each !== undefined)
    const sent = intermediates.slice(0, maxIntermediates)
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
    async faultOf(presented, credentials, now) {
      if (!hasStrongKey(presented.leaf))
        return 'The key of the certificate is too weak, or of an unusual kind.'
      // Loaded with the first certificate that anybody shows, whichever client it is for, so that the wait tells
      // nothing.
      library ??= loadX509Library()
      await library
      let fault = 'The client has no credential that counts.'
      for (const credential of credentials) {
        const faultOfThis =
          credential.type === 'x509_cert'
            ? faultOfItself(presented, credential, now)
            : await faultOfName(presented, credential, now)
        if (faultOfThis === undefined) return undefined
        fault = faultOfThis
      }
      return fault
    },
  }
}

function faultOfItself(
  { leaf }: PresentedCertificate,
  { thumbprint }: CertificateCredential,
  now: Date,
): string | undefined {
  if (!isSameText(thumbprintOf(leaf.raw), thumbprint)) return 'The certificate is another one.'
  return faultOfDates(leaf, now)
}

/** Reading an authority takes longer than checking one of its signatures. `der` is in base64. */
function createReadAuthority(): (der: string) => X509Certificate | undefined {
  const kept = createKeptKeys<X509Certificate>()
  return (der) => {
    const found = kept.get(der)
    if (found) return found
    const authority = readCertificate(Buffer.from(der, 'base64'))
    return authority && kept.keep(der, authority)
  }
}

function isSameText(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
