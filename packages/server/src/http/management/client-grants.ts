/** Client grants on the wire ↔ client grants of the domain: the wire names an API by its audience. */
import type { ClientGrant as ClientGrantOnWire } from '@tallystick/management-api/contract/client-grants'
import type { FastifyRequest } from 'fastify'
import { type ClientId, type ClientStore, parseClientId } from '../../domain/client.ts'
import {
  type ClientGrant,
  type ClientGrantFilter,
  type ClientGrantId,
  type ClientGrantStore,
  parseClientGrantId,
} from '../../domain/client-grant.ts'
import { ManagementError } from '../../domain/errors.ts'
import type {
  ResourceServer,
  ResourceServerId,
  ResourceServerStore,
  Scope,
} from '../../domain/resource-server.ts'
import type { RecordChange } from '../record-change.ts'
import type { Operator } from './access.ts'
import type { Handlers, QueryOf } from './handler.ts'
import { holdsEveryScope, type KeepOneAdministrator } from './last-administrator.ts'
import { requireOwnScopes } from './own-scopes.ts'
import { pageOf, totalsOf } from './page.ts'
import { audienceOf, findResourceServer } from './resource-servers.ts'

export interface ClientGrantHandlerDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly clientGrants: ClientGrantStore
  readonly resourceServers: ResourceServerStore
  readonly recordChange: RecordChange
  readonly keepOneAdministrator: KeepOneAdministrator
  readonly newId: { readonly clientGrant: () => ClientGrantId }
  readonly now: () => Date
}

export function createClientGrantHandlers(
  deps: ClientGrantHandlerDeps,
): Pick<
  Handlers,
  'listClientGrants' | 'createClientGrant' | 'getClientGrant' | 'updateClientGrant' | 'deleteClientGrant'
> {
  return {
    async listClientGrants({ request, query }) {
      const filter = await filterOf(deps, request, query)
      const { id } = request.tenant
      const stored = filter ? await deps.clientGrants.list(id, filter, pageOf(query)) : []
      const grants = await allOnWire(deps, request, stored)
      const totals = await totalsOf(query, async () => (filter ? deps.clientGrants.count(id, filter) : 0))
      return totals ? { ...totals, client_grants: grants } : grants
    },

    async createClientGrant({ request, operator, body }) {
      const clientId = await requireClient(deps, request, body.client_id)
      const resourceServer = await findResourceServer(deps.resourceServers, request, body.audience)
      // The id finds an API in a path; a grant names its audience and nothing else.
      if (!resourceServer || audienceOf(request.issuer, resourceServer) !== body.audience) {
        throw new ManagementError('not_found', 'The resource server does not exist')
      }
      const now = deps.now()
      const grant: ClientGrant = {
        tenantId: request.tenant.id,
        id: deps.newId.clientGrant(),
        clientId,
        resourceServerId: resourceServer.id,
        scopes: grantableScopes(operator, resourceServer, body.scope),
        createdAt: now,
        updatedAt: now,
      }
      await deps.recordChange(request, {
        description: `Granted ${body.audience} to the client ${clientId}.`,
        status: 201,
        writes: [deps.clientGrants.insert(grant)],
      })
      return onWire(grant, body.audience)
    },

    async getClientGrant({ request, param }) {
      const grant = await findGrant(deps, request, param('id'))
      const resourceServer = await requireResourceServerOf(deps, grant)
      return onWire(grant, audienceOf(request.issuer, resourceServer))
    },

    async updateClientGrant({ request, operator, param, body }) {
      const stored = await findGrant(deps, request, param('id'))
      const resourceServer = await requireResourceServerOf(deps, stored)
      if (resourceServer.isSystem) requireOwnScopes(operator, stored.scopes)
      const scopes = body.scope ? grantableScopes(operator, resourceServer, body.scope) : stored.scopes
      const grant = { ...stored, scopes, updatedAt: deps.now() }
      const audience = audienceOf(request.issuer, resourceServer)
      const record = () =>
        deps.recordChange(request, {
          description: `Changed the client grant of ${audience} to the client ${grant.clientId}.`,
          status: 200,
          writes: [deps.clientGrants.update(grant, stored)],
        })
      if (!resourceServer.isSystem || holdsEveryScope(scopes, resourceServer)) await record()
      else await deps.keepOneAdministrator(grant.tenantId, grant.clientId, record)
      return onWire(grant, audience)
    },

    async deleteClientGrant({ request, operator, param }) {
      const id = parseClientGrantId(param('id'))
      const grant = id && (await deps.clientGrants.find(request.tenant.id, id))
      const record = () =>
        deps.recordChange(request, {
          description: grant
            ? `Deleted a client grant of the client ${grant.clientId}.`
            : 'Deleted a client grant that was not there.',
          status: 204,
          writes: grant ? [deps.clientGrants.remove(grant.tenantId, grant.id)] : [],
        })
      const system = await deps.resourceServers.findSystem(request.tenant.id)
      if (grant && grant.resourceServerId === system?.id) {
        requireOwnScopes(operator, grant.scopes)
        await deps.keepOneAdministrator(grant.tenantId, grant.clientId, record)
      } else await record()
    },
  }
}

/** Undefined when the filter names a client or an API that is not there: then no grant matches. */
async function filterOf(
  deps: ClientGrantHandlerDeps,
  request: FastifyRequest,
  query: QueryOf<'listClientGrants'>,
): Promise<ClientGrantFilter | undefined> {
  const clientId = query.client_id === undefined ? undefined : parseClientId(query.client_id)
  if (query.client_id !== undefined && !clientId) return undefined
  if (query.audience === undefined) return clientId ? { clientId } : {}
  const resourceServer = await findResourceServer(deps.resourceServers, request, query.audience)
  if (!resourceServer || audienceOf(request.issuer, resourceServer) !== query.audience) return undefined
  return { ...(clientId ? { clientId } : {}), resourceServerId: resourceServer.id }
}

async function requireClient(
  deps: ClientGrantHandlerDeps,
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<ClientId> {
  const id = parseClientId(rawId)
  const client = id && (await deps.clients.find(tenant.id, id))
  if (!client) throw new ManagementError('not_found', 'The client does not exist')
  return client.id
}

async function findGrant(
  deps: ClientGrantHandlerDeps,
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<ClientGrant> {
  const id = parseClientGrantId(rawId)
  const grant = id && (await deps.clientGrants.find(tenant.id, id))
  if (!grant) throw new ManagementError('not_found', 'The client grant does not exist')
  return grant
}

async function requireResourceServerOf(
  deps: ClientGrantHandlerDeps,
  grant: ClientGrant,
): Promise<ResourceServer> {
  const resourceServer = await deps.resourceServers.find(grant.tenantId, grant.resourceServerId)
  // Its API was deleted between two reads, and the grant with it.
  if (!resourceServer) throw new ManagementError('not_found', 'The client grant does not exist')
  return resourceServer
}

/** Scopes that the API offers and, where it is the management API, that the operator holds. */
function grantableScopes(
  operator: Operator,
  resourceServer: ResourceServer,
  asked: readonly string[],
): Scope[] {
  const offered = new Map<string, Scope>(resourceServer.scopes.map(({ value }) => [value, value]))
  const scopes = asked.map((text) => {
    const scope = offered.get(text)
    if (scope === undefined) {
      throw new ManagementError(
        'invalid_body',
        `Payload validation error: 'The API does not offer the scope ${text}' on property scope.`,
      )
    }
    return scope
  })
  if (resourceServer.isSystem) requireOwnScopes(operator, scopes)
  return scopes
}

async function allOnWire(
  deps: ClientGrantHandlerDeps,
  { tenant, issuer }: FastifyRequest,
  grants: readonly ClientGrant[],
): Promise<ClientGrantOnWire[]> {
  const audiences = new Map<ResourceServerId, string>()
  for (const id of new Set(grants.map((grant) => grant.resourceServerId))) {
    const resourceServer = await deps.resourceServers.find(tenant.id, id)
    if (resourceServer) audiences.set(id, audienceOf(issuer, resourceServer))
  }
  return grants.flatMap((grant) => {
    const audience = audiences.get(grant.resourceServerId)
    return audience === undefined ? [] : [onWire(grant, audience)]
  })
}

function onWire(grant: ClientGrant, audience: string): ClientGrantOnWire {
  return {
    id: grant.id,
    client_id: grant.clientId,
    audience,
    scope: [...grant.scopes],
    subject_type: 'client',
  }
}
