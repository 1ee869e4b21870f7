/**
 * A credential of a client: what it may prove itself with. A public key that verifies its assertions (RFC 7523 §3), a
 * certificate, or a name that an authority certifies (RFC 8705 §2). It counts only while it is one of the client's
 * active ones. A private key never comes here.
 */
import type { ClientCredentialId, ClientId } from './client.ts'
import type { Span } from './span.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** One key serves one algorithm: an assertion never chooses the one it is checked with (RFC 8725 §3.1). */
export const assertionAlgorithms = ['RS256', 'RS384', 'PS256', 'ES256', 'EdDSA'] as const
export type AssertionAlgorithm = (typeof assertionAlgorithms)[number]

/** How they may be called: `Ed25519` is what RFC 9864 calls EdDSA with that curve, and what public libraries write. */
export const assertionAlgorithmNames = [...assertionAlgorithms, 'Ed25519'] as const
export type AssertionAlgorithmName = (typeof assertionAlgorithmNames)[number]

/** Undefined when there is none of that name. */
export function algorithmNamed(name: unknown): AssertionAlgorithm | undefined {
  return name === 'Ed25519' ? 'EdDSA' : assertionAlgorithms.find((known) => known === name)
}

/** A public key as a JWK (RFC 7517), reduced to the members that make the key. */
export type ClientPublicJwk =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }

interface OfClient {
  readonly tenantId: TenantId
  readonly clientId: ClientId
  readonly id: ClientCredentialId
  readonly name: string
  /** Unique among the credentials of one client. */
  readonly kid: string
  /** From then on it proves nothing. */
  readonly expiresAt: Date | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface PublicKeyCredential extends OfClient {
  readonly type: 'public_key'
  readonly algorithm: AssertionAlgorithm
  readonly publicJwk: ClientPublicJwk
}

/** This certificate and no other, whoever issued it (RFC 8705 §2.2). */
export interface CertificateCredential extends OfClient {
  readonly type: 'x509_cert'
  /** SHA-256 of its DER, base64url: what `x5t#S256` is made of, too. */
  readonly thumbprint: string
  /** RFC 4514. For people. */
  readonly subjectDn: string
}

/** What of a certificate names its holder. The second and third are ours, after RFC 8705 §2.1.2. */
export const certifiedNameTypes = ['cert_subject_dn', 'cert_san_uri', 'cert_san_dns'] as const
export type CertifiedNameType = (typeof certifiedNameTypes)[number]

/** Any certificate of this name that one of these authorities answers for (RFC 8705 §2.1). */
export interface CertifiedNameCredential extends OfClient {
  readonly type: CertifiedNameType
  /** A distinguished name (RFC 4514), a URI or a host name. */
  readonly certifiedName: string
  /** Certificates of the authorities: DER in base64. A name means something only beside who gives it (RFC 8705 §7.4). */
  readonly authorities: readonly string[]
}

export type ClientCredential = PublicKeyCredential | CertificateCredential | CertifiedNameCredential

/** Promises: `find` resolves to undefined when absent and never throws for that. */
export interface ClientCredentialStore {
  find(tenantId: TenantId, clientId: ClientId, id: ClientCredentialId): Promise<ClientCredential | undefined>
  /** Oldest first. */
  list(tenantId: TenantId, clientId: ClientId): Promise<readonly ClientCredential[]>
  /** Of all clients: up to `limit` that expire within the span, the soonest first. */
  listEnding(tenantId: TenantId, span: Span, limit: number): Promise<readonly ClientCredential[]>
  /** Of all clients: up to `limit` names that authorities certify, in an order of their own, those behind `after`. */
  listCertifiedNames(
    tenantId: TenantId,
    after: Pick<ClientCredential, 'clientId' | 'id'> | undefined,
    limit: number,
  ): Promise<readonly CertifiedNameCredential[]>
  /** Gone with its client. */
  insert(credential: ClientCredential): Write
  /** Changes when it expires; everything else of a credential stays. */
  changeExpiry(credential: ClientCredential): Write
  remove(tenantId: TenantId, clientId: ClientId, id: ClientCredentialId): Write
}

/** A third one is refused: two are what a change of keys needs. */
export const maxClientCredentials = 2

export function hasExpired({ expiresAt }: ClientCredential, now: Date): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

/** For the operator, to whom a certificate that ended in the night is the likeliest of all causes. */
export function expiryInWords({ id, expiresAt }: ClientCredential): string {
  return `The credential ${id} expired at ${expiresAt?.toISOString()}.`
}

const clientCredentialId = /^cred_[0-9A-Za-z]{22}$/

/** Undefined when the text is no credential id. */
export function parseClientCredentialId(text: string): ClientCredentialId | undefined {
  return clientCredentialId.test(text) ? (text as ClientCredentialId) : undefined
}
