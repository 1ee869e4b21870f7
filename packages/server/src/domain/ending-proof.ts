/** Something that proves a client, and that ends: its operator is told before it does. */
import type { ClientCredential } from './client-credential.ts'

export const proofTypes = [
  'client_secret',
  'public_key',
  'x509_cert',
  'cert_subject_dn',
  'cert_san_uri',
  'cert_san_dns',
] as const satisfies readonly ('client_secret' | ClientCredential['type'])[]

export interface EndingProof {
  readonly type: (typeof proofTypes)[number]
  /** Of the secret or the credential. */
  readonly id: string
  readonly expiresAt: Date
}

/** Days before its end in which the log warns of what is used. */
export const warningDays = 30

/** Half a sentence. */
export function proofInWords({ type, id }: Pick<EndingProof, 'type' | 'id'>): string {
  return type === 'client_secret' ? `The secret ${id}` : `The credential ${id}`
}
