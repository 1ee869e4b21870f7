/**
 * `POST /oauth/token`: read, grant, record, respond. The order is the promise: an answer leaves only when the
 * exchange it accounts for is on disk, whether the token was issued or refused.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ManagementError, OAuthError } from '../domain/errors.ts'
import type { LogEntry } from '../domain/log-entry.ts'
import { networkOf } from '../domain/network.ts'
import { GoneError } from '../domain/storage.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { Write } from '../domain/write.ts'
import type { Account } from '../token/account-for-exchange.ts'
import {
  type GrantAccessToken,
  refuse,
  refuseReplay,
  type TokenOutcome,
} from '../token/client-credentials-grant.ts'
import {
  incomingOf,
  readParameters,
  refusalFor,
  refuseAmbiguousRequest,
  takeBodiesAsText,
} from './incoming-token-request.ts'
import { noSuchHost } from './pick-tenant.ts'
import { createRateLimiter, type RateLimit, type RateLimiter } from './rate-limit.ts'
import { createRecordingAlarm, type RecordingAlarm } from './recording-alarm.ts'
import { sendOAuthError } from './respond.ts'

export interface TokenEndpointDeps {
  readonly grantAccessToken: GrantAccessToken
  readonly issueDpopNonce: (tenantId: TenantId) => string
  /** Of one address: nobody else is kept out by it. */
  readonly rateLimit: RateLimit
  readonly now: () => Date
  readonly accountForExchange: (outcome: TokenOutcome) => Account
  /** Resolves when entries and writes are on disk, all or none. */
  readonly record: (entry: LogEntry, writes: readonly Write[], beside: readonly LogEntry[]) => Promise<void>
}

export function registerTokenEndpoint(app: FastifyInstance, endpointDeps: TokenEndpointDeps): void {
  const deps = {
    ...endpointDeps,
    alarm: createRecordingAlarm(),
    limiter: createRateLimiter(endpointDeps.rateLimit, endpointDeps.now),
  }
  takeBodiesAsText(app)

  app.post('/oauth/token', async (request, reply) => {
    const outcome = await grant(deps, request, reply)
    return recordAndRespond(deps, request, reply, outcome)
  })

  app.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/oauth/token',
    exposeHeadRoute: false,
    handler: (request, reply) => {
      reply.header('allow', 'POST')
      const error = new OAuthError(
        'invalid_request',
        'The token endpoint takes POST only (RFC 6749, section 3.2).',
      )
      return sendOAuthError(request, reply, error, 405)
    },
  })

  // What ends a request before its handler: a body too large, or cut off. And what must never happen.
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    // Without a tenant there is no log to record in.
    if (error instanceof ManagementError) {
      if (error.code !== 'not_found') return sendOAuthError(request, reply, notNow(error.message))
      return sendOAuthError(request, reply, new OAuthError('invalid_request', error.message), 404)
    }
    const status = error.statusCode
    if (status === undefined || status >= 500) request.log.error({ err: error }, 'a token request failed')
    const outcome = refuse(incomingOf(request, []), refusalFor(status))
    return recordAndRespond(deps, request, reply, outcome, status === 413 ? 413 : undefined)
  })
}

/** RFC 9449 §8: to who needs one now, and §8.2: to who will need the next one. */
function offerNonce(
  { issueDpopNonce }: TokenEndpointDeps,
  { tenant, raw }: FastifyRequest,
  reply: FastifyReply,
  outcome: TokenOutcome,
): void {
  const code = outcome.kind === 'refused' ? outcome.error.code : undefined
  const usesDpop = raw.headersDistinct.dpop !== undefined || code === 'invalid_dpop_proof'
  if (code !== 'use_dpop_nonce' && !(tenant.security.requiresDpopNonce && usesDpop)) return
  reply.header('dpop-nonce', issueDpopNonce(tenant.id))
}

/** Removed while the request was under way: all that is recorded refers to it. */
function tenantGone(): OAuthError {
  return new OAuthError('invalid_request', noSuchHost)
}

function notNow(description: string): OAuthError {
  return new OAuthError('temporarily_unavailable', description, { retryAfterSeconds: 1 })
}

async function grant(
  deps: TokenEndpointDeps & { readonly limiter: RateLimiter },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<TokenOutcome> {
  try {
    if (!deps.limiter.take(`${request.tenant.id} ${networkOf(request.ip)}`, reply)) {
      throw new OAuthError('too_many_requests', 'Global limit has been reached')
    }
    refuseAmbiguousRequest(request)
    return await deps.grantAccessToken(incomingOf(request, readParameters(request)))
  } catch (error) {
    if (error instanceof OAuthError) return refuse(incomingOf(request, []), error)
    throw error
  }
}

async function recordAndRespond(
  deps: TokenEndpointDeps & { readonly alarm: RecordingAlarm },
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: TokenOutcome,
  status?: number,
): Promise<FastifyReply> {
  const { entry, writes, beside } = deps.accountForExchange(outcome)
  try {
    await deps.record(entry, writes, beside)
    deps.alarm.worked(request.log)
  } catch (error) {
    const replay = refuseReplay(outcome, error)
    if (replay) return recordAndRespond(deps, request, reply, replay)
    if (error instanceof GoneError) return sendOAuthError(request, reply, tenantGone(), 404)
    deps.alarm.failed(request.log, error)
    return sendOAuthError(request, reply, notNow('The exchange could not be recorded; try again later.'))
  }
  offerNonce(deps, request, reply, outcome)
  if (outcome.kind === 'refused') {
    return sendOAuthError(request, reply, outcome.error, status)
  }
  const { token } = outcome
  return reply
    .header('cache-control', 'no-store')
    .header('pragma', 'no-cache')
    .send({
      access_token: token.text,
      token_type: outcome.exchange.confirmation?.kind === 'dpop' ? 'DPoP' : 'Bearer',
      expires_in: token.expiresInSeconds,
      ...(token.scopes.length > 0 && { scope: token.scopes.join(' ') }),
    })
}
