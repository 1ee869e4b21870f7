/** A client grant: the scopes of one audience that one client may be given. */
import type { ClientId } from './client.ts'
import type { Identifier } from './identifier.ts'
import type { Page } from './page.ts'
import type { ResourceServer, ResourceServerId, Scope } from './resource-server.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** `cgr_` and 16 base62 characters. */
export type ClientGrantId = Identifier<'ClientGrantId'>

export interface ClientGrant {
  readonly tenantId: TenantId
  readonly id: ClientGrantId
  readonly clientId: ClientId
  /** The API by its id, not its identifier: the management API's identifier follows the settings. */
  readonly resourceServerId: ResourceServerId
  /** Empty when it holds all. */
  readonly scopes: readonly Scope[]
  /** Whatever the API offers, now and later. */
  readonly allScopes: boolean
  /** Kept for tools that send it: there are no organizations here. Undefined: never said. */
  readonly organizationUsage: OrganizationUsage | undefined
  readonly allowAnyOrganization: boolean | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface ClientGrantFilter {
  readonly clientId?: ClientId
  readonly resourceServerId?: ResourceServerId
  readonly allowAnyOrganization?: boolean
}

/** Not `require`: it promises that no token is issued outside an organization. */
export const organizationUsages = ['deny', 'allow'] as const
export type OrganizationUsage = (typeof organizationUsages)[number]

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface ClientGrantStore {
  find(tenantId: TenantId, id: ClientGrantId): Promise<ClientGrant | undefined>
  findFor(
    tenantId: TenantId,
    clientId: ClientId,
    resourceServerId: ResourceServerId,
  ): Promise<ClientGrant | undefined>
  /** Oldest first. */
  list(tenantId: TenantId, filter: ClientGrantFilter, page: Page): Promise<readonly ClientGrant[]>
  count(tenantId: TenantId, filter: ClientGrantFilter): Promise<number>
  insert(grant: ClientGrant): Write
  /** Refused with ChangedMeanwhileError unless what is stored is still what was read. */
  update(grant: ClientGrant, read: ClientGrant): Write
  remove(tenantId: TenantId, id: ClientGrantId): Write
}

/** What the client may have of this API now: a granted scope that the API has since withdrawn counts as not granted. */
export function grantedScopes(grant: ClientGrant, resourceServer: ResourceServer): Scope[] {
  const offered = resourceServer.scopes.map((scope) => scope.value)
  if (grant.allScopes) return offered
  const offeredSet = new Set(offered)
  return grant.scopes.filter((scope) => offeredSet.has(scope))
}

/**
 * The scopes a token request may have: all granted ones when it names none (RFC 6749 §3.3), else those
 * it names. `outside` lists what was asked and is not granted, in the order asked; the request is refused then.
 */
export function allowedScopes(
  granted: readonly Scope[],
  asked: readonly Scope[],
): { scopes: readonly Scope[]; outside: Scope[] } {
  if (asked.length === 0) return { scopes: granted, outside: [] }
  const grantedSet = new Set(granted)
  return {
    scopes: asked.filter((scope) => grantedSet.has(scope)),
    outside: asked.filter((scope) => !grantedSet.has(scope)),
  }
}

const clientGrantId = /^cgr_[0-9A-Za-z]{16}$/

/** Undefined when the text is no client grant id. */
export function parseClientGrantId(text: string): ClientGrantId | undefined {
  return clientGrantId.test(text) ? (text as ClientGrantId) : undefined
}
