/** The management API as a resource server: the one API that every tenant has and no operator makes. */
import { managementScopes } from '@tallystick/management-api/contract'
import { hostScopes } from '@tallystick/management-api/contract/tenants'
import type { ClientGrant } from './domain/client-grant.ts'
import { parseAudience, parseScope, type ResourceServer, type Scope } from './domain/resource-server.ts'
import type { Storage } from './domain/storage.ts'
import type { Tenant } from './domain/tenant.ts'

/** Its name in lists: tools that were written for Auth0 look it up by this one. */
const systemName = 'Auth0 Management API'
/** Its identifier in the table; clients name it by the audience that the settings give. */
const systemIdentifier = 'urn:tallystick:management-api'

/** The scopes that reach beyond one tenant are offered by the default tenant alone. */
export function systemParts({
  origin,
}: Pick<Tenant, 'origin'>): Pick<ResourceServer, 'identifier' | 'name' | 'scopes' | 'isSystem'> {
  const identifier = parseAudience(systemIdentifier)
  if (identifier === undefined) throw new TypeError('The identifier of the management API is no audience.')
  return {
    identifier,
    name: systemName,
    scopes: managementScopes
      .filter((value) => origin === undefined || !hostScopes.includes(value))
      .map((value) => ({ value: scopeOf(value), description: '' })),
    isSystem: true,
  }
}

/**
 * Brings the data of another release up to this one's scopes. A client that held every scope of the
 * management API goes on holding every one.
 */
export async function refreshSystemApi(storage: Storage, tenant: Tenant, now: Date): Promise<void> {
  const stored = await storage.resourceServers.findSystem(tenant.id)
  const { scopes } = systemParts(tenant)
  if (!stored || sameScopes(stored.scopes, scopes)) return
  const full = await fullGrants(storage, stored)
  await storage.commit([
    storage.resourceServers.update({ ...stored, scopes, updatedAt: now }, stored),
    ...full.map((grant) =>
      storage.clientGrants.update(
        { ...grant, scopes: scopes.map(({ value }) => value), updatedAt: now },
        grant,
      ),
    ),
  ])
}

const pageSize = 100

async function fullGrants(storage: Storage, system: ResourceServer): Promise<ClientGrant[]> {
  const full: ClientGrant[] = []
  for (let offset = 0; ; offset += pageSize) {
    const filter = { resourceServerId: system.id }
    const page = await storage.clientGrants.list(system.tenantId, filter, { offset, limit: pageSize })
    full.push(
      ...page.filter(
        ({ allScopes, scopes }) => !allScopes && system.scopes.every(({ value }) => scopes.includes(value)),
      ),
    )
    if (page.length < pageSize) return full
  }
}

function sameScopes(left: ResourceServer['scopes'], right: ResourceServer['scopes']): boolean {
  const values = new Set(left.map(({ value }) => value))
  return values.size === right.length && right.every(({ value }) => values.has(value))
}

function scopeOf(text: string): Scope {
  const scope = parseScope(text)
  if (scope === undefined) throw new TypeError(`${text} is no scope.`)
  return scope
}
