/**
 * How a caller presents its access token: as `Bearer` (RFC 6750 §2.1) or, when it is bound to a key, as `DPoP` (RFC 9449
 * §7.1), in the Authorization header and nowhere else; and the challenge that answers a token that does not count.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import { proofAlgorithms } from '../../../keys/public-key/proof-key.ts'
import { resourceMetadataUrl } from '../../resource-metadata.ts'

export type TokenScheme = 'Bearer' | 'DPoP'

export interface PresentedToken {
  readonly scheme: TokenScheme
  readonly token: string
}

/** @throws ManagementError; the challenge is in the reply then. */
export function presentedToken(request: FastifyRequest, reply: FastifyReply): PresentedToken {
  const headers = request.raw.headersDistinct.authorization ?? []
  if (headers.length === 0) {
    // RFC 6750 §3.1: a request without any token is told the schemes and no error code.
    const place = whereToRead(request)
    reply.header('www-authenticate', `Bearer ${place}, DPoP ${algorithms}, ${place}`)
    throw new ManagementError('invalid_token', 'Missing authentication')
  }
  // RFC 6750 §2: one way of sending the token per request.
  if (headers.length > 1 || hasQueryToken(request.query)) {
    throw malformed(reply, 'Send the access token once, in the Authorization header.')
  }
  const [, scheme = '', token] = credentials.exec(headers[0] ?? '') ?? []
  if (token === undefined) throw malformed(reply, 'Bad HTTP authentication header format')
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token }
}

const credentials = /^(Bearer|DPoP) +([A-Za-z0-9._~+/=-]+)$/i
const algorithms = `algs="${proofAlgorithms.join(' ')}"`

function hasQueryToken(query: unknown): boolean {
  return typeof query === 'object' && query !== null && 'access_token' in query
}

/** A header that presents no token at all: RFC 6750 §3.1 answers it with 400. */
function malformed(reply: FastifyReply, message: string): ManagementError {
  reply.header('www-authenticate', 'Bearer error="invalid_request"')
  return new ManagementError('invalid_header', message, { errorCode: 'Bearer' })
}

/** The token does not count (RFC 6750 §3.1). */
export function refuseToken(request: FastifyRequest, reply: FastifyReply, message: string): ManagementError {
  return challenge(request, reply, { scheme: schemeOf(request), error: 'invalid_token', message })
}

/** RFC 9449 §7.1: the token would count if the caller proved that it holds the key. */
export function refusePossession(
  request: FastifyRequest,
  reply: FastifyReply,
  error: { readonly code: string; readonly message: string },
): ManagementError {
  return challenge(request, reply, { scheme: 'DPoP', error: error.code, message: error.message })
}

interface Challenge {
  readonly scheme: TokenScheme
  readonly error: string
  readonly message: string
}

function challenge(
  request: FastifyRequest,
  reply: FastifyReply,
  { scheme, error, message }: Challenge,
): ManagementError {
  const members = [`error="${error}"`, ...(scheme === 'DPoP' ? [algorithms] : []), whereToRead(request)]
  reply.header('www-authenticate', `${scheme} ${members.join(', ')}`)
  return new ManagementError('invalid_token', message, { errorCode: error })
}

/** The scheme that the caller used, for challenges to a token that was understood. */
export function schemeOf({ headers }: FastifyRequest): TokenScheme {
  return /^dpop /i.test(headers.authorization ?? '') ? 'DPoP' : 'Bearer'
}

/** RFC 9728 §5.1: the metadata of this API names the server that issues its tokens. */
function whereToRead({ issuer }: FastifyRequest): string {
  return `resource_metadata="${resourceMetadataUrl(issuer)}"`
}
