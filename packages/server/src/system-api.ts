/** The management API as a resource server: the one API that every tenant has and no operator makes. */
import { managementScopes } from '@tallystick/management-api/contract'
import { parseAudience, parseScope, type ResourceServer, type Scope } from './domain/resource-server.ts'
import type { Storage } from './domain/storage.ts'
import type { TenantId } from './domain/tenant.ts'
import type { Write } from './domain/write.ts'

/** Its name in lists: tools that were written for Auth0 look it up by this one. */
const systemName = 'Auth0 Management API'
/** Its identifier in the table; clients name it by the audience that the settings give. */
const systemIdentifier = 'urn:tallystick:management-api'

export function systemParts(): Pick<ResourceServer, 'identifier' | 'name' | 'scopes' | 'isSystem'> {
  const identifier = parseAudience(systemIdentifier)
  if (identifier === undefined) throw new TypeError('The identifier of the management API is no audience.')
  return {
    identifier,
    name: systemName,
    scopes: managementScopes.map((value) => ({ value: scopeOf(value), description: '' })),
    isSystem: true,
  }
}

/**
 * Brings a database that another release has made up to this one's scopes. A client that held every scope of the
 * management API goes on holding every one.
 */
export async function refreshSystemApi(storage: Storage, tenantId: TenantId, now: Date): Promise<void> {
  const stored = await storage.resourceServers.findSystem(tenantId)
  const { scopes } = systemParts()
  if (!stored || sameScopes(stored.scopes, scopes)) return
  const grants = await storage.clientGrants.list(
    tenantId,
    { resourceServerId: stored.id },
    { offset: 0, limit: 100 },
  )
  const full = grants.filter((grant) => stored.scopes.every(({ value }) => grant.scopes.includes(value)))
  const writes: Write[] = full.map((grant) =>
    storage.clientGrants.update(
      { ...grant, scopes: scopes.map(({ value }) => value), updatedAt: now },
      grant,
    ),
  )
  await storage.commit([
    storage.resourceServers.update({ ...stored, scopes, updatedAt: now }, stored),
    ...writes,
  ])
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
