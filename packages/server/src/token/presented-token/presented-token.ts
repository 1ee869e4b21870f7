/**
 * A request about a token that somebody holds: to revoke it (RFC 7009 §2.1) or to be told what it means (RFC 7662 §2.1).
 * Who asks proves itself in the same ways as at the token endpoint.
 */
import { OAuthError } from '../../domain/errors.ts'
import { maskOwnSecrets } from '../../keys/secret/client-secret.ts'
import { createMask } from '../../rules/masking.ts'
import {
  type ClientCredentials,
  parseClientCredentials,
} from '../client-authentication/client-credentials.ts'
import { parseParameters, type RawTokenRequest } from '../parameters.ts'
import { presentedSecrets } from '../presented-secrets.ts'

export interface PresentedTokenRequest {
  readonly credentials: ClientCredentials
  /** As sent; it may be anything. */
  readonly token: string
}

// `token_type_hint` is taken and not needed: a hint that is wrong or unknown changes nothing (RFC 7009 §2.1).
export const presentedTokenParameters: ReadonlySet<string> = new Set([
  'token',
  'token_type_hint',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
])

/** @throws OAuthError when the request cannot be understood. */
export function parsePresentedToken({
  rawParameters,
  rawAuthorization,
}: RawTokenRequest): PresentedTokenRequest {
  const parameters = parseParameters(rawParameters, presentedTokenParameters)
  const credentials = parseClientCredentials(parameters, rawAuthorization)
  const token = parameters.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'Missing required parameter: token')
  return { credentials, token }
}

/** Nothing that was presented, least of all the token, may appear in a log. */
export function maskPresented(raw: RawTokenRequest): (text: string) => string {
  const tokens = raw.rawParameters.flatMap(([name, rawValue]) =>
    name.toLowerCase() === 'token' && typeof rawValue === 'string' ? [rawValue] : [],
  )
  const mask = createMask([...tokens.slice(0, 20), ...presentedSecrets(raw)])
  return (text) => maskOwnSecrets(mask(text))
}
