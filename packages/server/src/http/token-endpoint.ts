/**
 * `POST /oauth/token`: read, grant, record, respond. The order is the promise: an answer leaves only when the
 * exchange it accounts for is on disk, whether the token was issued or refused.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parse as parseJson } from 'secure-json-parse'
import { OAuthError } from '../domain/errors.ts'
import type { LogEntry } from '../domain/log-entry.ts'
import type { Write } from '../domain/write.ts'
import type { Account } from '../token/account-for-exchange.ts'
import { type GrantAccessToken, refuse, type TokenOutcome } from '../token/client-credentials-grant.ts'
import type { IncomingTokenRequest } from '../token/exchange.ts'
import type { RawTokenRequest } from '../token/parameters.ts'
import { logEntryIdOf } from './request.ts'
import { sendOAuthError } from './respond.ts'

export interface TokenEndpointDeps {
  readonly grantAccessToken: GrantAccessToken
  readonly accountForExchange: (outcome: TokenOutcome) => Account
  /** Resolves when entry and writes are on disk, all or none. */
  readonly record: (entry: LogEntry, writes: readonly Write[]) => Promise<void>
}

/** Bytes. A larger token request is refused with 413. */
export const maxTokenRequestBytes = 65_536

export function registerTokenEndpoint(app: FastifyInstance, deps: TokenEndpointDeps): void {
  // Taken as text whatever its type says, so that an unreadable request is an exchange on record, too.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'string', bodyLimit: maxTokenRequestBytes },
    (_request, body, done) => done(null, body),
  )

  app.post('/oauth/token', async (request, reply) => {
    const outcome = await grant(deps, request)
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
    const tooLarge = error.statusCode === 413
    const unreadable = error.statusCode !== undefined && error.statusCode < 500
    if (!unreadable) request.log.error({ err: error }, 'a token request failed')
    const refusal = unreadable
      ? new OAuthError(
          'invalid_request',
          tooLarge ? `The body is larger than ${maxTokenRequestBytes} bytes.` : 'The body could not be read.',
        )
      : new OAuthError('server_error', 'The server failed; its operator finds this request id in the log.', {
          cause: error.message,
        })
    await recordAndRespond(
      deps,
      request,
      reply,
      refuse(incomingOf(request, []), refusal),
      tooLarge ? 413 : undefined,
    )
  })
}

async function grant(deps: TokenEndpointDeps, request: FastifyRequest): Promise<TokenOutcome> {
  try {
    return await deps.grantAccessToken(incomingOf(request, readParameters(request)))
  } catch (error) {
    if (error instanceof OAuthError) return refuse(incomingOf(request, []), error)
    throw error
  }
}

async function recordAndRespond(
  deps: TokenEndpointDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: TokenOutcome,
  status?: number,
): Promise<FastifyReply> {
  const { entry, writes } = deps.accountForExchange(outcome)
  try {
    await deps.record(entry, writes)
  } catch (error) {
    request.log.error({ err: error }, 'an exchange could not be recorded; its token was not issued')
    return sendOAuthError(
      request,
      reply,
      new OAuthError('temporarily_unavailable', 'The exchange could not be recorded; try again later.', {
        retryAfterSeconds: 1,
      }),
    )
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
      token_type: 'Bearer',
      expires_in: token.expiresInSeconds,
      ...(token.scopes.length > 0 && { scope: token.scopes.join(' ') }),
    })
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
  if (typeof members === 'object' && members !== null && !Array.isArray(members))
    return Object.entries(members)
  throw new OAuthError(
    'invalid_request',
    'The body must be a JSON object without __proto__ or constructor members.',
  )
}

function parseObject(body: string): unknown {
  try {
    return parseJson(body, null, { protoAction: 'error', constructorAction: 'error' })
  } catch {
    return undefined
  }
}
