import type { FastifyRequest } from 'fastify'
import { type Client, type ClientStore, parseClientId } from '../../../domain/client.ts'
import { notThere } from '../operation/not-there.ts'

/** @throws ManagementError `not_found`; another tenant's client is not there. */
export async function findClient(
  { clients }: { readonly clients: Pick<ClientStore, 'find'> },
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<Client> {
  const id = parseClientId(rawId)
  const client = id && (await clients.find(tenant.id, id))
  if (client) return client
  throw notThere('client')
}
