/** Clients on the wire ↔ clients of the domain. A secret leaves with the answers to *create* and *rotate* alone. */
import {
  type ClientChange,
  type Client as ClientOnWire,
  type ClientToCreate,
  type ClientWithSecret,
  keptClientMembers,
} from '@tallystick/management-api/contract/clients'
import type { FastifyRequest } from 'fastify'
import {
  type Client,
  type ClientId,
  type ClientSecretHash,
  type ClientStore,
  maxMetadataMembers,
  parseClientId,
} from '../../domain/client.ts'
import type { ClientGrantStore } from '../../domain/client-grant.ts'
import { ManagementError } from '../../domain/errors.ts'
import type { ResourceServerStore } from '../../domain/resource-server.ts'
import type { Tenant, TenantId } from '../../domain/tenant.ts'
import { revealSecret, type SecretText } from '../../keys/secret-text.ts'
import type { RecordChange } from '../record-change.ts'
import type { Handlers } from './handler.ts'
import { keptMembers } from './kept-members.ts'
import { type KeepOneAdministrator, mayGetTokens } from './last-administrator.ts'
import { requireNotAboveOperator } from './own-scopes.ts'
import { pageOf, totalsOf } from './page.ts'

export interface ClientHandlerDeps {
  readonly clients: ClientStore
  readonly clientGrants: ClientGrantStore
  readonly resourceServers: ResourceServerStore
  readonly recordChange: RecordChange
  readonly keepOneAdministrator: KeepOneAdministrator
  readonly createClientSecret: () => SecretText
  readonly hashSecret: (secret: SecretText) => Uint8Array
  readonly newId: { readonly client: () => ClientId; readonly clientSecret: () => string }
  readonly now: () => Date
}

export function createClientHandlers(
  deps: ClientHandlerDeps,
): Pick<
  Handlers,
  'listClients' | 'createClient' | 'getClient' | 'updateClient' | 'deleteClient' | 'rotateClientSecret'
> {
  return {
    async listClients({ request: { tenant }, query }) {
      const stored = await deps.clients.list(tenant.id, pageOf(query))
      const clients = stored.map((client) => onWire(tenant, client))
      const totals = await totalsOf(query, () => deps.clients.count(tenant.id))
      return totals ? { ...totals, clients } : clients
    },

    async createClient({ request, body }) {
      const client = clientToCreate(body, request.tenant.id, deps.newId.client(), deps.now())
      const secret = newSecret(deps, client)
      await deps.recordChange(request, {
        description: `Created the client ${client.name}.`,
        status: 201,
        writes: [deps.clients.insert(client), deps.clients.insertSecret(secret.hashed)],
      })
      return withSecret(request.tenant, client, secret.text)
    },

    async getClient({ request, param }) {
      return onWire(request.tenant, await findClient(deps, request, param('id')))
    },

    async updateClient({ request, operator, param, body }) {
      const stored = await findClient(deps, request, param('id'))
      await requireNotAboveOperator(deps, operator, request.tenant.id, stored.id)
      const client = changedClient(stored, body, deps.now())
      const record = () =>
        deps.recordChange(request, {
          description: `Changed the client ${client.name}.`,
          status: 200,
          writes: [deps.clients.update(client, stored)],
        })
      if (mayGetTokens(client)) await record()
      else await deps.keepOneAdministrator(client.tenantId, client.id, record)
      return onWire(request.tenant, client)
    },

    // What is not there is deleted already: the same answer, so that a repeated request does no harm.
    async deleteClient({ request, operator, param }) {
      const tenantId = request.tenant.id
      const id = parseClientId(param('id'))
      const record = () =>
        deps.recordChange(request, {
          description: 'Deleted a client, with its secrets and client grants.',
          status: 204,
          writes: id ? [deps.clients.remove(tenantId, id)] : [],
        })
      if (id) await requireNotAboveOperator(deps, operator, tenantId, id)
      await (id ? deps.keepOneAdministrator(tenantId, id, record) : record())
    },

    async rotateClientSecret({ request, operator, param }) {
      const stored = await findClient(deps, request, param('id'))
      await requireNotAboveOperator(deps, operator, request.tenant.id, stored.id)
      const client = { ...stored, updatedAt: deps.now() }
      const secret = newSecret(deps, client)
      await deps.recordChange(request, {
        description: `Renewed the secret of the client ${client.name}.`,
        status: 200,
        writes: [
          deps.clients.removeSecrets(client.tenantId, client.id),
          deps.clients.insertSecret(secret.hashed),
          deps.clients.update(client, stored),
        ],
      })
      return withSecret(request.tenant, client, secret.text)
    },
  }
}

async function findClient(
  deps: ClientHandlerDeps,
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<Client> {
  const id = parseClientId(rawId)
  const client = id && (await deps.clients.find(tenant.id, id))
  if (!client) throw new ManagementError('not_found', 'The client does not exist')
  return client
}

function clientToCreate(body: ClientToCreate, tenantId: TenantId, id: ClientId, now: Date): Client {
  return {
    tenantId,
    id,
    name: body.name,
    description: body.description ?? '',
    metadata: body.client_metadata ?? {},
    grantTypes: body.grant_types ?? ['client_credentials'],
    tokenEndpointAuthMethod: body.token_endpoint_auth_method ?? 'client_secret_post',
    enabled: body.enabled ?? true,
    keptMembers: keptMembers(keptClientMembers, {}, body),
    createdAt: now,
    updatedAt: now,
  }
}

function changedClient(stored: Client, body: ClientChange, now: Date): Client {
  return {
    ...stored,
    name: body.name ?? stored.name,
    description: body.description ?? stored.description,
    metadata: mergedMetadata(stored.metadata, body.client_metadata),
    grantTypes: body.grant_types ?? stored.grantTypes,
    tokenEndpointAuthMethod: body.token_endpoint_auth_method ?? stored.tokenEndpointAuthMethod,
    enabled: body.enabled ?? stored.enabled,
    keptMembers: keptMembers(keptClientMembers, stored.keptMembers, body),
    updatedAt: now,
  }
}

function mergedMetadata(
  stored: Client['metadata'],
  change: ClientChange['client_metadata'],
): Client['metadata'] {
  if (change === undefined) return stored
  const sent = Object.entries(change)
  if (sent.length === 0) return {}
  const members = new Map(Object.entries(stored))
  for (const [name, value] of sent) {
    if (value === null) members.delete(name)
    else members.set(name, value)
  }
  if (members.size > maxMetadataMembers) {
    throw new ManagementError(
      'invalid_body',
      `Payload validation error: 'Too many members: ${members.size}; at most ${maxMetadataMembers} are kept' on property client_metadata.`,
    )
  }
  return Object.fromEntries(members)
}

function newSecret(deps: ClientHandlerDeps, client: Client): { text: SecretText; hashed: ClientSecretHash } {
  const text = deps.createClientSecret()
  const hashed = {
    tenantId: client.tenantId,
    clientId: client.id,
    id: deps.newId.clientSecret(),
    hash: deps.hashSecret(text),
    createdAt: deps.now(),
  }
  return { text, hashed }
}

function onWire(tenant: Tenant, client: Client): ClientOnWire {
  return {
    // First, so that nothing kept can stand in the place of a member that we know.
    ...client.keptMembers,
    tenant: tenant.name,
    global: false,
    client_id: client.id,
    name: client.name,
    description: client.description,
    client_metadata: { ...client.metadata },
    grant_types: [...client.grantTypes],
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    enabled: client.enabled,
  }
}

function withSecret(tenant: Tenant, client: Client, secret: SecretText): ClientWithSecret {
  return { ...onWire(tenant, client), client_secret: revealSecret(secret) }
}
