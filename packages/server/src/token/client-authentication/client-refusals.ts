/** The one answer to a client that could not be authenticated. Only the log, and profile `auth0`, say why. */
import { OAuthError } from '../../domain/errors.ts'

const description = 'Client authentication failed. Check the client id and its secret.'
const certificateDescription = 'Client authentication failed. Check the client id and its certificate.'
const assertionDescription = 'Client authentication failed. Check the client id and its assertion.'

/** One answer for an unknown client, a wrong or missing secret, and a disabled client: nobody learns which. */
export function authenticationFailed(cause: string | undefined): OAuthError {
  return new OAuthError('invalid_client', description, { cause })
}

/** The same, to a request that shows a certificate instead of sending a secret. */
export function certificateRefused(cause: string | undefined): OAuthError {
  return new OAuthError('invalid_client', certificateDescription, { cause })
}

/**
 * One answer for every fault of a client assertion. `words` are for whoever sent it, where the tenant tells them: they
 * must not say whether there is such a client. `cause` is for the operator.
 */
export function assertionRefused(words: string, cause: string = words): OAuthError {
  return new OAuthError('invalid_client', assertionDescription, {
    cause,
    reason: { kind: 'client_assertion', words },
  })
}

export function assertionWasSpent(): OAuthError {
  return assertionRefused('The client assertion was used before; sign a new one with a new jti.')
}
