/**
 * A tenant is one issuer: its own clients, resource servers, rules, signing keys and logs. Every row of
 * every table belongs to one.
 */
import type { Identifier } from './identifier.ts'
import type { Page } from './page.ts'
import type { Write } from './write.ts'

/** Internal, stable, never shown: `ten_` and 16 base62 characters. */
export type TenantId = Identifier<'TenantId'>
/** What people call it, and the container that `wt` knows: 1 to 63 of `a-z 0-9 -`. */
export type TenantName = Identifier<'TenantName'>

/** Which dialect of errors and of request handling a tenant speaks: the RFCs', or Auth0's. */
export type TenantProfile = 'rfc' | 'auth0'

/** `fapi2`: every client is held to the FAPI 2.0 Security Profile. */
export const securityProfiles = ['none', 'fapi2'] as const
export type SecurityProfile = (typeof securityProfiles)[number]

/** How strict the tenant is beyond what the RFCs oblige, and how often its keys turn by themselves. */
export interface TenantSecurity {
  readonly profile: SecurityProfile
  /** Client assertions may name the token endpoint as their audience. Undefined: where the profile is `auth0`. */
  readonly allowsTokenEndpointAudience: boolean | undefined
  /** DPoP proofs bear a nonce of ours (RFC 9449 §8). */
  readonly requiresDpopNonce: boolean
  /** A signing key is replaced when it has signed for that long. Undefined: when somebody says so. */
  readonly signingKeyRotationDays: number | undefined
}

export const defaultTenantSecurity: TenantSecurity = {
  profile: 'none',
  allowsTokenEndpointAudience: undefined,
  requiresDpopNonce: false,
  signingKeyRotationDays: undefined,
}

/** What a tenant that never said so allows follows its profile: libraries written for Auth0 may name the endpoint. */
export function allowsTokenEndpointAudience({
  profile,
  security,
}: Pick<Tenant, 'profile' | 'security'>): boolean {
  return security.allowsTokenEndpointAudience ?? profile === 'auth0'
}

export interface Tenant {
  readonly id: TenantId
  readonly name: TenantName
  /** Scheme, host and port, without a path. Undefined for the default tenant, whose origin is the server's setting. */
  readonly origin: string | undefined
  readonly profile: TenantProfile
  /** `host` or `host:port` that this tenant's rules may fetch from. Empty: nowhere. */
  readonly egressAllow: readonly string[]
  /** The API of a token request that names none; `defaultAudienceOf` says whether it applies. */
  readonly defaultAudience: Identifier<'Audience'> | undefined
  readonly security: TenantSecurity
  /** As Auth0 documents them. One of them means something here. */
  readonly flags: Readonly<Record<string, boolean>>
  /** Documented settings that Tallystick keeps verbatim and does not use. */
  readonly keptMembers: Readonly<Record<string, unknown>>
  readonly createdAt: Date
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface TenantStore {
  find(id: TenantId): Promise<Tenant | undefined>
  findByName(name: TenantName): Promise<Tenant | undefined>
  /** The tenant whose stored origin has this host (`host` or `host:port`, lower case). */
  findByHost(host: string): Promise<Tenant | undefined>
  /** The one tenant made at the first start; undefined only while the database is empty. */
  findDefault(): Promise<Tenant | undefined>
  /** The default tenant, then the others, oldest first; all of them without a page. */
  list(page?: Page): Promise<readonly Tenant[]>
  count(): Promise<number>
  insert(tenant: Tenant): Write
  /** Refused with ChangedMeanwhileError unless what is stored is still what was read. */
  update(tenant: Tenant, read: Tenant): Write
  /** From then on nobody finds it, and its name and host are free. Its rows are removed by and by. */
  remove(id: TenantId, at: Date): Write
  /** Removed tenants of which there are still rows. */
  listRemoved(): Promise<TenantId[]>
  /** Removes up to `limit` rows of a removed tenant, and the last trace of it once there are no others. */
  removeRows(id: TenantId, limit: number): Write
}

export const maxTenants = 1000

const tenantName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** @throws TypeError when the text is no tenant name. */
export function parseTenantName(text: string): TenantName {
  if (!tenantName.test(text)) throw new TypeError('A tenant name has 1 to 63 characters of a-z, 0-9 and -.')
  return text as TenantName
}

/** Undefined when the text is no tenant name, or one that a path of the management API has already. */
export function tenantNameFrom(text: string): TenantName | undefined {
  return tenantName.test(text) && text !== 'settings' ? (text as TenantName) : undefined
}

/**
 * The API of a token request that names none. The flag says that such a request wants an opaque token of an API that
 * ended long ago, for which there is no token here.
 */
export function defaultAudienceOf(tenant: Tenant): Identifier<'Audience'> | undefined {
  return tenant.flags.allow_api1_non_global_clients === true ? undefined : tenant.defaultAudience
}
