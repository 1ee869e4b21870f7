/** Credentials of clients on the wire. A key goes in and never comes out; only its name and kid are shown. */
import type { Client, ClientStore } from '../../../domain/client.ts'
import {
  type ClientCredential,
  type ClientCredentialStore,
  maxClientCredentials,
  parseClientCredentialId,
} from '../../../domain/client-credential.ts'
import type { ClientGrantStore } from '../../../domain/client-grant.ts'
import { ManagementError } from '../../../domain/errors.ts'
import type { ResourceServerStore } from '../../../domain/resource-server.ts'
import type { RecordChange } from '../../record-change.ts'
import { comesBackByKeyUntil, withoutEnd } from '../access/come-back.ts'
import type { EndingChange, KeepOneAdministrator } from '../access/last-administrator.ts'
import { requireNotAboveOperator } from '../access/own-scopes.ts'
import type { Handlers } from '../operation/handler.ts'
import { notThere } from '../operation/not-there.ts'
import { credentialToCreate, type NewCredentialDeps, refuseSharedKid } from './client-credential-from-wire.ts'
import { credentialOnWire } from './client-credential-on-wire.ts'
import { parseExpiry } from './credential-expiry.ts'
import { findClient } from './find-client.ts'

export interface ClientCredentialHandlerDeps extends NewCredentialDeps {
  readonly clients: ClientStore
  readonly clientCredentials: ClientCredentialStore
  readonly clientGrants: ClientGrantStore
  readonly resourceServers: ResourceServerStore
  readonly recordChange: RecordChange
  readonly keepOneAdministrator: KeepOneAdministrator
  readonly takesCertificates: boolean
}

export function createClientCredentialHandlers(
  deps: ClientCredentialHandlerDeps,
): Pick<
  Handlers,
  | 'listClientCredentials'
  | 'createClientCredential'
  | 'getClientCredential'
  | 'updateClientCredential'
  | 'deleteClientCredential'
> {
  return {
    async listClientCredentials({ request, param }) {
      const { tenantId, id } = await findClient(deps, request, param('id'))
      return (await deps.clientCredentials.list(tenantId, id)).map(credentialOnWire)
    },

    async createClientCredential({ request, operator, param, body }) {
      const client = await findClient(deps, request, param('id'))
      await requireNotAboveOperator(deps, operator, client.tenantId, client.id)
      const present = await deps.clientCredentials.list(client.tenantId, client.id)
      const owner = { tenantId: client.tenantId, clientId: client.id }
      const credential = await credentialToCreate(deps, owner, body)
      refuseTooMany(present)
      refuseSharedKid([...present, credential])
      await deps.recordChange(request, {
        description: `Added the credential ${credential.kid} to the client ${client.name}.`,
        status: 201,
        writes: [deps.clientCredentials.insert(credential), touch(deps, client)],
      })
      return credentialOnWire(credential)
    },

    async getClientCredential({ request, param }) {
      const client = await findClient(deps, request, param('id'))
      return credentialOnWire(await requireCredential(deps, client, param('credentialId')))
    },

    async updateClientCredential({ request, operator, param, body }) {
      const client = await findClient(deps, request, param('id'))
      await requireNotAboveOperator(deps, operator, client.tenantId, client.id)
      const stored = await requireCredential(deps, client, param('credentialId'))
      const credential = { ...stored, expiresAt: expiryAfter(stored, body), updatedAt: deps.now() }
      const record = () =>
        deps.recordChange(request, {
          description: `Changed when the credential ${credential.kid} of the client ${client.name} expires.`,
          status: 200,
          writes: [deps.clientCredentials.changeExpiry(credential), touch(deps, client)],
        })
      await deps.keepOneAdministrator(await endOfChange(deps, client, credential), record)
      return credentialOnWire(credential)
    },

    // Deleting what is not there succeeds.
    async deleteClientCredential({ request, operator, param }) {
      const client = await findClient(deps, request, param('id'))
      await requireNotAboveOperator(deps, operator, client.tenantId, client.id)
      const id = parseClientCredentialId(param('credentialId'))
      if (id && client.activeCredentialIds.includes(id)) throw inUse()
      await deps.recordChange(request, {
        description: `Deleted a credential of the client ${client.name}.`,
        status: 204,
        writes: id
          ? [deps.clientCredentials.remove(client.tenantId, client.id, id), touch(deps, client)]
          : [],
      })
    },
  }
}

// Fails where the client has changed since it was read: two requests may each have seen room for one more key, or a
// key that is not in use.
function touch(deps: ClientCredentialHandlerDeps, client: Client) {
  return deps.clients.update({ ...client, updatedAt: deps.now() }, client)
}

/** Until when the client could authenticate, once this credential of it is changed. */
async function endOfChange(
  deps: ClientCredentialHandlerDeps,
  client: Client,
  changed: ClientCredential,
): Promise<EndingChange> {
  // Changing a credential that is not in use, such as one of a client with a secret, locks nobody out.
  if (!client.activeCredentialIds.includes(changed.id))
    return { ...ofClient(client), comesBackUntil: withoutEnd }
  const present = await deps.clientCredentials.list(client.tenantId, client.id)
  const credentials = present.map((credential) => (credential.id === changed.id ? changed : credential))
  return { ...ofClient(client), comesBackUntil: comesBackByKeyUntil(deps, client, credentials) }
}

function ofClient({ tenantId, id: clientId }: Client) {
  return { tenantId, clientId }
}

async function requireCredential(
  { clientCredentials }: ClientCredentialHandlerDeps,
  client: Client,
  rawId: string,
): Promise<ClientCredential> {
  const id = parseClientCredentialId(rawId)
  const credential = id && (await clientCredentials.find(client.tenantId, client.id, id))
  if (credential) return credential
  throw notThere('clientCredential')
}

function refuseTooMany(present: readonly ClientCredential[]): void {
  if (present.length < maxClientCredentials) return
  throw new ManagementError(
    'conflict',
    `The client has ${maxClientCredentials} credentials, which is as many as it may have; delete one that is not in use first.`,
  )
}

function inUse(): ManagementError {
  return new ManagementError(
    'conflict',
    'The client authenticates with this credential; take it out of its client_authentication_methods first.',
  )
}

function expiryAfter(
  { expiresAt }: ClientCredential,
  { expires_at: text }: { readonly expires_at?: string | null },
): Date | undefined {
  if (text === undefined) return expiresAt
  return text === null ? undefined : parseExpiry(text)
}
