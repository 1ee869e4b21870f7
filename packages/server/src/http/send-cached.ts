/**
 * Documents that everybody may read and keep for a while. A reader that already has the present one is told so with
 * 304.
 */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface CachedDocument {
  readonly body: string
  readonly contentType: string
  readonly maxAgeSeconds: number
}

export function sendCached(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, contentType, maxAgeSeconds }: CachedDocument,
): FastifyReply {
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
  reply.header('cache-control', `public, max-age=${maxAgeSeconds}`).header('etag', etag)
  // A proxy that compresses makes the tag a weak one (RFC 9110 §13.1.2: they are compared as if it were none).
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*')) return reply.code(304).send()
  return reply.header('content-type', contentType).send(body)
}
