/**
 * What a tenant of profile `auth0` says when it refuses a token request: status, code and words as Auth0's clients
 * know them. Scripts and people match these texts, so they are part of the contract: they change for no better wording.
 */
import { OAuthError, type OAuthErrorCode, type RefusalReason } from '../domain/errors.ts'
import type { TenantProfile } from '../domain/tenant.ts'

interface Auth0Refusal {
  readonly status: number
  readonly code: OAuthErrorCode
  readonly description: string
  readonly errorUri?: string
}

const grantTypesPage = 'https://auth0.com/docs/clients/client-grant-types'
const clientGrantsPage = 'https://auth0.com/docs/api/management/v2/client-grants/post-client-grants'

/** An unknown client, a wrong and a missing secret, and a disabled client: nobody learns which. */
const unauthorized: Auth0Refusal = { status: 401, code: 'access_denied', description: 'Unauthorized' }

const byReason: { readonly [Kind in RefusalReason['kind']]: (reason: ReasonOf<Kind>) => Auth0Refusal } = {
  unsupported_grant_type: ({ grantType }) => ({
    status: 403,
    code: 'unsupported_grant_type',
    description: `Unsupported grant type: ${grantType}`,
  }),
  grant_type_not_allowed: () => ({
    status: 403,
    code: 'unauthorized_client',
    description: "Grant type 'client_credentials' not allowed for the client.",
    errorUri: grantTypesPage,
  }),
  no_audience: () => denied('Non-global clients are not allowed access to APIv1'),
  unknown_audience: ({ audience }) => denied(`Service not enabled within domain: ${audience}`),
  no_client_grant: ({ audience }) =>
    denied(
      `Client is not authorized to access "${audience}". You need to create a "client-grant" associated to this API. See: ${clientGrantsPage}`,
    ),
  ungranted_scopes: ({ scopes }) => denied(`Client has not been granted scopes: ${scopes.join(', ')}`),
  client_assertion: ({ words }) => ({ status: 401, code: 'invalid_client', description: words }),
  rule: ({ words }) => ({ status: 500, code: 'server_error', description: words }),
}

type ReasonOf<Kind extends RefusalReason['kind']> = Extract<RefusalReason, { kind: Kind }>

function denied(description: string): Auth0Refusal {
  return { status: 403, code: 'access_denied', description }
}

/** The refusal in the words of the profile; what the operator reads in the log stays the same. */
export function inProfile(error: OAuthError, profile: TenantProfile): OAuthError {
  const refusal = profile === 'auth0' ? auth0Refusal(error) : undefined
  if (!refusal) return error
  const { status, code, description, errorUri } = refusal
  return new OAuthError(code, description, {
    status,
    ...(error.cause !== undefined && { cause: error.cause }),
    ...(errorUri !== undefined && { errorUri }),
    ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
  })
}

/** Undefined where the RFCs' words are Auth0's, too. */
function auth0Refusal({ code, reason }: OAuthError): Auth0Refusal | undefined {
  if (reason) return fromReason(reason)
  return code === 'invalid_client' ? unauthorized : undefined
}

function fromReason<Kind extends RefusalReason['kind']>(
  reason: ReasonOf<Kind> & { kind: Kind },
): Auth0Refusal {
  return byReason[reason.kind](reason)
}
