/**
 * A token request, parsed: form or JSON, with or without an Authorization header (RFC 6749 §3.2, §4.4.2;
 * RFC 8707 for `resource`). Past this file nobody looks at the raw request again.
 */
import { OAuthError, type RefusalReason } from '../domain/errors.ts'
import { type Audience, parseAudience, parseScope, type Scope } from '../domain/resource-server.ts'
import { defaultAudienceOf, type Tenant } from '../domain/tenant.ts'
import { type ClientCredentials, parseClientCredentials } from './client-authentication/client-credentials.ts'
import { type Parameters, parseParameters, type RawTokenRequest } from './parameters.ts'

export interface TokenRequest {
  readonly credentials: ClientCredentials
  readonly audience: Audience
  /** Without repetitions, in the order asked; empty when the request names none. */
  readonly scopes: readonly Scope[]
}

/** Characters. A longer scope parameter is refused before it is taken apart. */
export const maxScopeParameterLength = 8000

/** @throws OAuthError when the request cannot be understood or names another grant. */
export function parseTokenRequest(
  { rawParameters, rawAuthorization }: RawTokenRequest,
  tenant: Tenant,
): TokenRequest {
  const parameters = parseParameters(rawParameters)
  const grantType = parameters.get('grant_type')
  if (grantType === undefined)
    throw new OAuthError('invalid_request', 'Missing required parameter: grant_type')
  if (grantType !== 'client_credentials') {
    throw new OAuthError('unsupported_grant_type', 'Only the grant type client_credentials is offered.', {
      reason: { kind: 'unsupported_grant_type', grantType },
    })
  }
  refuseOrganization(parameters)
  return {
    credentials: parseClientCredentials(parameters, rawAuthorization),
    audience: requestedAudience(parameters, tenant),
    scopes: requestedScopes(parameters.get('scope')),
  }
}

// If it were ignored, a client that asked for a token of one organization would get one that holds everywhere.
function refuseOrganization(parameters: Parameters): void {
  if (!parameters.has('organization')) return
  throw new OAuthError(
    'invalid_request',
    'The parameter organization is not allowed: there are no organizations here. Leave it out.',
  )
}

function requestedAudience(parameters: Parameters, tenant: Tenant): Audience {
  const audience = parameters.get('audience')
  const resource = parameters.get('resource')
  if (resource !== undefined) refuseBadResource(resource)
  if (audience !== undefined && resource !== undefined && audience !== resource) {
    throw new OAuthError(
      'invalid_target',
      'The parameters audience and resource name different APIs; send one.',
    )
  }
  const named = audience ?? resource ?? defaultAudienceOf(tenant)
  if (named === undefined) {
    throw new OAuthError('invalid_request', 'Missing required parameter: audience (or resource)', {
      reason: { kind: 'no_audience' },
    })
  }
  const parsed = parseAudience(named)
  if (parsed === undefined) throw unknownTarget(named)
  return parsed
}

// RFC 3986 §4.3 and §2. A URL parser forgives more: it drops spaces and accepts letters beyond ASCII.
const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/

/** RFC 8707 §2: an absolute URI without a fragment. */
function refuseBadResource(resource: string): void {
  if (absoluteUri.test(resource) && URL.canParse(resource)) return
  throw new OAuthError('invalid_target', 'The parameter resource must be an absolute URI without a fragment.')
}

/** An API that is not there, or another tenant's. */
export function unknownTarget(audience: string): OAuthError {
  return invalidTarget({ kind: 'unknown_audience', audience })
}

/** An API that gives this client no tokens. */
export function ungrantedTarget(audience: Audience): OAuthError {
  return invalidTarget({ kind: 'no_client_grant', audience })
}

// In profile `rfc` the same words for both: whether an API exists is nobody's business who has no grant for it.
function invalidTarget(reason: RefusalReason): OAuthError {
  return new OAuthError(
    'invalid_target',
    'The requested API is unknown, or this client has no grant for it. Check the audience and the client grant.',
    { reason },
  )
}

// RFC 6749 §3.3: scope-tokens separated by single spaces.
function requestedScopes(text: string | undefined): Scope[] {
  if (text === undefined) return []
  if (text.length > maxScopeParameterLength) {
    throw new OAuthError(
      'invalid_scope',
      `The parameter scope is longer than ${maxScopeParameterLength} characters.`,
    )
  }
  const scopes = text.split(' ').map((token) => parseScope(token))
  if (scopes.some((scope) => scope === undefined)) {
    throw new OAuthError(
      'invalid_scope',
      'The parameter scope must be scope names separated by single spaces.',
    )
  }
  return [...new Set(scopes.filter((scope) => scope !== undefined))]
}
