/** Liveness and readiness. Liveness checks nothing else; readiness names a cause, but no host or version. */
import type { FastifyInstance } from 'fastify'

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly cause: string }

export function registerHealth(
  app: FastifyInstance,
  deps: { readonly readiness: () => Promise<Readiness> },
): void {
  app.get('/healthz', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'alive' }),
  )
  app.get('/readyz', async (_request, reply) => {
    const readiness = await deps.readiness()
    reply.header('cache-control', 'no-store')
    if (readiness.ready) return reply.send({ status: 'ready' })
    return reply.code(503).header('retry-after', '1').send({ status: 'not ready', cause: readiness.cause })
  })
}
