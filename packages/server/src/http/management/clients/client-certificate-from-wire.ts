/** A certificate, or a name in certificates of an authority, as it is sent (RFC 8705 §2). */
import { createHash } from 'node:crypto'
import type { ClientCredentialToCreate } from '@tallystick/management-api/contract/client-credentials'
import type {
  CertificateCredential,
  CertifiedNameCredential,
  CertifiedNameType,
} from '../../../domain/client-credential.ts'
import { parseDistinguishedName } from '../../../keys/certificate/distinguished-name.ts'
import {
  CertificateError,
  parseAuthority,
  parseClientCertificate,
  type RegisteredCertificate,
} from '../../../keys/certificate/registered-certificate.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { parseExpiry, requireFuture } from './credential-expiry.ts'

type ProofOf<Credential> = Omit<
  Credential,
  'tenantId' | 'clientId' | 'id' | 'name' | 'createdAt' | 'updatedAt'
>

/** @throws ManagementError `invalid_body` */
export async function certificateFrom(
  type: 'x509_cert' | CertifiedNameType,
  body: ClientCredentialToCreate,
  now: Date,
): Promise<ProofOf<CertificateCredential> | ProofOf<CertifiedNameCredential>> {
  const { expires_at: text } = body
  const asked = text === undefined ? undefined : requireFuture('expires_at', parseExpiry(text), now)
  if (type === 'x509_cert') {
    const { thumbprint, subjectDn, expiresAt: end } = await certificateIn(body, now)
    return { type, kid: thumbprint, thumbprint, subjectDn, expiresAt: asked && asked < end ? asked : end }
  }
  const certifiedName = await nameFrom(type, body, now)
  const authorities = await authoritiesFrom(body, now)
  return {
    type,
    kid: kidOf([type, certifiedName, ...authorities]),
    certifiedName,
    authorities,
    expiresAt: asked,
  }
}

// Differs for the same name under other authorities, which is how an authority is replaced.
function kidOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

async function certificateIn({ pem }: ClientCredentialToCreate, now: Date): Promise<RegisteredCertificate> {
  if (pem === undefined) throw invalidBody('pem', 'Send the certificate as pem')
  return read('pem', () => parseClientCertificate(pem, now))
}

async function nameFrom(type: CertifiedNameType, body: ClientCredentialToCreate, now: Date): Promise<string> {
  if (type === 'cert_subject_dn') return subjectFrom(body, now)
  const [member, name] =
    type === 'cert_san_uri' ? (['san_uri', body.san_uri] as const) : (['san_dns', body.san_dns] as const)
  if (name === undefined) throw invalidBody(member, `A credential of the type ${type} needs it`)
  return name
}

async function subjectFrom(body: ClientCredentialToCreate, now: Date): Promise<string> {
  const { subject_dn: subject, pem } = body
  if ((subject === undefined) === (pem === undefined)) {
    throw invalidBody('subject_dn', 'Send the name once, as subject_dn or in a certificate as pem')
  }
  const name = subject ?? (await certificateIn(body, now)).subjectDn
  if (parseDistinguishedName(name)) return name
  throw invalidBody(
    subject === undefined ? 'pem' : 'subject_dn',
    'It must be a name such as CN=billing,O=Example (RFC 4514)',
  )
}

async function authoritiesFrom(body: ClientCredentialToCreate, now: Date): Promise<string[]> {
  const { certificate_authorities: pems } = body
  if (pems === undefined) {
    throw invalidBody(
      'certificate_authorities',
      'A name means nothing without them: send the certificates of the authorities that may give it',
    )
  }
  const authorities = new Set<string>()
  for (const pem of pems) {
    authorities.add((await read('certificate_authorities', () => parseAuthority(pem, now))).der)
  }
  return [...authorities]
}

async function read<Value>(member: string, parse: () => Promise<Value>): Promise<Value> {
  try {
    return await parse()
  } catch (error) {
    if (error instanceof CertificateError) throw invalidBody(member, error.message)
    throw error
  }
}
