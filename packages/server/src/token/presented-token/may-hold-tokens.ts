/**
 * Whether a client would be given a token of an API now. A token says what its client was entitled to when it was issued;
 * whoever asks us about it is told what holds today.
 */
import { type ClientId, type ClientStore, mayGetTokens } from '../../domain/client.ts'
import type { ClientGrantStore } from '../../domain/client-grant.ts'
import type { ResourceServer } from '../../domain/resource-server.ts'

export interface MayHoldTokensDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly clientGrants: Pick<ClientGrantStore, 'findFor'>
}

export type MayHoldTokens = (clientId: ClientId, api: ResourceServer) => Promise<boolean>

export function createMayHoldTokens({ clients, clientGrants }: MayHoldTokensDeps): MayHoldTokens {
  return async function mayHoldTokens(clientId, { tenantId, id, clientPolicy }) {
    if (clientPolicy === 'deny_all') return false
    const client = await clients.find(tenantId, clientId)
    if (!client || !mayGetTokens(client)) return false
    return (await clientGrants.findFor(tenantId, clientId, id)) !== undefined
  }
}
