/** Clients on the wire ↔ clients of the domain. A secret leaves with the answers to *create* and *rotate* alone. */
import type { ClientsQuery } from '@tallystick/management-api/contract/clients'
import type { FastifyReply } from 'fastify'
import {
  type ClientFilter,
  type ClientId,
  type ClientStore,
  parseClientId,
  usesSecret,
} from '../../../domain/client.ts'
import type { ClientCredential, ClientCredentialStore } from '../../../domain/client-credential.ts'
import type { ClientGrantStore } from '../../../domain/client-grant.ts'
import type { ClientSecretStore } from '../../../domain/client-secret.ts'
import type { ResourceServerStore } from '../../../domain/resource-server.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import { revealSecret } from '../../../keys/secret/secret-text.ts'
import type { RecordChange } from '../../record-change.ts'
import { refuseScope, requireScope } from '../access/access.ts'
import { comesBackUntil, notAtAll } from '../access/come-back.ts'
import type { KeepOneAdministrator } from '../access/last-administrator.ts'
import { requireNotAboveOperator } from '../access/own-scopes.ts'
import type { BodyOf, Call, Handlers } from '../operation/handler.ts'
import { answerList } from '../operation/page.ts'
import { authenticationToCreate, changedAuthentication, namedMethod } from './client-authentication.ts'
import { credentialToCreate, type NewCredentialDeps, refuseSharedKid } from './client-credential-from-wire.ts'
import { changedClient, clientToCreate } from './client-from-wire.ts'
import { clientOnWire } from './client-on-wire.ts'
import { refuseUnmetLevel } from './compliance-level.ts'
import { findClient } from './find-client.ts'
import { type JwksUriDeps, refuseJwksUri } from './jwks-uri.ts'
import { type NewClientSecretDeps, newClientSecret } from './new-client-secret.ts'

export interface ClientHandlerDeps extends NewCredentialDeps, NewClientSecretDeps, JwksUriDeps {
  readonly clients: ClientStore
  readonly clientSecrets: Pick<ClientSecretStore, 'insert'>
  readonly clientCredentials: ClientCredentialStore
  readonly clientGrants: ClientGrantStore
  readonly resourceServers: ResourceServerStore
  readonly recordChange: RecordChange
  readonly keepOneAdministrator: KeepOneAdministrator
  readonly takesCertificates: boolean
  readonly newId: NewCredentialDeps['newId'] &
    NewClientSecretDeps['newId'] & { readonly client: () => ClientId }
}

export function createClientHandlers(
  deps: ClientHandlerDeps,
): Pick<Handlers, 'listClients' | 'createClient' | 'getClient' | 'updateClient' | 'deleteClient'> {
  return {
    async listClients({ request: { tenant }, reply, query, operator }) {
      const filter = filterOf(query)
      // There is no global client (Auth0's, for an old management API). Auth0's deploy tool fails on an empty list,
      // but goes on where it lacks a scope.
      if (query.is_global === true) throw refuseScope(reply, { scopes: ['read:global_client'] })
      return answerList(query, 'clients', {
        list: async (page) => deps.clients.list(tenant.id, page, filter),
        count: async () => deps.clients.count(tenant.id, filter),
        onWire: (clients) => clients.map((client) => clientOnWire(tenant, client, operator)),
      })
    },

    async createClient({ request, reply, operator, body }) {
      const now = deps.now()
      const id = deps.newId.client()
      const tenantId = request.tenant.id
      const credentials = await newCredentials(deps, { operator, reply, body }, { tenantId, id })
      const authentication = authenticationToCreate(body, credentials)
      const client = clientToCreate(body, { tenantId, id, authentication, now })
      refuseJwksUri(deps, { operator, reply }, client)
      refuseUnmetLevel(client, credentials)
      const secret = usesSecret(client.tokenEndpointAuthMethod)
        ? newClientSecret(deps, client, [])
        : undefined
      await deps.recordChange(request, {
        description: `Created the client ${client.name}.`,
        status: 201,
        writes: [
          deps.clients.insert(client),
          ...(secret ? [deps.clientSecrets.insert(secret.kept)] : []),
          ...credentials.map((credential) => deps.clientCredentials.insert(credential)),
        ],
      })
      const onWire = clientOnWire(request.tenant, client, operator)
      return secret ? { ...onWire, client_secret: revealSecret(secret.text) } : onWire
    },

    async getClient({ request, operator, param }) {
      return clientOnWire(request.tenant, await findClient(deps, request, param('id')), operator)
    },

    async updateClient({ request, reply, operator, param, body }) {
      const stored = await findClient(deps, request, param('id'))
      await requireNotAboveOperator(deps, operator, request.tenant.id, stored.id)
      const credentials = await deps.clientCredentials.list(stored.tenantId, stored.id)
      const authentication = changedAuthentication(stored, body, credentials)
      const client = changedClient(stored, body, { authentication, now: deps.now() })
      refuseJwksUri(deps, { operator, reply }, client, stored)
      refuseUnmetLevel(client, credentials)
      const record = () =>
        deps.recordChange(request, {
          description: `Changed the client ${client.name}.`,
          status: 200,
          writes: [deps.clients.update(client, stored)],
        })
      const ending = {
        tenantId: client.tenantId,
        clientId: client.id,
        comesBackUntil: await comesBackUntil(deps, client),
      }
      await deps.keepOneAdministrator(ending, record)
      return clientOnWire(request.tenant, client, operator)
    },

    // Deleting what is not there succeeds, so that a repeated request does no harm.
    async deleteClient({ request, operator, param }) {
      const tenantId = request.tenant.id
      const id = parseClientId(param('id'))
      const record = () =>
        deps.recordChange(request, {
          description: 'Deleted a client, with its secrets, credentials and client grants.',
          status: 204,
          writes: id ? [deps.clients.remove(tenantId, id)] : [],
        })
      if (id) await requireNotAboveOperator(deps, operator, tenantId, id)
      const ending = id && { tenantId, clientId: id, comesBackUntil: notAtAll }
      await (ending ? deps.keepOneAdministrator(ending, record) : record())
    },
  }
}

/** Undefined where every client passes, so that the list need not look into them. */
function filterOf({ is_first_party, app_type }: ClientsQuery): ClientFilter | undefined {
  if (is_first_party === undefined && app_type === undefined) return undefined
  return {
    ...(is_first_party !== undefined && { isFirstParty: is_first_party }),
    ...(app_type !== undefined && { appTypes: app_type.split(',') }),
  }
}

/** The credentials that come with a new client need the same scope as creating them alone. */
async function newCredentials(
  deps: ClientHandlerDeps,
  { operator, reply, body }: Pick<Call<'createClient'>, 'operator' | 'body'> & { reply: FastifyReply },
  { tenantId, id: clientId }: { tenantId: TenantId; id: ClientId },
): Promise<ClientCredential[]> {
  const [, named] = namedMethod(body.client_authentication_methods ?? {}) ?? []
  const sent: CredentialsToCreate = named?.credentials ?? []
  if (sent.length > 0) requireScope(operator, { scopes: ['create:client_credentials'] }, reply)
  const owner = { tenantId, clientId }
  const credentials = await Promise.all(sent.map((credential) => credentialToCreate(deps, owner, credential)))
  refuseSharedKid(credentials)
  return credentials
}

type CredentialsToCreate = readonly BodyOf<'createClientCredential'>[]
