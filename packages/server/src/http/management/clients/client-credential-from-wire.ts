/** A credential as it is sent → the domain. Certificates are read in a file of their own. */
import type { ClientCredentialToCreate } from '@tallystick/management-api/contract/client-credentials'
import type { ClientCredentialId, ClientId } from '../../../domain/client.ts'
import {
  type AssertionAlgorithm,
  algorithmNamed,
  type ClientCredential,
} from '../../../domain/client-credential.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import {
  ClientKeyError,
  type ClientPublicKey,
  parsePublicKeyJwk,
  parsePublicKeyPem,
} from '../../../keys/public-key/client-public-key.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { certificateFrom } from './client-certificate-from-wire.ts'
import { parseExpiry, requireFuture } from './credential-expiry.ts'

export interface NewCredentialDeps {
  readonly newId: { readonly clientCredential: () => ClientCredentialId }
  readonly now: () => Date
}

/** @throws ManagementError `invalid_body` */
export async function credentialToCreate(
  deps: NewCredentialDeps,
  owner: { readonly tenantId: TenantId; readonly clientId: ClientId },
  body: ClientCredentialToCreate,
): Promise<ClientCredential> {
  const now = deps.now()
  refuseMembersOfOtherTypes(body)
  const { credential_type: type } = body
  const proof = type === 'public_key' ? publicKeyFrom(body, now) : await certificateFrom(type, body, now)
  return {
    ...owner,
    id: deps.newId.clientCredential(),
    name: body.name ?? '',
    ...proof,
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * With two keys of one kid an assertion could not say which it means.
 * @throws ManagementError `invalid_body`
 */
export function refuseSharedKid(credentials: readonly Pick<ClientCredential, 'kid'>[]): void {
  const kids = new Set(credentials.map(({ kid }) => kid))
  if (kids.size < credentials.length) {
    throw invalidBody('kid', 'Two keys of one client may not have one kid; give this one another')
  }
}

const membersOfType: Readonly<Record<ClientCredentialToCreate['credential_type'], readonly string[]>> = {
  public_key: ['pem', 'jwk', 'alg', 'kid', 'parse_expiry_from_cert'],
  x509_cert: ['pem'],
  cert_subject_dn: ['pem', 'subject_dn', 'certificate_authorities'],
  cert_san_uri: ['san_uri', 'certificate_authorities'],
  cert_san_dns: ['san_dns', 'certificate_authorities'],
}
const membersOfAll = ['credential_type', 'name', 'expires_at']

// A member that is silently ignored may be one that its sender relies on.
function refuseMembersOfOtherTypes(body: ClientCredentialToCreate): void {
  const known = membersOfType[body.credential_type]
  const other = Object.keys(body).find((name) => !known.includes(name) && !membersOfAll.includes(name))
  if (other) throw invalidBody(other, `It has no meaning beside the credential_type ${body.credential_type}`)
}

function publicKeyFrom(body: ClientCredentialToCreate, now: Date) {
  const key = readKey(body)
  return {
    type: 'public_key' as const,
    kid: body.kid ?? keyIdOf(body.jwk) ?? key.thumbprint,
    algorithm: algorithmFor(key, body),
    publicJwk: key.jwk,
    expiresAt: expiryOf(key, body, now),
  }
}

function readKey({ pem, jwk }: ClientCredentialToCreate): ClientPublicKey {
  try {
    if (pem !== undefined && jwk === undefined) return parsePublicKeyPem(pem)
    if (jwk !== undefined && pem === undefined) return parsePublicKeyJwk(jwk)
  } catch (error) {
    if (error instanceof ClientKeyError) throw invalidBody(jwk ? 'jwk' : 'pem', error.message)
    throw error
  }
  throw invalidBody('pem', 'Send the public key once, as pem or as jwk')
}

/** The key id that a JWK brings along, where it has a form that we accept. */
function keyIdOf(jwk: ClientCredentialToCreate['jwk']): string | undefined {
  const kid = jwk?.kid
  return typeof kid === 'string' && /^[0-9A-Za-z_-]{1,64}$/.test(kid) ? kid : undefined
}

function algorithmFor(key: ClientPublicKey, { alg, jwk }: ClientCredentialToCreate): AssertionAlgorithm {
  const asked = alg ?? algorithmNamed(jwk?.alg) ?? jwk?.alg
  if (asked === undefined) return key.algorithms[0]
  const found = key.algorithms.find((algorithm) => algorithm === asked)
  if (found !== undefined) return found
  throw invalidBody('alg', `This key can be used with ${key.algorithms.join(', ')} alone`)
}

function expiryOf(key: ClientPublicKey, body: ClientCredentialToCreate, now: Date): Date | undefined {
  const { parse_expiry_from_cert: fromCertificate, expires_at: text } = body
  if (!fromCertificate && text === undefined) return undefined
  if (fromCertificate && text !== undefined) {
    throw invalidBody('expires_at', 'Send expires_at or parse_expiry_from_cert and not both')
  }
  const expiresAt = text === undefined ? key.certificateExpiresAt : parseExpiry(text)
  if (expiresAt === undefined) {
    throw invalidBody('parse_expiry_from_cert', 'The pem is no certificate, so it says nothing of an expiry')
  }
  return requireFuture(text === undefined ? 'parse_expiry_from_cert' : 'expires_at', expiresAt, now)
}
