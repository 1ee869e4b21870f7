/** A resource server: an API that accepts our access tokens. Its identifier is the audience. */

import type { Identifier } from './identifier.ts'
import type { Page } from './page.ts'
import type { EncryptedValue } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { TokenEncryption } from './token-encryption.ts'
import type { Write } from './write.ts'

/** 24 hexadecimal characters. */
export type ResourceServerId = Identifier<'ResourceServerId'>
/** The identifier of a resource server, byte for byte: 1 to 600 characters without controls and spaces at the ends. */
export type Audience = Identifier<'Audience'>
/** One permission that a resource server offers: a scope-token of RFC 6749 §3.3, at most 280 characters. */
export type Scope = Identifier<'Scope'>

/** Algorithms of key pairs: whoever has the public key can verify and cannot sign. */
export const keyAlgorithms = ['RS256', 'PS256', 'RS512', 'ES256', 'EdDSA', 'ML-DSA-65'] as const
export type KeyAlgorithm = (typeof keyAlgorithms)[number]

/** With a key of the tenant's, or with a secret that this resource server alone shares with us (RFC 7518 §3.2). */
export type TokenSigning =
  | { readonly algorithm: KeyAlgorithm }
  | { readonly algorithm: 'HS256'; readonly encryptedSecret: EncryptedValue }

/** The two ending in `_authz` add `permissions`, where the resource server enforces policies. */
export const tokenDialects = [
  'access_token',
  'access_token_authz',
  'rfc9068_profile',
  'rfc9068_profile_authz',
] as const
export type TokenDialect = (typeof tokenDialects)[number]

/** Which clients may have tokens: those with a client grant, or none. */
export const clientPolicies = ['require_client_grant', 'deny_all'] as const
export type ClientPolicy = (typeof clientPolicies)[number]

/** How far a callback rule's scopes may go: anywhere, what the API offers, or what the client grant holds. */
export const ruleScopePolicies = ['any', 'api', 'grant'] as const
export type RuleScopePolicy = (typeof ruleScopePolicies)[number]

/** How tokens of an API are bound to a key of the client: to a certificate (RFC 8705 §3) or by DPoP (RFC 9449). */
export const bindingMechanisms = ['mtls', 'dpop'] as const
export type BindingMechanism = (typeof bindingMechanisms)[number]

export interface ProofOfPossession {
  readonly mechanism: BindingMechanism
  readonly required: boolean
  /** Kept as it was sent. Undefined: never said. */
  readonly requiredFor: (typeof bindingObliges)[number] | undefined
}

/** Whom `required` obliges, in Auth0's words. Every client here is a confidential one, so the first obliges nobody. */
export const bindingObliges = ['public_clients', 'all_clients'] as const

/** Whether tokens are bound in this way or not issued at all. */
export function isBindingRequired({ required, requiredFor }: ProofOfPossession): boolean {
  return required && requiredFor !== 'public_clients'
}

/** `jwt`: whoever has the key set can read and verify it. `opaque`: only introspection tells what it means. */
export const tokenFormats = ['jwt', 'opaque'] as const
export type TokenFormat = (typeof tokenFormats)[number]

export interface ResourceServerScope {
  readonly value: Scope
  readonly description: string
}

export interface ResourceServer {
  readonly tenantId: TenantId
  readonly id: ResourceServerId
  readonly identifier: Audience
  readonly name: string
  readonly scopes: readonly ResourceServerScope[]
  readonly tokenLifetimeSeconds: number
  readonly signing: TokenSigning
  readonly tokenDialect: TokenDialect
  /** What the `_authz` dialects ask for before they add `permissions`. Undefined: never said. */
  readonly enforcePolicies: boolean | undefined
  readonly clientPolicy: ClientPolicy
  readonly ruleScopes: RuleScopePolicy
  /** Undefined: never said. */
  readonly proofOfPossession: ProofOfPossession | undefined
  readonly tokenFormat: TokenFormat
  /** Undefined: whoever has a token can read it. */
  readonly tokenEncryption: TokenEncryption | undefined
  /** Its tokens name their place in a published list, which tells whether they were revoked. */
  readonly hasTokenStatusList: boolean
  /** The management API itself: its identifier follows the settings at each start; no rule runs for its tokens. */
  readonly isSystem: boolean
  readonly keptMembers: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface ResourceServerStore {
  find(tenantId: TenantId, id: ResourceServerId): Promise<ResourceServer | undefined>
  findByIdentifier(tenantId: TenantId, identifier: Audience): Promise<ResourceServer | undefined>
  findSystem(tenantId: TenantId): Promise<ResourceServer | undefined>
  /** The management API, then the others, oldest first. */
  list(tenantId: TenantId, page: Page): Promise<readonly ResourceServer[]>
  count(tenantId: TenantId): Promise<number>
  insert(resourceServer: ResourceServer): Write
  /** Refused with ChangedMeanwhileError unless what is stored is still what was read. */
  update(resourceServer: ResourceServer, read: ResourceServer): Write
  /** Removes the resource server with its client grants. */
  remove(tenantId: TenantId, id: ResourceServerId): Write
}

export const defaultTokenLifetimeSeconds = 86_400
/** 30 days. */
export const maxTokenLifetimeSeconds = 2_592_000

// RFC 6749 §3.3: %x21 / %x23-5B / %x5D-7E.
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,280}$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const audience = /^(?! )[^\x00-\x1f\x7f-\x9f]{1,600}(?<! )$/u

const resourceServerId = /^[0-9a-f]{24}$/

/** Undefined when the text is no id; it may be an identifier then. */
export function parseResourceServerId(text: string): ResourceServerId | undefined {
  return resourceServerId.test(text) ? (text as ResourceServerId) : undefined
}

/** Undefined when the text is no scope-token. */
export function parseScope(text: string): Scope | undefined {
  return scopeToken.test(text) ? (text as Scope) : undefined
}

/** Undefined when the text cannot be an audience; the caller answers as for an unknown one. */
export function parseAudience(text: string): Audience | undefined {
  return audience.test(text) ? (text as Audience) : undefined
}
