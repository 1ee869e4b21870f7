/**
 * Resource servers on the wire ↔ resource servers of the domain. The management API itself is one of them: it
 * is listed first under the identifier that the settings give it, and cannot be changed.
 */
import {
  keptResourceServerMembers,
  type ResourceServerChange,
  type ResourceServer as ResourceServerOnWire,
  type ResourceServerToCreate,
} from '@tallystick/management-api/contract/resource-servers'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../domain/errors.ts'
import type { Issuer } from '../../domain/issuer.ts'
import {
  defaultTokenLifetimeSeconds,
  parseAudience,
  parseResourceServerId,
  parseScope,
  type ResourceServer,
  type ResourceServerId,
  type ResourceServerScope,
  type ResourceServerStore,
} from '../../domain/resource-server.ts'
import type { RecordChange } from '../record-change.ts'
import type { Handlers } from './handler.ts'
import { keptMembers } from './kept-members.ts'
import { pageOf, totalsOf } from './page.ts'

export interface ResourceServerHandlerDeps {
  readonly resourceServers: ResourceServerStore
  readonly recordChange: RecordChange
  readonly newId: { readonly resourceServer: () => ResourceServerId }
  readonly now: () => Date
}

export function createResourceServerHandlers(
  deps: ResourceServerHandlerDeps,
): Pick<
  Handlers,
  | 'listResourceServers'
  | 'createResourceServer'
  | 'getResourceServer'
  | 'updateResourceServer'
  | 'deleteResourceServer'
> {
  return {
    async listResourceServers({ request, query }) {
      const stored = await deps.resourceServers.list(request.tenant.id, pageOf(query))
      const resourceServers = stored.map((item) => onWire(request.issuer, item))
      const totals = await totalsOf(query, () => deps.resourceServers.count(request.tenant.id))
      return totals ? { ...totals, resource_servers: resourceServers } : resourceServers
    },

    async createResourceServer({ request, body }) {
      const resourceServer = resourceServerToCreate(deps, request, body)
      await deps.recordChange(request, {
        description: `Created the API ${resourceServer.identifier}.`,
        status: 201,
        writes: [deps.resourceServers.insert(resourceServer)],
      })
      return onWire(request.issuer, resourceServer)
    },

    async getResourceServer({ request, param }) {
      return onWire(request.issuer, await requireResourceServer(deps, request, param('id')))
    },

    async updateResourceServer({ request, param, body }) {
      const stored = await requireResourceServer(deps, request, param('id'))
      refuseSystem(stored)
      const resourceServer = changedResourceServer(stored, body, deps.now())
      await deps.recordChange(request, {
        description: `Changed the API ${resourceServer.identifier}.`,
        status: 200,
        writes: [deps.resourceServers.update(resourceServer, stored)],
      })
      return onWire(request.issuer, resourceServer)
    },

    async deleteResourceServer({ request, param }) {
      const stored = await findResourceServer(deps.resourceServers, request, param('id'))
      if (stored) refuseSystem(stored)
      await deps.recordChange(request, {
        description: stored
          ? `Deleted the API ${stored.identifier}, with its client grants.`
          : 'Deleted an API that was not there.',
        status: 204,
        writes: stored ? [deps.resourceServers.remove(stored.tenantId, stored.id)] : [],
      })
    },
  }
}

/** By id, or by identifier; the system API answers to the identifier of the settings, not to the stored one. */
export async function findResourceServer(
  store: ResourceServerStore,
  { tenant, issuer }: FastifyRequest,
  idOrIdentifier: string,
): Promise<ResourceServer | undefined> {
  const id = parseResourceServerId(idOrIdentifier)
  const byId = id && (await store.find(tenant.id, id))
  if (byId) return byId
  if (idOrIdentifier === issuer.managementAudience) return store.findSystem(tenant.id)
  const identifier = parseAudience(idOrIdentifier)
  const found = identifier && (await store.findByIdentifier(tenant.id, identifier))
  return found?.isSystem ? undefined : found
}

/** The audience under which clients ask for tokens. */
export function audienceOf(issuer: Issuer, resourceServer: ResourceServer): string {
  return resourceServer.isSystem ? issuer.managementAudience : resourceServer.identifier
}

async function requireResourceServer(
  deps: ResourceServerHandlerDeps,
  request: FastifyRequest,
  idOrIdentifier: string,
): Promise<ResourceServer> {
  const found = await findResourceServer(deps.resourceServers, request, idOrIdentifier)
  if (!found) throw new ManagementError('not_found', 'The resource server does not exist')
  return found
}

function refuseSystem(resourceServer: ResourceServer): void {
  if (!resourceServer.isSystem) return
  throw new ManagementError(
    'operation_not_supported',
    'This is the management API itself; it cannot be changed or deleted.',
  )
}

function resourceServerToCreate(
  deps: ResourceServerHandlerDeps,
  { tenant, issuer }: FastifyRequest,
  body: ResourceServerToCreate,
): ResourceServer {
  const identifier = parseAudience(body.identifier)
  if (!identifier) {
    throw new ManagementError(
      'invalid_body',
      "Payload validation error: 'It must not begin or end with a blank or hold control characters' on property identifier.",
    )
  }
  // Tokens for this audience open the management API: no second API may answer to it.
  if (identifier === issuer.managementAudience) {
    throw new ManagementError('conflict', 'There is already a resource server with this identifier.')
  }
  const now = deps.now()
  return {
    tenantId: tenant.id,
    id: deps.newId.resourceServer(),
    identifier,
    name: body.name ?? identifier.slice(0, 200),
    scopes: scopesOf(body.scopes ?? []),
    tokenLifetimeSeconds: body.token_lifetime ?? defaultTokenLifetimeSeconds,
    signingAlgorithm: body.signing_alg ?? 'RS256',
    tokenDialect: body.token_dialect ?? (tenant.profile === 'auth0' ? 'access_token' : 'rfc9068_profile'),
    ruleScopes: body.rule_scopes ?? 'any',
    isSystem: false,
    keptMembers: keptMembers(keptResourceServerMembers, {}, body),
    createdAt: now,
    updatedAt: now,
  }
}

function changedResourceServer(
  stored: ResourceServer,
  body: ResourceServerChange,
  now: Date,
): ResourceServer {
  return {
    ...stored,
    name: body.name ?? stored.name,
    scopes: body.scopes ? scopesOf(body.scopes) : stored.scopes,
    tokenLifetimeSeconds: body.token_lifetime ?? stored.tokenLifetimeSeconds,
    signingAlgorithm: body.signing_alg ?? stored.signingAlgorithm,
    tokenDialect: body.token_dialect ?? stored.tokenDialect,
    ruleScopes: body.rule_scopes ?? stored.ruleScopes,
    keptMembers: keptMembers(keptResourceServerMembers, stored.keptMembers, body),
    updatedAt: now,
  }
}

function scopesOf(scopes: readonly { value: string; description?: string }[]): ResourceServerScope[] {
  const seen = new Set<string>()
  return scopes.map(({ value, description }) => {
    const scope = parseScope(value)
    if (!scope || seen.has(value)) {
      throw new ManagementError(
        'invalid_body',
        `Payload validation error: 'Each scope stands once; this one does not: ${value}' on property scopes.`,
      )
    }
    seen.add(value)
    return { value: scope, description: description ?? '' }
  })
}

function onWire(issuer: Issuer, resourceServer: ResourceServer): ResourceServerOnWire {
  return {
    // First, so that nothing kept can stand in the place of a member that we know.
    ...resourceServer.keptMembers,
    id: resourceServer.id,
    identifier: audienceOf(issuer, resourceServer),
    name: resourceServer.name,
    is_system: resourceServer.isSystem,
    scopes: resourceServer.scopes.map(({ value, description }) => ({
      value,
      ...(description === '' ? {} : { description }),
    })),
    signing_alg: resourceServer.signingAlgorithm,
    token_dialect: resourceServer.tokenDialect,
    token_lifetime: resourceServer.tokenLifetimeSeconds,
    rule_scopes: resourceServer.ruleScopes,
  }
}
