/**
 * Someone must always be able to come back in: the last client that holds every scope of the management API can be
 * neither deleted nor disabled nor cut, by anyone and not by itself.
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import { type Client, type ClientId, type ClientStore, usesSecret } from '../../domain/client.ts'
import {
  type ClientCredential,
  type ClientCredentialStore,
  hasExpired,
} from '../../domain/client-credential.ts'
import { type ClientGrant, type ClientGrantStore, grantedScopes } from '../../domain/client-grant.ts'
import { hasSecretExpired } from '../../domain/client-secret.ts'
import { ManagementError } from '../../domain/errors.ts'
import type { ResourceServer, ResourceServerStore } from '../../domain/resource-server.ts'
import { demandsOfLevel, isFapiAlgorithm } from '../../domain/security-demands.ts'
import type { TenantId } from '../../domain/tenant.ts'
import { createTurns } from '../turns.ts'

export interface LastAdministratorDeps {
  readonly clients: Pick<ClientStore, 'find' | 'findWithSecrets'>
  readonly clientCredentials: Pick<ClientCredentialStore, 'list'>
  readonly clientGrants: Pick<ClientGrantStore, 'findFor' | 'list'>
  readonly resourceServers: Pick<ResourceServerStore, 'findSystem'>
  /** Whether a client could show this server a certificate at all. */
  readonly takesCertificates: boolean
  readonly now: () => Date
}

type ComeBackDeps = Pick<LastAdministratorDeps, 'clients' | 'clientCredentials' | 'takesCertificates' | 'now'>

/**
 * Makes a change that ends what the client may do.
 * @throws ManagementError `operation_not_supported` when it is the last administrator; nothing has changed then.
 */
export type KeepOneAdministrator = (
  tenantId: TenantId,
  clientId: ClientId,
  change: () => Promise<void>,
) => Promise<void>

export function createKeepOneAdministrator(deps: LastAdministratorDeps): KeepOneAdministrator {
  // One after the other, so that two administrators cannot each take the other for the one who stays.
  const inTurn = createTurns()

  return function keepOneAdministrator(tenantId, clientId, change) {
    return inTurn(tenantId, async () => {
      await refuseLastAdministrator(deps, tenantId, clientId)
      await change()
    })
  }
}

/** Whether a client could get a token at all. */
export function mayGetTokens(client: Client): boolean {
  return (
    client.enabled &&
    client.tokenEndpointAuthMethod !== 'none' &&
    client.grantTypes.includes('client_credentials')
  )
}

/** Whether it could also prove itself, with what it has. */
export async function mayComeBack(
  { clients, clientCredentials, takesCertificates, now }: ComeBackDeps,
  client: Client,
): Promise<boolean> {
  const { tenantId, id, tokenEndpointAuthMethod, activeCredentialIds } = client
  if (!mayGetTokens(client) || (needsCertificate(client) && !takesCertificates)) return false
  if (usesSecret(tokenEndpointAuthMethod)) {
    const stored = await clients.findWithSecrets(tenantId, id)
    return stored?.secrets.some((secret) => !hasSecretExpired(secret, now())) ?? false
  }
  // Which keys it publishes is its own to say.
  if (client.jwksUri !== undefined) return true
  const credentials = await clientCredentials.list(tenantId, id)
  return credentials.some(
    (key) => activeCredentialIds.includes(key.id) && !hasExpired(key, now()) && countsAtLevel(key, client),
  )
}

function needsCertificate({ tokenEndpointAuthMethod, complianceLevel }: Client): boolean {
  const byCertificate = ['tls_client_auth', 'self_signed_tls_client_auth'].includes(tokenEndpointAuthMethod)
  return byCertificate || demandsOfLevel(complianceLevel)?.bindings.includes('dpop') === false
}

/** A key for RS256 proves nothing at a level of FAPI 2.0, however long it is registered. */
function countsAtLevel(credential: ClientCredential, { complianceLevel }: Client): boolean {
  if (complianceLevel === 'none' || credential.type !== 'public_key') return true
  return isFapiAlgorithm(credential.algorithm)
}

/** Whether these are all that the API offers. */
export function holdsEveryScope(scopes: readonly string[], api: ResourceServer): boolean {
  return api.scopes.every(({ value }) => scopes.includes(value))
}

async function refuseLastAdministrator(
  deps: LastAdministratorDeps,
  tenantId: TenantId,
  clientId: ClientId,
): Promise<void> {
  const system = await deps.resourceServers.findSystem(tenantId)
  const grant = system && (await deps.clientGrants.findFor(tenantId, clientId, system.id))
  if (!grant || !(await isAdministrator(deps, system, grant))) return
  for await (const other of grantsOf(deps, system)) {
    if (other.clientId !== clientId && (await isAdministrator(deps, system, other))) return
  }
  throw new ManagementError(
    'operation_not_supported',
    'This is the last client that holds every scope of the management API: without it nobody could give them back. Grant all of them to another client first.',
  )
}

async function isAdministrator(
  deps: LastAdministratorDeps,
  system: ResourceServer,
  grant: ClientGrant,
): Promise<boolean> {
  if (!holdsEveryScope(grantedScopes(grant, system), system)) return false
  const client = await deps.clients.find(grant.tenantId, grant.clientId)
  return client !== undefined && (await mayComeBack(deps, client))
}

const pageSize = 100

async function* grantsOf(
  { clientGrants }: LastAdministratorDeps,
  { tenantId, id: resourceServerId }: ResourceServer,
): AsyncGenerator<ClientGrant> {
  let last: ClientGrant | undefined
  do {
    const after = last && { after: last }
    const page = await clientGrants.list(
      tenantId,
      { resourceServerId },
      { offset: 0, limit: pageSize, ...after },
    )
    yield* page
    last = page.length < pageSize ? undefined : page.at(-1)
    // There may be very many, and nobody else is served while we read.
    await othersTurn()
  } while (last)
}
