/** A public key as it is sent, made into a credential; and when one expires. */
import type { ClientCredentialToCreate } from '@tallystick/management-api/contract/client-credentials'
import type { ClientCredentialId, ClientId } from '../../domain/client.ts'
import {
  type AssertionAlgorithm,
  algorithmNamed,
  type ClientCredential,
} from '../../domain/client-credential.ts'
import type { TenantId } from '../../domain/tenant.ts'
import {
  ClientKeyError,
  type ClientPublicKey,
  parsePublicKeyJwk,
  parsePublicKeyPem,
} from '../../keys/client-public-key.ts'
import { invalidBody } from './invalid-body.ts'

export interface NewCredentialDeps {
  readonly newId: { readonly clientCredential: () => ClientCredentialId }
  readonly now: () => Date
}

/** @throws ManagementError `invalid_body` */
export function credentialToCreate(
  deps: NewCredentialDeps,
  owner: { readonly tenantId: TenantId; readonly clientId: ClientId },
  body: ClientCredentialToCreate,
): ClientCredential {
  const now = deps.now()
  const key = readKey(body)
  return {
    ...owner,
    id: deps.newId.clientCredential(),
    name: body.name ?? '',
    kid: body.kid ?? keyIdOf(body.jwk) ?? key.thumbprint,
    algorithm: algorithmFor(key, body),
    publicJwk: key.jwk,
    expiresAt: expiryOf(key, body, now),
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * Of two keys of one name an assertion could not say which it means.
 * @throws ManagementError `invalid_body`
 */
export function refuseSharedKid(credentials: readonly Pick<ClientCredential, 'kid'>[]): void {
  const kids = new Set(credentials.map(({ kid }) => kid))
  if (kids.size < credentials.length) {
    throw invalidBody('kid', 'Two keys of one client may not have one kid; give this one another')
  }
}

/** @throws ManagementError `invalid_body` when there is no such moment, such as a 30 February. */
export function parseExpiry(text: string): Date {
  const moment = new Date(text)
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  const isReal = !Number.isNaN(moment.getTime()) && !Number.isNaN(day.getTime())
  if (isReal && day.toISOString().startsWith(text.slice(0, 10))) return moment
  throw invalidBody('expires_at', 'There is no such moment')
}

function readKey({ pem, jwk }: ClientCredentialToCreate): ClientPublicKey {
  try {
    if (pem !== undefined && jwk === undefined) return parsePublicKeyPem(pem)
    if (jwk !== undefined && pem === undefined) return parsePublicKeyJwk(jwk)
  } catch (error) {
    if (error instanceof ClientKeyError) throw invalidBody(jwk ? 'jwk' : 'pem', withoutStop(error.message))
    throw error
  }
  throw invalidBody('pem', 'Send the public key once, as pem or as jwk')
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '')
}

/** The key id that a JWK brings along, where it is one that we take. */
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
  if (expiresAt <= now) {
    throw invalidBody(text === undefined ? 'parse_expiry_from_cert' : 'expires_at', 'It has expired already')
  }
  return expiresAt
}
