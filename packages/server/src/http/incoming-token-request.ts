/**
 * What a client sends to the token endpoint, or to one of those beside it that it proves itself to in the same way,
 * read from HTTP: form or JSON, as parameters that nobody has judged yet.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parse as parseJson } from 'secure-json-parse'
import { OAuthError } from '../domain/errors.ts'
import type { IncomingTokenRequest } from '../token/exchange.ts'
import type { RawTokenRequest } from '../token/parameters.ts'
import { logEntryIdOf } from './request.ts'

/** Bytes. A larger token request is refused with 413. */
const maxTokenRequestBytes = 65_536

/** Whatever their type says, so that an unreadable request can be recorded and refused like any other. */
export function takeBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'string', bodyLimit: maxTokenRequestBytes },
    (_request, body, done) => done(null, body),
  )
}

/** What a request that ended before its handler is told, by the status that the framework would give it. */
export function refusalFor(status: number | undefined): OAuthError {
  if (status === 413) {
    return new OAuthError('invalid_request', `The body is larger than ${maxTokenRequestBytes} bytes.`)
  }
  if (status !== undefined && status < 500) {
    return new OAuthError('invalid_request', 'The body could not be read.')
  }
  return new OAuthError('server_error', 'The server failed; its operator finds this request id in the log.')
}

// Node keeps the first of several; the client that sent a second one meant something else.
export function refuseTwoAuthorizations(request: FastifyRequest): void {
  if ((request.raw.headersDistinct.authorization?.length ?? 0) < 2) return
  throw new OAuthError('invalid_request', 'The request has more than one Authorization header; send one.')
}

export function incomingOf(
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
    // As it is configured, whatever Host and path the request came with.
    endpointUrl: `${request.issuer.origin}${request.routeOptions.url ?? ''}`,
    rawDpop: request.raw.headersDistinct.dpop ?? [],
    clientCertificate: undefined,
    rawQuery: Object(request.query),
    rawHeaders: request.headers,
    raw: { rawParameters, rawAuthorization: request.headers.authorization },
  }
}

/** @throws OAuthError `invalid_request` when the body is neither a form nor a JSON object. */
export function readParameters(request: FastifyRequest): RawTokenRequest['rawParameters'] {
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
