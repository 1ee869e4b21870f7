/**
 * What every change of a client's secrets has in common: the client exists, the operator may act on it, and someone
 * can still authenticate afterwards.
 */
import type { FastifyRequest } from 'fastify'
import { type Client, type ClientSecret, type ClientStore, usesSecret } from '../../../domain/client.ts'
import type { ClientGrantStore } from '../../../domain/client-grant.ts'
import type { ClientSecretStore } from '../../../domain/client-secret.ts'
import { ManagementError } from '../../../domain/errors.ts'
import type { ResourceServerStore } from '../../../domain/resource-server.ts'
import type { Write } from '../../../domain/write.ts'
import type { Change, RecordChange } from '../../record-change.ts'
import type { Operator } from '../access/access.ts'
import { comesBackBySecretUntil } from '../access/come-back.ts'
import type { KeepOneAdministrator } from '../access/last-administrator.ts'
import { requireNotAboveOperator } from '../access/own-scopes.ts'
import type { PathParameter } from '../operation/handler.ts'
import { findClient } from './find-client.ts'
import type { NewClientSecretDeps } from './new-client-secret.ts'

export interface ClientSecretChangeDeps extends NewClientSecretDeps {
  readonly clients: ClientStore
  readonly clientSecrets: ClientSecretStore
  readonly clientGrants: ClientGrantStore
  readonly resourceServers: ResourceServerStore
  readonly recordChange: RecordChange
  readonly keepOneAdministrator: KeepOneAdministrator
}

interface SecretCall {
  readonly request: FastifyRequest
  readonly operator: Operator
  readonly param: (name: PathParameter) => string
}

/** @throws ManagementError `not_found`, or `insufficient_scope` when the client holds more than its operator. */
export async function clientToChange(
  deps: ClientSecretChangeDeps,
  { request, operator, param }: SecretCall,
): Promise<Client> {
  const client = await findClient(deps, request, param('id'))
  await requireNotAboveOperator(deps, operator, client.tenantId, client.id)
  return client
}

/** @throws ManagementError `operation_not_supported` */
export function refuseWithoutSecret({ tokenEndpointAuthMethod }: Client): void {
  if (usesSecret(tokenEndpointAuthMethod)) return
  throw new ManagementError(
    'operation_not_supported',
    tokenEndpointAuthMethod === 'none'
      ? 'This client has no secret to renew: its token_endpoint_auth_method is none. Change that first.'
      : 'This client has no secret to renew: it authenticates with its credentials. Set client_authentication_methods to null and token_endpoint_auth_method to client_secret_post first.',
  )
}

// Fails where the client has changed since it was read: of two requests that each counted on the secret that the
// other ends, one is told to read again.
export function touch(deps: Pick<ClientSecretChangeDeps, 'clients' | 'now'>, client: Client): Write {
  return deps.clients.update({ ...client, updatedAt: deps.now() }, client)
}

/** Makes a change that leaves these secrets to the client: when the last of them ends, the client is locked out. */
export async function recordSecretChange(
  deps: ClientSecretChangeDeps,
  request: FastifyRequest,
  client: Client,
  left: readonly ClientSecret[],
  change: Change,
): Promise<void> {
  const record = () => deps.recordChange(request, change)
  // A client with another method keeps its secrets, but they prove nothing.
  if (!usesSecret(client.tokenEndpointAuthMethod)) return record()
  const until = comesBackBySecretUntil(client, left)
  await deps.keepOneAdministrator(
    { tenantId: client.tenantId, clientId: client.id, comesBackUntil: until },
    record,
  )
}
