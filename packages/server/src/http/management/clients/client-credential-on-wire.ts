/** A credential of a client as the management API shows it: what it is called, and of certificates what is public anyway. */
import type { ClientCredential as CredentialOnWire } from '@tallystick/management-api/contract/client-credentials'
import type { ClientCredential } from '../../../domain/client-credential.ts'
import { writePemBlock } from '../../../keys/pem-block.ts'

export function credentialOnWire(credential: ClientCredential): CredentialOnWire {
  return {
    id: credential.id,
    credential_type: credential.type,
    kid: credential.kid,
    ...proofOnWire(credential),
    ...(credential.name !== '' && { name: credential.name }),
    created_at: credential.createdAt.toISOString(),
    updated_at: credential.updatedAt.toISOString(),
    ...(credential.expiresAt && { expires_at: credential.expiresAt.toISOString() }),
  }
}

function proofOnWire(credential: ClientCredential): Partial<CredentialOnWire> {
  if (credential.type === 'public_key') return { alg: credential.algorithm }
  if (credential.type === 'x509_cert') {
    return {
      ...(credential.subjectDn !== '' && { subject_dn: credential.subjectDn }),
      thumbprint_sha256: credential.thumbprint,
    }
  }
  const { type, certifiedName, authorities } = credential
  const member = (
    { cert_subject_dn: 'subject_dn', cert_san_uri: 'san_uri', cert_san_dns: 'san_dns' } as const
  )[type]
  return {
    [member]: certifiedName,
    certificate_authorities: authorities.map((der) => writePemBlock('CERTIFICATE', der)),
  }
}
