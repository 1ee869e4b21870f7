/**
 * How a client says who it is (RFC 6749 §2.3, RFC 7521 §4.2): with a secret in the body or by Basic, with a signed
 * assertion, or by its id alone, which its connection has to prove (RFC 8705 §2); and in only one of these ways.
 */
import { OAuthError } from '../../domain/errors.ts'
import { SecretText } from '../../keys/secret/secret-text.ts'
import type { Parameters } from '../parameters.ts'
import { type ClaimedOrigin, claimsToBe } from '../trusted-issuer/foreign-token.ts'
import { assertionType, blanksAround, spiffeAssertionType } from './client-assertion.ts'
import { assertionRefused, authenticationFailed } from './client-refusals.ts'
import { decodeFormText } from './form-encoding.ts'

/** As sent; nobody has looked anything up. */
export type ClientCredentials =
  | { readonly kind: 'secret'; readonly clientId: string; readonly secret: SecretText }
  | { readonly kind: 'id_alone'; readonly clientId: string }
  | PresentedAssertion

/** Signed by the client itself, or by an issuer that vouches for it. */
export interface PresentedAssertion {
  readonly kind: 'assertion'
  /** As the request names it, else the `sub` of the assertion. */
  readonly clientId: string
  readonly isClientNamed: boolean
  readonly type: typeof assertionType | typeof spiffeAssertionType
  readonly claimed: ClaimedOrigin
  /** As secret as a secret until it is spent. */
  readonly assertion: SecretText
}

/** @throws OAuthError `invalid_request` for two ways at once or a broken header, `invalid_client` for none. */
export function parseClientCredentials(
  parameters: Parameters,
  rawAuthorization: string | undefined,
): ClientCredentials {
  const assertion = parameters.has('client_assertion') || parameters.has('client_assertion_type')
  const ways = [rawAuthorization !== undefined, parameters.has('client_secret'), assertion].filter(Boolean)
  // RFC 6749 §2.3: one authentication method per request. A Basic header beside a body secret is refused
  // even when both are right: choosing one for the client is how it comes to speak for another.
  if (ways.length > 1) {
    throw new OAuthError('invalid_request', 'The client authenticated in more than one way; use one.')
  }
  if (assertion) return fromAssertion(parameters)
  if (rawAuthorization !== undefined) return fromBasic(rawAuthorization, parameters.get('client_id'))
  const clientId = parameters.get('client_id')
  const secret = parameters.get('client_secret')
  if (clientId === undefined) throw authenticationFailed('The request names no client.')
  return secret === undefined
    ? { kind: 'id_alone', clientId }
    : { kind: 'secret', clientId, secret: new SecretText(secret) }
}

// RFC 7521 §4.2: the parameter client_id is optional beside an assertion. Whether the two agree is checked with the
// claims.
function fromAssertion(parameters: Parameters): ClientCredentials {
  const type = parameters.get('client_assertion_type')
  if (type !== assertionType && type !== spiffeAssertionType) {
    throw assertionRefused(`The client_assertion_type must be ${assertionType}.`)
  }
  const jwt = parameters.get('client_assertion')
  if (jwt === undefined) throw assertionRefused('There is no client_assertion.')
  const named = parameters.get('client_id')
  const claimed = claimsToBe(jwt)
  const clientId = named ?? claimed.subject
  if (clientId === undefined) {
    throw assertionRefused(blanksAround(jwt) ?? 'The client assertion cannot be read, or has no sub.')
  }
  return {
    kind: 'assertion',
    clientId,
    isClientNamed: named !== undefined,
    type,
    claimed,
    assertion: new SecretText(jwt),
  }
}

const basicCredentials = /^basic +([A-Za-z0-9+/]+={0,2})$/i

function fromBasic(rawAuthorization: string, bodyClientId: string | undefined): ClientCredentials {
  const encoded = basicCredentials.exec(rawAuthorization)?.[1]
  if (encoded === undefined) throw authenticationFailed('The Authorization header is not Basic (RFC 7617).')
  const bytes = Buffer.from(encoded, 'base64')
  // Padded and without stray bits (RFC 4648 §3.5): one text for one pair.
  if (bytes.toString('base64') !== encoded)
    throw authenticationFailed('The Basic credentials are not base64.')
  const pair = bytes.toString('latin1')
  const colon = pair.indexOf(':')
  if (colon < 0) throw authenticationFailed('The Basic credentials have no colon.')
  const clientId = decodeFormText(pair.slice(0, colon))
  const secret = decodeFormText(pair.slice(colon + 1))
  if (/[^\x20-\x7e]/.test(pair) || clientId === undefined || secret === undefined) {
    throw new OAuthError(
      'invalid_request',
      'The Basic credentials are not form-encoded: encode client id and secret before base64 (RFC 6749, section 2.3.1).',
    )
  }
  if (bodyClientId !== undefined && bodyClientId !== clientId) {
    throw new OAuthError('invalid_request', 'The body and the Authorization header name different clients.')
  }
  return { kind: 'secret', clientId, secret: new SecretText(secret) }
}
