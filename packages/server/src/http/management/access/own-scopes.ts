/**
 * Nobody gives away what they do not hold: an operator can neither grant management scopes beyond their
 * own, nor act on a client that holds more than they do: change or delete it, renew its secret, or touch its grant.
 */
import type { ClientId } from '../../../domain/client.ts'
import { type ClientGrantStore, grantedScopes } from '../../../domain/client-grant.ts'
import { ManagementError } from '../../../domain/errors.ts'
import type { ResourceServerStore } from '../../../domain/resource-server.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import type { Operator } from './access.ts'

export interface OwnScopesDeps {
  readonly resourceServers: Pick<ResourceServerStore, 'findSystem'>
  readonly clientGrants: Pick<ClientGrantStore, 'findFor'>
}

/** @throws ManagementError `insufficient_scope` when one of these management scopes is not the operator's. */
export function requireOwnScopes(operator: Pick<Operator, 'scopes'>, scopes: readonly string[]): void {
  const lacking = scopes.filter((scope) => !operator.scopes.has(scope))
  if (lacking.length === 0) return
  throw new ManagementError(
    'insufficient_scope',
    `Insufficient scope: your token lacks ${inWords(lacking)} of the management API, so you can neither grant that nor act on a client that holds it.`,
  )
}

/** How many scopes are named: an administrator has some eighty, and a list of all would say nothing. */
const maxNamed = 5

function inWords(scopes: readonly string[]): string {
  if (scopes.length <= maxNamed) return scopes.join(', ')
  const rest = scopes.length - maxNamed
  return `${scopes.slice(0, maxNamed).join(', ')} and ${rest} more`
}

/** @throws ManagementError `insufficient_scope` when the client holds management scopes beyond the operator's. */
export async function requireNotAboveOperator(
  deps: OwnScopesDeps,
  operator: Operator,
  tenantId: TenantId,
  clientId: ClientId,
): Promise<void> {
  const system = await deps.resourceServers.findSystem(tenantId)
  if (!system) return
  const grant = await deps.clientGrants.findFor(tenantId, clientId, system.id)
  requireOwnScopes(operator, grant ? grantedScopes(grant, system) : [])
}
