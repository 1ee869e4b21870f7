/** A key, a certificate or a certified name, as people read it. */
import { X509Certificate } from 'node:crypto'
import type { ClientCredential } from '@tallystick/management-api/contract/client-credentials'
import { formatDetails } from '../table.ts'

/** What it is recognised by: the key by its id, a certificate by its subject, a name by itself. */
export function holderOf({ subject_dn, san_uri, san_dns, kid }: ClientCredential): string {
  return subject_dn ?? san_uri ?? san_dns ?? kid
}

/** When it stops counting; a name counts as long as one of its authorities is valid. Undefined: it does not end. */
export function endOf({ expires_at, certificate_authorities }: ClientCredential): string | undefined {
  const ends = (certificate_authorities ?? []).map((pem) => new X509Certificate(pem).validToDate.getTime())
  const last = ends.length === 0 ? undefined : new Date(Math.max(...ends)).toISOString()
  return [expires_at, last].filter((end) => end !== undefined).toSorted()[0]
}

export function credentialDetails(credential: ClientCredential): string[] {
  const { certificate_authorities = [], thumbprint_sha256 } = credential
  return formatDetails([
    ['credential_id', credential.id],
    ['type', credential.credential_type],
    ['alg', credential.alg ?? ''],
    ['subject', credential.subject_dn ?? ''],
    ['uri', credential.san_uri ?? ''],
    ['host', credential.san_dns ?? ''],
    ['authorities', certificate_authorities.map(authorityInWords).join('\n')],
    ['thumbprint', thumbprint_sha256 ?? ''],
    ['kid', credential.kid],
    ['name', credential.name ?? ''],
    ['expires', endOf(credential) ?? 'never'],
  ])
}

/** Its subject as people write it, and its end, after which it certifies the name no more. */
function authorityInWords(pem: string): string {
  const { subject, validToDate } = new X509Certificate(pem)
  const name = (subject ?? '').split('\n').toReversed().join(',')
  return `${name}, until ${validToDate.toISOString()}`
}
