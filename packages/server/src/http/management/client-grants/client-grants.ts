/** Client grants on the wire ↔ client grants of the domain: the wire names an API by its audience. */
import type {
  ClientGrant as ClientGrantOnWire,
  ClientGrantToCreate,
} from '@tallystick/management-api/contract/client-grants'
import type { FastifyRequest } from 'fastify'
import { type ClientId, type ClientStore, parseClientId } from '../../../domain/client.ts'
import {
  type ClientGrant,
  type ClientGrantFilter,
  type ClientGrantId,
  type ClientGrantStore,
  grantedScopes,
  parseClientGrantId,
} from '../../../domain/client-grant.ts'
import { ManagementError } from '../../../domain/errors.ts'
import type {
  ResourceServer,
  ResourceServerId,
  ResourceServerStore,
} from '../../../domain/resource-server.ts'
import type { RecordChange } from '../../record-change.ts'
import { notAtAll } from '../access/come-back.ts'
import { holdsEveryScope, type KeepOneAdministrator } from '../access/last-administrator.ts'
import { requireOwnScopes } from '../access/own-scopes.ts'
import type { Handlers, QueryOf } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { notThere } from '../operation/not-there.ts'
import { answerList } from '../operation/page.ts'
import { audienceOf, findByAudience } from '../resource-servers/find-resource-server.ts'
import { changedHolding, changedOrganizations, holdingToCreate } from './client-grant-from-wire.ts'

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
      return answerList(query, 'client_grants', {
        list: async (page) => (filter ? deps.clientGrants.list(id, filter, page) : []),
        count: async () => (filter ? deps.clientGrants.count(id, filter) : 0),
        onWire: (grants) => allOnWire(deps, request, grants),
      })
    },

    async createClientGrant({ request, operator, body }) {
      const clientId = await requireClient(deps, request, body)
      const resourceServer = await findByAudience(deps.resourceServers, request, body.audience)
      if (!resourceServer) throw notThere('resourceServer')
      const now = deps.now()
      const grant: ClientGrant = {
        tenantId: request.tenant.id,
        id: deps.newId.clientGrant(),
        clientId,
        resourceServerId: resourceServer.id,
        ...holdingToCreate(resourceServer, body),
        ...changedOrganizations(body, { organizationUsage: undefined, allowAnyOrganization: undefined }),
        createdAt: now,
        updatedAt: now,
      }
      if (resourceServer.isSystem) requireOwnScopes(operator, grantedScopes(grant, resourceServer))
      await deps.recordChange(request, {
        description: `Granted ${body.audience} to the client ${clientId}.`,
        status: 201,
        writes: [deps.clientGrants.insert(grant)],
      })
      return onWire(grant, body.audience)
    },

    async getClientGrant({ request, param }) {
      const grant = await requireGrant(deps, request, param('id'))
      const resourceServer = await requireResourceServerOf(deps, grant)
      return onWire(grant, audienceOf(request.issuer, resourceServer))
    },

    async updateClientGrant({ request, operator, param, body }) {
      const stored = await requireGrant(deps, request, param('id'))
      const resourceServer = await requireResourceServerOf(deps, stored)
      const grant: ClientGrant = {
        ...stored,
        ...changedHolding(resourceServer, body, stored),
        ...changedOrganizations(body, stored),
        updatedAt: deps.now(),
      }
      if (resourceServer.isSystem) {
        requireOwnScopes(operator, grantedScopes(stored, resourceServer))
        requireOwnScopes(operator, grantedScopes(grant, resourceServer))
      }
      const audience = audienceOf(request.issuer, resourceServer)
      const record = () =>
        deps.recordChange(request, {
          description: `Changed the client grant of ${audience} to the client ${grant.clientId}.`,
          status: 200,
          writes: [deps.clientGrants.update(grant, stored)],
        })
      const staysWhole = holdsEveryScope(grantedScopes(grant, resourceServer), resourceServer)
      if (!resourceServer.isSystem || staysWhole) await record()
      else await deps.keepOneAdministrator({ ...grant, comesBackUntil: notAtAll }, record)
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
      if (grant && system && grant.resourceServerId === system.id) {
        requireOwnScopes(operator, grantedScopes(grant, system))
        await deps.keepOneAdministrator({ ...grant, comesBackUntil: notAtAll }, record)
      } else await record()
    },
  }
}

/**
 * Undefined when no grant can match: the filter names a client or an API that does not exist, users, or a default.
 */
async function filterOf(
  deps: ClientGrantHandlerDeps,
  request: FastifyRequest,
  query: QueryOf<'listClientGrants'>,
): Promise<ClientGrantFilter | undefined> {
  if (query.subject_type === 'user' || query.default_for !== undefined) return undefined
  const clientId = query.client_id === undefined ? undefined : parseClientId(query.client_id)
  if (query.client_id !== undefined && !clientId) return undefined
  const { audience, allow_any_organization: allowAnyOrganization } = query
  const resourceServer =
    audience === undefined ? undefined : await findByAudience(deps.resourceServers, request, audience)
  if (audience !== undefined && !resourceServer) return undefined
  return {
    ...(clientId && { clientId }),
    ...(resourceServer && { resourceServerId: resourceServer.id }),
    ...(allowAnyOrganization !== undefined && { allowAnyOrganization }),
  }
}

async function requireClient(
  deps: ClientGrantHandlerDeps,
  { tenant }: FastifyRequest,
  { client_id, default_for }: ClientGrantToCreate,
): Promise<ClientId> {
  if (default_for !== undefined) {
    throw invalidBody('default_for', "Every grant is one client's here; name it with client_id")
  }
  if (client_id === undefined) {
    throw new ManagementError(
      'invalid_body',
      "Payload validation error: 'Missing required property: client_id'.",
    )
  }
  const id = parseClientId(client_id)
  const client = id && (await deps.clients.find(tenant.id, id))
  if (!client) throw notThere('client')
  return client.id
}

async function requireGrant(
  deps: ClientGrantHandlerDeps,
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<ClientGrant> {
  const id = parseClientGrantId(rawId)
  const grant = id && (await deps.clientGrants.find(tenant.id, id))
  if (!grant) throw notThere('clientGrant')
  return grant
}

async function requireResourceServerOf(
  deps: ClientGrantHandlerDeps,
  grant: ClientGrant,
): Promise<ResourceServer> {
  const resourceServer = await deps.resourceServers.find(grant.tenantId, grant.resourceServerId)
  // Its API was deleted between two reads, and the grant with it.
  if (!resourceServer) throw notThere('clientGrant')
  return resourceServer
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
    ...(grant.allScopes && { allow_all_scopes: true as const }),
    ...(grant.organizationUsage && { organization_usage: grant.organizationUsage }),
    ...(grant.allowAnyOrganization !== undefined && { allow_any_organization: grant.allowAnyOrganization }),
  }
}
