/** What clients and resource servers find out by themselves: metadata (RFC 8414) and signing keys (RFC 7517). */
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { assertionAlgorithms } from '../domain/client-credential.ts'
import { keyAlgorithms } from '../domain/resource-server.ts'
import type { PublishedJwk } from '../domain/signing-key.ts'
import type { TenantId } from '../domain/tenant.ts'
import type {} from './request.ts'

export interface DiscoveryDeps {
  readonly publicKeys: (tenantId: TenantId) => Promise<readonly PublishedJwk[]>
}

/** Seconds that verifiers may keep metadata and keys. */
export const discoveryMaxAgeSeconds = 300

export function registerDiscovery(app: FastifyInstance, deps: DiscoveryDeps): void {
  app.get('/.well-known/oauth-authorization-server', (request, reply) =>
    sendCached(request, reply, metadata(request)),
  )
  app.get('/.well-known/openid-configuration', (request, reply) =>
    sendCached(request, reply, { ...metadata(request), ...openIdMembers }),
  )
  app.get('/.well-known/jwks.json', async (request, reply) =>
    sendCached(request, reply, { keys: await deps.publicKeys(request.tenant.id) }),
  )
}

// Only what works: a client that trusts metadata must not be led into a refusal.
function metadata({ issuer }: FastifyRequest) {
  return {
    issuer: issuer.issuer,
    token_endpoint: `${issuer.origin}/oauth/token`,
    jwks_uri: `${issuer.origin}/.well-known/jwks.json`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
  }
}

// OpenID Connect libraries refuse a document without these members; no id token is ever issued.
const openIdMembers = {
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: keyAlgorithms,
  request_parameter_supported: false,
  // Where it is absent, readers take it for true (OpenID Connect Discovery 1.0 §3).
  request_uri_parameter_supported: false,
}

function sendCached(request: FastifyRequest, reply: FastifyReply, document: unknown): FastifyReply {
  const body = JSON.stringify(document)
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
  reply.header('cache-control', `public, max-age=${discoveryMaxAgeSeconds}`).header('etag', etag)
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*')) return reply.code(304).send()
  return reply.header('content-type', 'application/json; charset=utf-8').send(body)
}
