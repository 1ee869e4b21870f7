/**
 * What an operator sends as a client grant → the domain: scopes that the API offers, and no promise that is not kept
 * here.
 */
import type { ClientGrantChange } from '@tallystick/management-api/contract/client-grants'
import type { ClientGrant } from '../../../domain/client-grant.ts'
import { ManagementError } from '../../../domain/errors.ts'
import type { ResourceServer, Scope } from '../../../domain/resource-server.ts'
import { invalidBody } from '../operation/invalid-body.ts'

type Organizations = Pick<ClientGrant, 'organizationUsage' | 'allowAnyOrganization'>
type Holding = Pick<ClientGrant, 'scopes' | 'allScopes'>

/** @throws ManagementError `invalid_body` */
export function holdingToCreate(resourceServer: ResourceServer, body: ClientGrantChange): Holding {
  if (!body.scope && !body.allow_all_scopes) {
    throw new ManagementError('invalid_body', "Payload validation error: 'Missing required property: scope'.")
  }
  return changedHolding(resourceServer, body, { scopes: [], allScopes: false })
}

/** Named scopes replace the earlier ones, and so does "all scopes". @throws ManagementError `invalid_body` */
export function changedHolding(
  resourceServer: ResourceServer,
  { scope, allow_all_scopes }: ClientGrantChange,
  stored: Holding,
): Holding {
  if (allow_all_scopes && scope && scope.length > 0) {
    throw invalidBody('allow_all_scopes', 'All scopes leave none to be named; send one of the two')
  }
  if (allow_all_scopes) return { scopes: [], allScopes: true }
  if (scope) return { scopes: offeredScopes(resourceServer, scope), allScopes: false }
  return allow_all_scopes === false ? { scopes: stored.scopes, allScopes: false } : stored
}

/** @throws ManagementError `invalid_body` for what would promise something that is not here. */
export function changedOrganizations(body: ClientGrantChange, stored: Organizations): Organizations {
  if (body.organization_usage === 'require') {
    throw invalidBody(
      'organization_usage',
      'There are no organizations here, so no token could be held to one; send deny or allow',
    )
  }
  if (body.authorization_details_types && body.authorization_details_types.length > 0) {
    throw invalidBody(
      'authorization_details_types',
      'Authorization details (RFC 9396) are not offered; leave it out or send an empty list',
    )
  }
  return {
    organizationUsage: changed(stored.organizationUsage, body.organization_usage),
    allowAnyOrganization: changed(stored.allowAnyOrganization, body.allow_any_organization),
  }
}

/** A member that is not sent stays, and null removes it. */
function changed<Value>(stored: Value | undefined, sent: Value | null | undefined): Value | undefined {
  if (sent === undefined) return stored
  return sent ?? undefined
}

function offeredScopes({ scopes }: ResourceServer, asked: readonly string[]): Scope[] {
  const offered = new Map<string, Scope>(scopes.map(({ value }) => [value, value]))
  return asked.map((text) => {
    const scope = offered.get(text)
    if (scope === undefined) throw invalidBody('scope', `The API does not offer the scope ${text}`)
    return scope
  })
}
