/**
 * Stopping without dropping anyone: what is in flight is answered, new work is refused with 503 meanwhile, and only
 * then does the listener close. Health can be asked until the end, so that a load balancer learns from `/readyz` and
 * not from broken connections.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../domain/errors.ts'
import { sendManagementBody, sendOAuthError } from './respond.ts'

export interface Drain {
  /** Resolves when the listener is closed. */
  stop(): Promise<void>
}

/** What has not been answered by then is cut off. */
export const drainTimeoutMs = 25_000
const pollMs = 10
/** Time for streams to end and for last bytes to leave, before every connection is cut. */
const lingerMs = 1000

export function createDrain(app: FastifyInstance): Drain {
  const inFlight = new Set<FastifyReply>()
  let stopping = false

  app.addHook('onRequest', (request, reply, done) => {
    inFlight.add(reply)
    // Also when the client goes away first, and when the answer is a stream.
    reply.raw.once('close', () => inFlight.delete(reply))
    if (!stopping || request.url === '/healthz' || request.url === '/readyz') return done()
    sendStopping(request, reply)
  })
  // A connection that stays open for a next request would keep the server from ending.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping) reply.header('connection', 'close')
    done(null, payload)
  })

  return {
    async stop() {
      stopping = true
      const deadline = performance.now() + drainTimeoutMs
      // A log stream has begun its answer: it ends when the app closes, not before.
      while ([...inFlight].some((reply) => !reply.raw.headersSent) && performance.now() < deadline) {
        await pause(pollMs)
      }
      const closed = app.close()
      // A connection on which nothing is under way would keep the listener from closing.
      const idle = setInterval(() => app.server.closeIdleConnections(), pollMs)
      const rest = setTimeout(() => app.server.closeAllConnections(), lingerMs)
      await closed.finally(() => {
        clearInterval(idle)
        clearTimeout(rest)
      })
    },
  }
}

function sendStopping(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const sentence = 'The server is stopping; try again.'
  if (request.url.split('?', 1)[0] === '/oauth/token') {
    const error = new OAuthError('temporarily_unavailable', sentence, { retryAfterSeconds: 1 })
    return sendOAuthError(request, reply, error)
  }
  reply.header('retry-after', '1')
  return sendManagementBody(reply, 503, sentence, 'temporarily_unavailable')
}
