/** What clients and resource servers find out by themselves: metadata (RFC 8414, RFC 9728) and signing keys (RFC 7517). */
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KeyAlgorithm, ResourceServerStore } from '../domain/resource-server.ts'
import { keySetMaxAgeSeconds, type PublishedJwk } from '../domain/signing-key.ts'
import type { TenantId } from '../domain/tenant.ts'
import type {} from './request.ts'
import { resourceMetadata, resourceMetadataPath } from './resource-metadata.ts'
import { openIdConfiguration, serverMetadata } from './server-metadata.ts'

export interface DiscoveryDeps {
  readonly publicKeys: (tenantId: TenantId) => Promise<readonly PublishedJwk[]>
  /** Those that access tokens can be signed with here. */
  readonly tokenAlgorithms: readonly KeyAlgorithm[]
  readonly resourceServers: Pick<ResourceServerStore, 'findSystem'>
  /** The server asks clients for their certificates, or a proxy tells them. */
  readonly takesCertificates: boolean
}

export function registerDiscovery(app: FastifyInstance, deps: DiscoveryDeps): void {
  const { takesCertificates } = deps
  const subjectOf = ({ tenant, issuer }: FastifyRequest) => ({ tenant, issuer, takesCertificates })
  app.get('/.well-known/oauth-authorization-server', (request, reply) =>
    sendCached(request, reply, serverMetadata(subjectOf(request))),
  )
  app.get('/.well-known/openid-configuration', (request, reply) =>
    sendCached(request, reply, openIdConfiguration(subjectOf(request), deps.tokenAlgorithms)),
  )
  app.get('/.well-known/jwks.json', async (request, reply) =>
    sendCached(request, reply, { keys: await deps.publicKeys(request.tenant.id) }),
  )
  for (const path of [resourceMetadataPath, resourceMetadataPath.slice(0, -1)]) {
    app.get(path, async (request, reply) => {
      const { tenant, issuer } = request
      const scopes = (await deps.resourceServers.findSystem(tenant.id))?.scopes ?? []
      return sendCached(request, reply, resourceMetadata({ tenant, issuer, scopes }))
    })
  }
}

function sendCached(request: FastifyRequest, reply: FastifyReply, document: unknown): FastifyReply {
  const body = JSON.stringify(document)
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
  reply.header('cache-control', `public, max-age=${keySetMaxAgeSeconds}`).header('etag', etag)
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*')) return reply.code(304).send()
  return reply.header('content-type', 'application/json; charset=utf-8').send(body)
}
