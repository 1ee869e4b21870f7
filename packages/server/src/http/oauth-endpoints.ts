/**
 * What all endpoints that clients authenticate to have in common: POST only, a strictly read body, one rate limit for
 * each address, and a record of every refusal.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ManagementError, OAuthError } from '../domain/errors.ts'
import { networkOf } from '../domain/network.ts'
import { GoneError } from '../domain/storage.ts'
import { LogUnavailableError } from '../logs/recorder.ts'
import type { IncomingTokenRequest } from '../token/exchange.ts'
import {
  incomingOf,
  readParameters,
  refusalFor,
  refuseAmbiguousRequest,
  takeBodiesAsText,
} from './incoming-token-request.ts'
import { noSuchHost } from './pick-tenant.ts'
import { createRateLimiter, type RateLimit } from './rate-limit.ts'
import { sendOAuthError } from './respond.ts'

export interface OAuthEndpoint {
  readonly url: string
  /** @throws OAuthError to have the request refused. */
  readonly answer: (incoming: IncomingTokenRequest, reply: FastifyReply) => Promise<FastifyReply>
}

export interface OAuthEndpointsDeps {
  /** For one address, so that it shuts out nobody else. Endpoints that are registered together share it. */
  readonly rateLimit: RateLimit
  readonly now: () => Date
  /** The parameters that belong in the body, and not in the URL. */
  readonly bodyParameters: ReadonlySet<string>
  /** Records a refusal and answers with it, with this status where it is not the usual one of the error. */
  readonly refuse: (
    request: FastifyRequest,
    reply: FastifyReply,
    error: OAuthError,
    status?: number,
  ) => Promise<FastifyReply>
}

export function registerOAuthEndpoints(
  app: FastifyInstance,
  { rateLimit, now, bodyParameters, refuse }: OAuthEndpointsDeps,
  endpoints: readonly OAuthEndpoint[],
): void {
  const limiter = createRateLimiter(rateLimit, now)
  takeBodiesAsText(app)
  for (const { url, answer } of endpoints) {
    app.post(url, async (request, reply) => {
      try {
        if (!limiter.take(`${request.tenant.id} ${networkOf(request.ip)}`, reply)) {
          throw new OAuthError('too_many_requests', 'Global limit has been reached')
        }
        refuseAmbiguousRequest(request, bodyParameters)
        return await answer(incomingOf(request, readParameters(request)), reply)
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error
        return refuse(request, reply, error)
      }
    })
    refuseOtherMethods(app, url)
  }

  // For what ends a request before its handler, such as a body that is too large or cut off, and for bugs.
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    // Without a tenant there is no log to record in.
    if (error instanceof ManagementError) {
      if (error.code === 'not_found') return refuseHost(request, reply, error.message)
      return sendOAuthError(request, reply, notNow(error.message))
    }
    if (error instanceof GoneError) return refuseGone(request, reply)
    if (error instanceof LogUnavailableError) return refuseUnrecorded(request, reply)
    const status = error.statusCode
    if (status === undefined || status >= 500) {
      request.log.error({ err: error }, `a request to ${request.routeOptions.url} failed`)
    }
    return refuse(request, reply, refusalFor(status), status === 413 ? 413 : undefined)
  })
}

/** The exchange could not be put on disk, so nobody may learn how it ended. */
export function refuseUnrecorded(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendOAuthError(request, reply, notNow('The exchange could not be recorded; try again later.'))
}

/** The tenant was removed while the request was under way: all that is recorded refers to it. */
export function refuseGone(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return refuseHost(request, reply, noSuchHost)
}

function refuseHost(request: FastifyRequest, reply: FastifyReply, why: string): FastifyReply {
  return sendOAuthError(request, reply, new OAuthError('invalid_request', why), 404)
}

// RFC 6749 §3.2, RFC 7662 §2.1, RFC 7009 §2.1.
function refuseOtherMethods(app: FastifyInstance, url: string): void {
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url,
    exposeHeadRoute: false,
    handler: (request, reply) => {
      reply.header('allow', 'POST')
      return sendOAuthError(request, reply, new OAuthError('invalid_request', `${url} takes POST only.`), 405)
    },
  })
}

function notNow(description: string): OAuthError {
  return new OAuthError('temporarily_unavailable', description, { retryAfterSeconds: 1 })
}
