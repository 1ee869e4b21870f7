/**
 * `POST /oauth/token`: read, grant, record, respond. The order is the promise: an answer leaves only when the
 * exchange it accounts for is on disk, whether the token was issued or refused.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parse as parseJson } from 'secure-json-parse'
import { ManagementError, OAuthError } from '../domain/errors.ts'
import type { LogEntry } from '../domain/log-entry.ts'
import { networkOf } from '../domain/network.ts'
import type { Write } from '../domain/write.ts'
import type { Account } from '../token/account-for-exchange.ts'
import {
  type GrantAccessToken,
  refuse,
  refuseReplay,
  type TokenOutcome,
} from '../token/client-credentials-grant.ts'
import type { IncomingTokenRequest } from '../token/exchange.ts'
import type { RawTokenRequest } from '../token/parameters.ts'
import { createRateLimiter, type RateLimit, type RateLimiter } from './rate-limit.ts'
import { createRecordingAlarm, type RecordingAlarm } from './recording-alarm.ts'
import { logEntryIdOf } from './request.ts'
import { sendOAuthError } from './respond.ts'

export interface TokenEndpointDeps {
  readonly grantAccessToken: GrantAccessToken
  /** Of one address: nobody else is kept out by it. */
  readonly rateLimit: RateLimit
  readonly now: () => Date
  readonly accountForExchange: (outcome: TokenOutcome) => Account
  /** Resolves when entries and writes are on disk, all or none. */
  readonly record: (entry: LogEntry, writes: readonly Write[], beside: readonly LogEntry[]) => Promise<void>
}

/** Bytes. A larger token request is refused with 413. */
export const maxTokenRequestBytes = 65_536

export function registerTokenEndpoint(app: FastifyInstance, endpointDeps: TokenEndpointDeps): void {
  const deps = {
    ...endpointDeps,
    alarm: createRecordingAlarm(),
    limiter: createRateLimiter(endpointDeps.rateLimit, endpointDeps.now),
  }
  // Taken as text whatever its type says, so that an unreadable request is an exchange on record, too.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'string', bodyLimit: maxTokenRequestBytes },
    (_request, body, done) => done(null, body),
  )

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

function refusalFor(status: number | undefined): OAuthError {
  if (status === 413) {
    return new OAuthError('invalid_request', `The body is larger than ${maxTokenRequestBytes} bytes.`)
  }
  if (status !== undefined && status < 500) {
    return new OAuthError('invalid_request', 'The body could not be read.')
  }
  return new OAuthError('server_error', 'The server failed; its operator finds this request id in the log.')
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
    refuseTwoAuthorizations(request)
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
    deps.alarm.failed(request.log, error)
    return sendOAuthError(request, reply, notNow('The exchange could not be recorded; try again later.'))
  }
  if (outcome.kind === 'refused') {
    return sendOAuthError(request, reply, outcome.error, status)
  }
  const { token } = outcome
  return reply
    .header('cache-control', 'no-store')
    .header('pragma', 'no-cache')
    .send({
      access_token: token.jwt,
      token_type: outcome.exchange.confirmation?.kind === 'dpop' ? 'DPoP' : 'Bearer',
      expires_in: token.expiresInSeconds,
      ...(token.scopes.length > 0 && { scope: token.scopes.join(' ') }),
    })
}

// Node keeps the first of several; the client that sent a second one meant something else.
function refuseTwoAuthorizations(request: FastifyRequest): void {
  if ((request.raw.headersDistinct.authorization?.length ?? 0) < 2) return
  throw new OAuthError('invalid_request', 'The request has more than one Authorization header; send one.')
}

function incomingOf(
  request: FastifyRequest,
  rawParameters: RawTokenRequest['rawParameters'],
): IncomingTokenRequest {
  return {
    requestId: logEntryIdOf(request),
    receivedAt: request.receivedAt,
    tenant: request.tenant,
    issuer: request.issuer,
    ip: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
    httpMethod: request.method,
    endpointUrl: `${request.issuer.origin}/oauth/token`,
    rawDpop: request.raw.headersDistinct.dpop ?? [],
    clientCertificate: undefined,
    rawQuery: Object(request.query),
    rawHeaders: request.headers,
    raw: { rawParameters, rawAuthorization: request.headers.authorization },
  }
}

/** @throws OAuthError `invalid_request` when the body is neither a form nor a JSON object. */
function readParameters(request: FastifyRequest): RawTokenRequest['rawParameters'] {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  const body = typeof request.body === 'string' ? request.body : ''
  if (type === 'application/x-www-form-urlencoded') return [...new URLSearchParams(body)]
  if (type === 'application/json') return readJson(body)
  throw new OAuthError(
    'invalid_request',
    'Send the request as application/x-www-form-urlencoded or application/json.',
  )
}

function readJson(body: string): RawTokenRequest['rawParameters'] {
  const members = parseObject(body)
  if (typeof members !== 'object' || members === null || Array.isArray(members)) {
    throw new OAuthError('invalid_request', 'The body must be a JSON object.')
  }
  if (isDeeperThan(members, maxJsonDepth)) {
    throw new OAuthError('invalid_request', `The body is nested deeper than ${maxJsonDepth} levels.`)
  }
  return Object.entries(members)
}

/** Levels of a JSON body. What is deeper could not be written down again without running out of stack. */
const maxJsonDepth = 20

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

/** @throws OAuthError when the text is no JSON, or sets members that JavaScript treats specially. */
function parseObject(body: string): unknown {
  try {
    return parseJson(body, null, { protoAction: 'error', constructorAction: 'error' })
  } catch (error) {
    const special = error instanceof SyntaxError && error.message.includes('forbidden prototype')
    throw new OAuthError(
      'invalid_request',
      special ? 'The body has a __proto__ or constructor member.' : 'The body is not valid JSON.',
    )
  }
}
