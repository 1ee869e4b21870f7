/** A client (RFC 6749 §2): a program that gets tokens. */
import type { Identifier } from './identifier.ts'
import type { Page } from './page.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** 32 characters of a-z A-Z 0-9. */
export type ClientId = Identifier<'ClientId'>

/** Of a public key with which a client may prove itself: `cred_` and 22 base62 characters. */
export type ClientCredentialId = Identifier<'ClientCredentialId'>

/** `none`: a client without any proof, which gets no tokens. With `private_key_jwt` its secret is kept and refused. */
export const tokenEndpointAuthMethods = [
  'client_secret_post',
  'client_secret_basic',
  'none',
  'private_key_jwt',
] as const
export type TokenEndpointAuthMethod = (typeof tokenEndpointAuthMethods)[number]

/** Whether a client that proves itself in this way does so with its secret. */
export function usesSecret(method: TokenEndpointAuthMethod): boolean {
  return method === 'client_secret_post' || method === 'client_secret_basic'
}

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
  /** A disabled client is answered like an unknown one. */
  readonly enabled: boolean
  /** Documented members of the management API that Tallystick keeps verbatim and does not use. */
  readonly keptMembers: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A client secret as it is kept: a keyed hash, from which nobody can read the secret back. */
export interface ClientSecretHash {
  readonly tenantId: TenantId
  readonly clientId: ClientId
  readonly id: string
  /** HMAC-SHA-256, 32 bytes. */
  readonly hash: Uint8Array
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
  /** The client and its live secrets in one read; the hot path of the token endpoint. */
  findWithSecrets(
    tenantId: TenantId,
    id: ClientId,
  ): Promise<{ client: Client; secrets: readonly ClientSecretHash[] } | undefined>
  /** Oldest first. */
  list(tenantId: TenantId, page: Page, filter?: ClientFilter): Promise<readonly Client[]>
  count(tenantId: TenantId, filter?: ClientFilter): Promise<number>
  insert(client: Client): Write
  /** Refused with ChangedMeanwhileError unless what is stored is still what was read. */
  update(client: Client, read: Client): Write
  /** Removes the client with its secrets, credentials and client grants. */
  remove(tenantId: TenantId, id: ClientId): Write
  insertSecret(secret: ClientSecretHash): Write
  /** Ends every secret of the client at once. */
  removeSecrets(tenantId: TenantId, clientId: ClientId): Write
}

/** 10 members, names and values up to 255 characters. */
export const maxMetadataMembers = 10
export const maxMetadataLength = 255

const clientId = /^[A-Za-z0-9_-]{1,64}$/

/** Undefined when the text cannot be a client id; the caller answers as for an unknown client. */
export function parseClientId(text: string): ClientId | undefined {
  return clientId.test(text) ? (text as ClientId) : undefined
}
