/**
 * Resource servers on the wire ↔ resource servers of the domain. The management API itself is one of them: it
 * is listed first under the identifier that the settings give it, and cannot be changed.
 */
import type { ResourceServer as ResourceServerOnWire } from '@tallystick/management-api/contract/resource-servers'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import type {
  ResourceServer,
  ResourceServerId,
  ResourceServerStore,
} from '../../../domain/resource-server.ts'
import { revealSecret } from '../../../keys/secret/secret-text.ts'
import type { RecordChange } from '../../record-change.ts'
import { byAge } from '../operation/by-age.ts'
import type { Handlers, QueryOf } from '../operation/handler.ts'
import { pageOf, totalsOf } from '../operation/page.ts'
import { refuseEmptyPromises } from './empty-promises.ts'
import { findByAudience, findResourceServer, requireResourceServer } from './find-resource-server.ts'
import {
  changedResourceServer,
  identifierTaken,
  resourceServerToCreate,
} from './resource-server-from-wire.ts'
import { resourceServerOnWire } from './resource-server-on-wire.ts'
import {
  defaultSigningAlgorithm,
  type ResourceServerSigningDeps,
  type SettledSigning,
  withSettledSigning,
} from './resource-server-signing.ts'
import { refuseMixedFormats } from './token-format.ts'

export interface ResourceServerHandlerDeps extends ResourceServerSigningDeps {
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
      const { items, count } = await listed(deps.resourceServers, request, query)
      const resourceServers = items.map((item) => resourceServerOnWire(request.issuer, item))
      const totals = await totalsOf(query, count)
      return totals ? { ...totals, resource_servers: resourceServers } : resourceServers
    },

    async createResourceServer({ request, body }) {
      refuseEmptyPromises(body)
      const unsigned = resourceServerToCreate(request, deps.newId.resourceServer(), body, deps.now())
      const { tenantId, identifier } = unsigned
      if (await deps.resourceServers.findByIdentifier(tenantId, identifier)) throw identifierTaken()
      const asked = { ...body, signing_alg: body.signing_alg ?? defaultSigningAlgorithm(request.tenant) }
      return withSettledSigning(deps, unsigned, asked, undefined, async (settled) => {
        const resourceServer = { ...unsigned, signing: settled.signing }
        refuseMixedFormats(resourceServer)
        await deps.recordChange(request, {
          description: `Created the API ${identifier}.`,
          status: 201,
          writes: [...settled.writes, deps.resourceServers.insert(resourceServer)],
        })
        return withSecret(resourceServerOnWire(request.issuer, resourceServer), settled.newSecret)
      })
    },

    async getResourceServer({ request, param }) {
      const stored = await requireResourceServer(deps.resourceServers, request, param('id'))
      return resourceServerOnWire(request.issuer, stored)
    },

    async updateResourceServer({ request, param, body }) {
      const stored = await requireResourceServer(deps.resourceServers, request, param('id'))
      refuseSystem(stored)
      refuseEmptyPromises(body)
      const unsigned = changedResourceServer(stored, body, deps.now())
      return withSettledSigning(deps, unsigned, body, stored.signing, async (settled) => {
        const resourceServer = { ...unsigned, signing: settled.signing }
        refuseMixedFormats(resourceServer)
        await deps.recordChange(request, {
          description: `Changed the API ${resourceServer.identifier}.`,
          status: 200,
          writes: [...settled.writes, deps.resourceServers.update(resourceServer, stored)],
        })
        const onWire = resourceServerOnWire(request.issuer, resourceServer)
        // Whoever sent a secret knows it; one that was made here can only be shown now.
        return settled.newSecret?.isMadeHere ? withSecret(onWire, settled.newSecret) : onWire
      })
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

async function listed(
  store: ResourceServerStore,
  request: FastifyRequest,
  query: QueryOf<'listResourceServers'>,
): Promise<{ items: readonly ResourceServer[]; count: () => Promise<number> }> {
  const { id } = request.tenant
  const page = pageOf(query)
  if (query.identifiers === undefined) {
    return { items: await store.list(id, page), count: () => store.count(id) }
  }
  const named: ResourceServer[] = []
  for (const identifier of new Set([query.identifiers].flat())) {
    const found = await findByAudience(store, request, identifier)
    if (found) named.push(found)
  }
  const items = named.toSorted(byPlace).slice(page.offset, page.offset + page.limit)
  return { items, count: async () => named.length }
}

/** The management API, then the others, oldest first. */
function byPlace(left: ResourceServer, right: ResourceServer): number {
  return Number(right.isSystem) - Number(left.isSystem) || byAge(left, right)
}

function withSecret(
  onWire: ResourceServerOnWire,
  newSecret: SettledSigning['newSecret'],
): ResourceServerOnWire {
  return newSecret ? { ...onWire, signing_secret: revealSecret(newSecret.secret) } : onWire
}

function refuseSystem(resourceServer: ResourceServer): void {
  if (!resourceServer.isSystem) return
  throw new ManagementError(
    'operation_not_supported',
    'This is the management API itself; it cannot be changed or deleted.',
  )
}
