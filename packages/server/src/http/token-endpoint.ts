/**
 * `POST /oauth/token`: read, grant, record, respond. The order is the promise: an answer leaves only when the
 * exchange it accounts for is on disk, whether the token was issued or refused.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LogEntry } from '../domain/log-entry.ts'
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
import { knownParameters } from '../token/parameters.ts'
import { incomingOf } from './incoming-token-request.ts'
import {
  type OAuthEndpointsDeps,
  refuseGone,
  refuseUnrecorded,
  registerOAuthEndpoints,
} from './oauth-endpoints.ts'
import type { RateLimit } from './rate-limit.ts'
import { createRecordingAlarm, type RecordingAlarm } from './recording-alarm.ts'
import { sendOAuthError } from './respond.ts'

export interface TokenEndpointDeps {
  readonly grantAccessToken: GrantAccessToken
  readonly issueDpopNonce: (tenantId: TenantId) => string
  /** For one address, so that it shuts out nobody else. */
  readonly rateLimit: RateLimit
  readonly now: () => Date
  readonly accountForExchange: (outcome: TokenOutcome) => Account
  /** Resolves when entries and writes are on disk, all or none. */
  readonly record: (entry: LogEntry, writes: readonly Write[], beside: readonly LogEntry[]) => Promise<void>
}

export function registerTokenEndpoint(app: FastifyInstance, endpointDeps: TokenEndpointDeps): void {
  const deps = { ...endpointDeps, alarm: createRecordingAlarm() }
  const { rateLimit, now, grantAccessToken } = deps
  const endpoints: OAuthEndpointsDeps = {
    rateLimit,
    now,
    bodyParameters: knownParameters,
    refuse: (request, reply, error, status) =>
      recordAndRespond(deps, request, reply, refuse(incomingOf(request, []), error), status),
  }
  registerOAuthEndpoints(app, endpoints, [
    {
      url: '/oauth/token',
      answer: async (incoming, reply) =>
        recordAndRespond(deps, reply.request, reply, await grantAccessToken(incoming)),
    },
  ])
}

/** RFC 9449 §8: to a client that needs a nonce now, and §8.2: to one that will need the next. */
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
    if (error instanceof GoneError) return refuseGone(request, reply)
    deps.alarm.failed(request.log, error)
    return refuseUnrecorded(request, reply)
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
