/**
 * What a client sends to the token endpoint, or to another endpoint that it authenticates to in the same way, read
 * from HTTP: form or JSON, as parameters that are not parsed yet.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parse as parseJson } from 'secure-json-parse'
import { OAuthError } from '../domain/errors.ts'
import { isDeeperThan, maxJsonDepth } from '../rules/json-depth.ts'
import { parseForm } from '../token/client-authentication/form-encoding.ts'
import type { IncomingTokenRequest } from '../token/exchange.ts'
import type { RawTokenRequest } from '../token/parameters.ts'
import { repeatsMember } from '../token/unambiguous-object.ts'
import { type BodyFault, bodyTypeOf } from './body-type.ts'
import { logEntryIdOf } from './request.ts'

/** Bytes. A larger token request is refused with 413. */
const maxTokenRequestBytes = 65_536

/** Bytes that are not UTF-8 (RFC 6749, appendix B; RFC 8259 §8.1). */
class NotUtf8Error extends Error {
  override readonly name = 'NotUtf8Error'
  readonly statusCode = 400
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whatever their type says, so that an unreadable request can be recorded and refused like any other. */
export function takeBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: maxTokenRequestBytes },
    async (_request: FastifyRequest, body: Buffer) => textOf(body),
  )
}

/** @throws NotUtf8Error */
function textOf(body: Buffer): string {
  try {
    return utf8.decode(body)
  } catch (cause) {
    throw new NotUtf8Error('The body is not UTF-8.', { cause })
  }
}

/** What a request that ended before its handler is told, by the status that the framework would give it. */
export function refusalFor(status: number | undefined): OAuthError {
  if (status === 413) {
    return new OAuthError('invalid_request', `The body is larger than ${maxTokenRequestBytes} bytes.`)
  }
  if (status !== undefined && status < 500) {
    return new OAuthError('invalid_request', 'The body could not be read. Send it whole, and in UTF-8.')
  }
  return new OAuthError('server_error', 'The server failed; its operator finds this request id in the log.')
}

/**
 * Refuses what could be read in two ways, or not at all, before anything of it is used.
 * @throws OAuthError `invalid_request`
 */
export function refuseAmbiguousRequest(request: FastifyRequest, known: ReadonlySet<string>): void {
  refuseTwoAuthorizations(request)
  refuseParametersInUrl(request, known)
  refuseUnreadableCertificate(request)
}

/**
 * RFC 6749 §3.2 and §2.3.1: what belongs in the body is not read from the URL, where proxies and histories would keep
 * it. It is not ignored either: the client would not notice that, say, its narrower scope was lost.
 */
function refuseParametersInUrl({ query }: FastifyRequest, known: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(Object(query))) {
    if (known.has(name)) {
      throw new OAuthError('invalid_request', `Send the parameter ${name} in the body, and never in the URL.`)
    }
    if (Array.isArray(value)) {
      throw new OAuthError('invalid_request', 'A parameter of the URL was sent more than once.')
    }
  }
}

// Node keeps the first of several, and the client may have meant the second.
function refuseTwoAuthorizations(request: FastifyRequest): void {
  if ((request.raw.headersDistinct.authorization?.length ?? 0) < 2) return
  throw new OAuthError('invalid_request', 'The request has more than one Authorization header; send one.')
}

// The client did show one; going on without it would lead to a misleading answer.
function refuseUnreadableCertificate({ hasUnreadableCertificate }: FastifyRequest): void {
  if (!hasUnreadableCertificate) return
  throw new OAuthError(
    'invalid_request',
    'The proxy in front of this server tells the client certificate in a way that cannot be read.',
  )
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
    // As configured, whatever Host and path the request has.
    endpointUrl: `${request.issuer.origin}${request.routeOptions.url ?? ''}`,
    rawDpop: request.raw.headersDistinct.dpop ?? [],
    clientCertificate: request.clientCertificate,
    rawQuery: Object(request.query),
    rawHeaders: request.headers,
    raw: { rawParameters, rawAuthorization: request.headers.authorization },
  }
}

/** @throws OAuthError `invalid_request` when the body is neither a form nor a JSON object. */
export function readParameters(request: FastifyRequest): RawTokenRequest['rawParameters'] {
  const type = bodyTypeOf(request.raw)
  const body = typeof request.body === 'string' ? request.body : ''
  if (body.startsWith('\ufeff')) {
    throw new OAuthError('invalid_request', 'The body begins with a byte order mark; leave it out.')
  }
  switch (type) {
    case 'application/x-www-form-urlencoded':
      return readForm(body)
    case 'application/json':
      return readJson(body)
    default:
      throw new OAuthError('invalid_request', wordsFor[type])
  }
}

const wordsFor: { readonly [Fault in BodyFault]: string } = {
  type: 'Send the request as application/x-www-form-urlencoded or application/json, and name its type once.',
  charset: 'Send the body in UTF-8: the only charset of Content-Type that is read.',
  coding: 'Send the body as it is: no Content-Encoding is read.',
}

function readForm(body: string): RawTokenRequest['rawParameters'] {
  const pairs = parseForm(body)
  if (pairs) return pairs
  throw new OAuthError(
    'invalid_request',
    'The body is not form-encoded: a percent sign needs two hexadecimal digits, and what they encode must be UTF-8.',
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
  if (repeatsMember(body)) throw new OAuthError('invalid_request', 'A member of the JSON body stands twice.')
  return Object.entries(members)
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
