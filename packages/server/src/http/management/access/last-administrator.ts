/**
 * Someone must always be able to come back in. No change may bring forward the moment after which no client with
 * every scope of the management API could authenticate: neither at once, nor by an expiry set on the last secret or
 * key.
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { ClientId, ClientStore } from '../../../domain/client.ts'
import { type ClientGrant, type ClientGrantStore, grantedScopes } from '../../../domain/client-grant.ts'
import { ManagementError } from '../../../domain/errors.ts'
import type { ResourceServer, ResourceServerStore } from '../../../domain/resource-server.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import { createTurns } from '../../turns.ts'
import { type ComeBackDeps, comesBackUntil, notAtAll, withoutEnd } from './come-back.ts'

export interface LastAdministratorDeps extends ComeBackDeps {
  readonly clients: Pick<ClientStore, 'find' | 'findWithSecrets'>
  readonly clientGrants: Pick<ClientGrantStore, 'findFor' | 'list'>
  readonly resourceServers: Pick<ResourceServerStore, 'findSystem'>
  readonly now: () => Date
}

/** A change after which this client, which may hold every scope, could authenticate until then and no longer. */
export interface EndingChange {
  readonly tenantId: TenantId
  readonly clientId: ClientId
  /** Milliseconds since 1970. */
  readonly comesBackUntil: number
}

/**
 * Makes the change.
 * @throws ManagementError `operation_not_supported` when it would shut out the last administrator; nothing has changed then.
 */
export type KeepOneAdministrator = (ending: EndingChange, change: () => Promise<void>) => Promise<void>

export function createKeepOneAdministrator(deps: LastAdministratorDeps): KeepOneAdministrator {
  // One after the other, so that two administrators cannot each count on the other to stay.
  const inTurn = createTurns()

  return async function keepOneAdministrator(ending, change) {
    if (ending.comesBackUntil === withoutEnd) return change()
    return inTurn(ending.tenantId, async () => {
      await refuseLockout(deps, ending)
      await change()
    })
  }
}

/** Whether these are all that the API offers. */
export function holdsEveryScope(scopes: readonly string[], api: ResourceServer): boolean {
  return api.scopes.every(({ value }) => scopes.includes(value))
}

async function refuseLockout(
  deps: LastAdministratorDeps,
  { tenantId, clientId, comesBackUntil: left }: EndingChange,
): Promise<void> {
  const system = await deps.resourceServers.findSystem(tenantId)
  const grant = system && (await deps.clientGrants.findFor(tenantId, clientId, system.id))
  if (!grant) return
  const now = deps.now().getTime()
  const before = await administersUntil(deps, system, grant)
  // It could not come in any more anyway, or still can for as long as before: nothing is lost.
  if (before <= Math.max(left, now)) return
  let after = left
  for await (const other of grantsOf(deps, system)) {
    if (other.clientId !== clientId) after = Math.max(after, await administersUntil(deps, system, other))
    if (after >= before) return
  }
  throw lockout(after > now ? new Date(after) : undefined)
}

function lockout(end: Date | undefined): ManagementError {
  return new ManagementError(
    'operation_not_supported',
    end
      ? `This is the last client that holds every scope of the management API and could come in after ${end.toISOString()}, when this change would shut everybody out. Leave it a secret or key that does not end, or grant all of them to another client that has one first.`
      : 'This is the last client that holds every scope of the management API: without it nobody could give them back. Grant all of them to another client first.',
  )
}

async function administersUntil(
  deps: LastAdministratorDeps,
  system: ResourceServer,
  grant: ClientGrant,
): Promise<number> {
  if (!holdsEveryScope(grantedScopes(grant, system), system)) return notAtAll
  const client = await deps.clients.find(grant.tenantId, grant.clientId)
  return client ? comesBackUntil(deps, client) : notAtAll
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
    // There may be very many, and nobody else is served while we judge a page.
    await othersTurn()
  } while (last)
}
