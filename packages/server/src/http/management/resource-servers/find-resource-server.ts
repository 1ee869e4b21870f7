/** Which resource server a caller means: an API of their own tenant, by its id or its identifier. */
import type { FastifyRequest } from 'fastify'
import type { Issuer } from '../../../domain/issuer.ts'
import {
  parseAudience,
  parseResourceServerId,
  type ResourceServer,
  type ResourceServerStore,
} from '../../../domain/resource-server.ts'
import { notThere } from '../operation/not-there.ts'

/** By id, or by identifier; the system API answers to the identifier of the settings, not to the stored one. */
export async function findResourceServer(
  store: ResourceServerStore,
  request: FastifyRequest,
  idOrIdentifier: string,
): Promise<ResourceServer | undefined> {
  const id = parseResourceServerId(idOrIdentifier)
  const byId = id && (await store.find(request.tenant.id, id))
  return byId ?? findByAudience(store, request, idOrIdentifier)
}

/** By the audience under which clients ask for tokens, and by nothing else. */
export async function findByAudience(
  store: ResourceServerStore,
  { tenant, issuer }: FastifyRequest,
  audience: string,
): Promise<ResourceServer | undefined> {
  if (audience === issuer.managementAudience) return store.findSystem(tenant.id)
  const identifier = parseAudience(audience)
  const found = identifier && (await store.findByIdentifier(tenant.id, identifier))
  return found?.isSystem ? undefined : found
}

/** @throws ManagementError `not_found` */
export async function requireResourceServer(
  store: ResourceServerStore,
  request: FastifyRequest,
  idOrIdentifier: string,
): Promise<ResourceServer> {
  const found = await findResourceServer(store, request, idOrIdentifier)
  if (!found) throw notThere('resourceServer')
  return found
}

/** The audience under which clients ask for tokens. */
export function audienceOf(issuer: Issuer, resourceServer: ResourceServer): string {
  return resourceServer.isSystem ? issuer.managementAudience : resourceServer.identifier
}
