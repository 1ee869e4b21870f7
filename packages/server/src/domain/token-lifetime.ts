import type { Client } from './client.ts'
import type { ResourceServer } from './resource-server.ts'

/**
 * How long tokens of this client for this API may live: as the API says, or less where the client is to have less. It
 * is the bound of what rules may set, too, so that neither a client nor a rule outlives what an API is prepared for.
 */
export function longestLifetimeSeconds(
  client: Pick<Client, 'tokenLifetimeSeconds'>,
  api: Pick<ResourceServer, 'tokenLifetimeSeconds'>,
): number {
  return Math.min(client.tokenLifetimeSeconds ?? api.tokenLifetimeSeconds, api.tokenLifetimeSeconds)
}
