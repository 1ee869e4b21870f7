/** A client (RFC 6749 §2): a program that gets tokens. */
import type { Identifier } from './identifier.ts'
import type { Page } from './page.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** 32 characters of a-z A-Z 0-9. */
export type ClientId = Identifier<'ClientId'>

/** Of a public key with which a client may prove itself: `cred_` and 22 base62 characters. */
export type ClientCredentialId = Identifier<'ClientCredentialId'>

/** `sec_` and 16 base62 characters. Names the secret, and is none. */
export type ClientSecretId = Identifier<'ClientSecretId'>

/**
 * `none`: a client without any proof, which gets no tokens. With a method that takes no secret its secret is kept and
 * refused. `tls_client_auth` and `self_signed_tls_client_auth`: RFC 8705 §2. `federated_jwt`, ours: a token of an issuer
 * that the tenant trusts.
 */
export const tokenEndpointAuthMethods = [
  'client_secret_post',
  'client_secret_basic',
  'none',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'federated_jwt',
] as const
export type TokenEndpointAuthMethod = (typeof tokenEndpointAuthMethods)[number]

/** RFC 8705 §2: the client proves itself with the certificate of its connection. */
export const certificateAuthMethods = [
  'tls_client_auth',
  'self_signed_tls_client_auth',
] as const satisfies readonly TokenEndpointAuthMethod[]

export function usesCertificate(method: TokenEndpointAuthMethod): boolean {
  return certificateAuthMethods.some((one) => one === method)
}

/** Whether a client that proves itself in this way does so with its secret. */
export function usesSecret(method: TokenEndpointAuthMethod): boolean {
  return method === 'client_secret_post' || method === 'client_secret_basic'
}

/**
 * What a client is held to beyond the tenant's rules: the FAPI 2.0 Security Profile, with the way of proving itself and
 * the way of binding its tokens that the name tells. The first two that are not `none` are Auth0's names.
 */
export const complianceLevels = [
  'none',
  'fapi2_sp_pkj_mtls',
  'fapi2_sp_mtls_mtls',
  'fapi2_sp_pkj_dpop',
  'fapi2_sp_mtls_dpop',
] as const
export type ComplianceLevel = (typeof complianceLevels)[number]

export interface Client {
  readonly tenantId: TenantId
  readonly id: ClientId
  readonly name: string
  readonly description: string
  /** What rules see as `client.metadata`. */
  readonly metadata: Readonly<Record<string, string>>
  readonly grantTypes: readonly string[]
  readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod
  /** The ids of its credentials that count; none unless the method is `private_key_jwt`. */
  readonly activeCredentialIds: readonly ClientCredentialId[]
  /** Where its public keys are fetched from, instead of credentials that are kept here. */
  readonly jwksUri: string | undefined
  /** Its tokens are bound to a key that it holds, or it gets none. */
  readonly requiresProofOfPossession: boolean
  readonly complianceLevel: ComplianceLevel
  /** Of its tokens, where that is less than the API's. */
  readonly tokenLifetimeSeconds: number | undefined
  /** A disabled client is answered like an unknown one. */
  readonly enabled: boolean
  /** Documented members of the management API that Tallystick keeps verbatim and does not use. */
  readonly keptMembers: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Whether the client could get a token at all, whatever it is granted. */
export function mayGetTokens({ enabled, tokenEndpointAuthMethod, grantTypes }: Client): boolean {
  return enabled && tokenEndpointAuthMethod !== 'none' && grantTypes.includes('client_credentials')
}

/** A client secret as it is kept: a keyed hash, from which nobody can read the secret back. */
export interface ClientSecret {
  readonly tenantId: TenantId
  readonly clientId: ClientId
  readonly id: ClientSecretId
  readonly name: string
  /** HMAC-SHA-256, 32 bytes. */
  readonly hash: Uint8Array
  /** From then on it proves nothing. */
  readonly expiresAt: Date | undefined
  readonly createdAt: Date
}

export interface ClientFilter {
  /** A client that does not say so is one. */
  readonly isFirstParty?: boolean
  /** One of these. */
  readonly appTypes?: readonly string[]
}

/** Promises: `find…` resolve to undefined when absent and never throw for that; lists are never undefined. */
export interface ClientStore {
  find(tenantId: TenantId, id: ClientId): Promise<Client | undefined>
  /** The client and its secrets, oldest first, in one read; the hot path of the token endpoint. */
  findWithSecrets(
    tenantId: TenantId,
    id: ClientId,
  ): Promise<{ client: Client; secrets: readonly ClientSecret[] } | undefined>
  /** Oldest first. */
  list(tenantId: TenantId, page: Page, filter?: ClientFilter): Promise<readonly Client[]>
  count(tenantId: TenantId, filter?: ClientFilter): Promise<number>
  /** Oldest first, those whose keys are fetched from where they publish them. */
  listPublishing(tenantId: TenantId, page: Page): Promise<readonly Client[]>
  insert(client: Client): Write
  /** Refused with ChangedMeanwhileError unless what is stored is still what was read. */
  update(client: Client, read: Client): Write
  /** Removes the client with its secrets, credentials and client grants. */
  remove(tenantId: TenantId, id: ClientId): Write
}

/** 10 members, names and values up to 255 characters. */
export const maxMetadataMembers = 10
export const maxMetadataLength = 255

const clientId = /^[A-Za-z0-9_-]{1,64}$/

/**
 * The identifier of the API whose own client this is (the member `resource_server_identifier`): it may ask what tokens of
 * that API mean. Undefined for a client that is no API's.
 */
export function resourceServerOf({ keptMembers }: Pick<Client, 'keptMembers'>): string | undefined {
  const identifier = keptMembers.resource_server_identifier
  return typeof identifier === 'string' ? identifier : undefined
}

/** Undefined when the text cannot be a client id; the caller answers as for an unknown client. */
export function parseClientId(text: string): ClientId | undefined {
  return clientId.test(text) ? (text as ClientId) : undefined
}
