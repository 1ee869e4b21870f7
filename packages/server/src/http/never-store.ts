import type { FastifyInstance } from 'fastify'

/** Every answer of `app` is meant for its caller alone: no cache in between may keep it (RFC 9111 §5.2.2.5). */
export function neverStore(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
}
