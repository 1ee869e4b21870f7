/** What clients and resource servers find out by themselves: metadata (RFC 8414, RFC 9728) and signing keys (RFC 7517). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KeyAlgorithm, ResourceServerStore } from '../domain/resource-server.ts'
import { keySetMaxAgeSeconds, type PublishedJwk } from '../domain/signing-key.ts'
import type { TenantId } from '../domain/tenant.ts'
import type {} from './request.ts'
import { resourceMetadata, resourceMetadataPath } from './resource-metadata.ts'
import { sendCached } from './send-cached.ts'
import { openIdConfiguration, serverMetadata } from './server-metadata.ts'

export interface DiscoveryDeps {
  readonly publicKeys: (tenantId: TenantId) => Promise<readonly PublishedJwk[]>
  /** The algorithms that access tokens can be signed with here. */
  readonly tokenAlgorithms: readonly KeyAlgorithm[]
  readonly resourceServers: Pick<ResourceServerStore, 'findSystem'>
  /** Whether the server asks clients for their certificates, or a proxy passes them on. */
  readonly takesCertificates: boolean
}

export function registerDiscovery(app: FastifyInstance, deps: DiscoveryDeps): void {
  const { takesCertificates, tokenAlgorithms } = deps
  const subjectOf = ({ tenant, issuer }: FastifyRequest) => ({
    tenant,
    issuer,
    takesCertificates,
    tokenAlgorithms,
  })
  app.get('/.well-known/oauth-authorization-server', (request, reply) =>
    sendJson(request, reply, serverMetadata(subjectOf(request))),
  )
  app.get('/.well-known/openid-configuration', (request, reply) =>
    sendJson(request, reply, openIdConfiguration(subjectOf(request))),
  )
  app.get('/.well-known/jwks.json', async (request, reply) =>
    sendJson(request, reply, { keys: await deps.publicKeys(request.tenant.id) }),
  )
  for (const path of [resourceMetadataPath, resourceMetadataPath.slice(0, -1)]) {
    app.get(path, async (request, reply) => {
      const { tenant, issuer } = request
      const scopes = (await deps.resourceServers.findSystem(tenant.id))?.scopes ?? []
      return sendJson(request, reply, resourceMetadata({ tenant, issuer, scopes, takesCertificates }))
    })
  }
}

function sendJson(request: FastifyRequest, reply: FastifyReply, document: unknown): FastifyReply {
  return sendCached(request, reply, {
    body: JSON.stringify(document),
    contentType: 'application/json; charset=utf-8',
    maxAgeSeconds: keySetMaxAgeSeconds,
  })
}
