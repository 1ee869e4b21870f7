/**
 * The only place where an error becomes a response: in the words of RFC 6749 §5.2 at the token endpoint, in
 * Auth0's shape everywhere else. Whatever is not a
 * refusal is a fault of ours: logged in full, answered with the request id and nothing more.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import {
  ManagementError,
  type ManagementErrorCode,
  OAuthError,
  type OAuthErrorCode,
} from '../domain/errors.ts'
import { GoneError } from '../domain/storage.ts'
import { maskOwnSecrets } from '../keys/secret/client-secret.ts'
import { LogUnavailableError } from '../logs/recorder.ts'
import { tenantOf } from './request.ts'

const oauthStatus = {
  invalid_request: 400,
  invalid_client: 401,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
  access_denied: 403,
  server_error: 500,
  temporarily_unavailable: 503,
  too_many_requests: 429,
  unsupported_token_type: 400,
} satisfies Record<OAuthErrorCode, number>

const managementStatus = {
  invalid_body: 400,
  invalid_query_string: 400,
  invalid_uri: 400,
  invalid_header: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  operation_not_supported: 403,
  not_found: 404,
  conflict: 409,
  precondition_failed: 412,
  body_too_large: 413,
  idempotency_key_reused: 422,
  too_many_requests: 429,
  temporarily_unavailable: 503,
} satisfies Record<ManagementErrorCode, number>

const statusName: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

export function oauthStatusOf({ status, code }: OAuthError): number {
  return status ?? oauthStatus[code]
}

/** Answers a refused token request; the error decides the status unless HTTP has a nearer one (405, 413). */
export function sendOAuthError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: OAuthError,
  status: number = oauthStatusOf(error),
): FastifyReply {
  // A request without a tenant is answered as the RFCs say.
  const speaksAuth0 = tenantOf(request)?.profile === 'auth0'
  reply.code(status)
  reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds))
  // RFC 6749 §5.2: the challenge answers a client that tried the Authorization header, and no other. Libraries that
  // were written for Auth0 take a challenge for the whole answer and never look at the error.
  if (error.code === 'invalid_client' && request.headers.authorization !== undefined && !speaksAuth0) {
    reply.header('www-authenticate', `Basic realm="${request.issuer.issuer}", charset="UTF-8"`)
  }
  return reply.send({
    error: error.code,
    error_description: shown(error.message, speaksAuth0 ? printable : oauthCharacters),
    ...(error.errorUri !== undefined && { error_uri: error.errorUri }),
  })
}

/**
 * A secret that a caller put in the wrong place is not sent back, where proxies and logs of clients would keep it. It
 * is masked before the text is cut, so that not even its beginning is sent.
 */
function shown(message: string, spelled: (text: string) => string): string {
  return spelled(maskOwnSecrets(message).slice(0, maxDescriptionLength))
}

// RFC 6749 §5.2: a description holds %x20-21 / %x23-5B / %x5D-7E. Rules and clients write parts of ours.
function oauthCharacters(text: string): string {
  return text.replaceAll('"', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
}

// Auth0's own texts hold quotation marks, and those of rules hold whatever their authors wrote.
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, '?')
}

const maxDescriptionLength = 1000

/** The error handler of everything but the token endpoint. */
export function sendError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const refusal = asManagementError(error)
  if (refusal === undefined) {
    request.log.error({ err: error }, 'a request failed')
    return sendManagementBody(
      reply,
      500,
      'The server failed; its operator finds this request id in the log.',
      'server_error',
    )
  }
  if (refusal.code === 'invalid_token' && !reply.hasHeader('www-authenticate')) {
    reply.header('www-authenticate', 'Bearer error="invalid_token"')
  }
  const isForNow = refusal.code === 'temporarily_unavailable' || refusal.code === 'too_many_requests'
  if (isForNow && !reply.hasHeader('retry-after')) reply.header('retry-after', '1')
  return sendManagementBody(reply, managementStatus[refusal.code], refusal.message, refusal.errorCode)
}

/** What a fault of the transport or of another room means to the caller; undefined for a fault of ours. */
function asManagementError(error: FastifyError | Error): ManagementError | undefined {
  if (error instanceof ManagementError) return error
  // The tenant was removed while the request was under way.
  if (error instanceof GoneError) return new ManagementError('not_found', error.message)
  // From a key that signs something other than a requested token, such as a status list.
  if (error instanceof OAuthError && error.code === 'temporarily_unavailable') {
    return new ManagementError(
      'temporarily_unavailable',
      'What is needed for the answer could not be written to disk. Try again later.',
      { cause: error },
    )
  }
  if (error instanceof LogUnavailableError) {
    return new ManagementError(
      'temporarily_unavailable',
      'The change could not be written to disk; nothing has changed. Try again later.',
    )
  }
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (status === 413)
    return new ManagementError('body_too_large', 'The body is larger than this server takes.')
  if (status === 415) return new ManagementError('invalid_body', 'Send the body as application/json.')
  if (status !== undefined && status >= 400 && status < 500) {
    return new ManagementError(
      'invalid_body',
      'The body could not be read: it must be valid JSON, and without __proto__ or constructor members.',
    )
  }
  return undefined
}

/** The body of a refusal outside the token endpoint. */
export function sendManagementBody(
  reply: FastifyReply,
  statusCode: number,
  message: string,
  errorCode: string,
): FastifyReply {
  return reply
    .code(statusCode)
    .header('cache-control', 'no-store')
    .send({
      statusCode,
      error: statusName[statusCode] ?? 'Error',
      message: maskOwnSecrets(message),
      errorCode,
    })
}
