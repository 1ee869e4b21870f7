/** Which client is this, and is it proven? (RFC 6749 §2.3) Each way of proving it has a file of its own. */
import { OAuthError } from '../domain/errors.ts'
import { revealSecret } from '../keys/secret-text.ts'
import type { ClientCredentials } from './client-credentials.ts'
import type { IncomingTokenRequest } from './exchange.ts'
import type { FailedAttempts } from './failed-attempts.ts'
import { type ProveByAssertionDeps, proveByAssertion } from './prove-by-assertion.ts'
import { type ProveBySecretDeps, proveBySecret } from './prove-by-secret.ts'
import type { ProvenClient } from './proven-client.ts'

export interface AuthenticateClientDeps extends ProveBySecretDeps, ProveByAssertionDeps {
  readonly clients: ProveBySecretDeps['clients'] & ProveByAssertionDeps['clients']
  readonly failedAttempts: FailedAttempts
}

export type AuthenticateClient = (
  incoming: AuthenticationContext,
  credentials: ClientCredentials,
) => Promise<ProvenClient>

/** What a proof is held against, beside what it says itself. */
export type AuthenticationContext = Pick<
  IncomingTokenRequest,
  'tenant' | 'issuer' | 'ip' | 'clientCertificate'
>

/** @throws OAuthError `invalid_client` or `too_many_requests` from the function it returns. */
export function createAuthenticateClient(deps: AuthenticateClientDeps): AuthenticateClient {
  return async function authenticateClient(incoming, credentials) {
    const attempt = { tenantId: incoming.tenant.id, clientId: credentials.clientId, ip: incoming.ip }
    deps.failedAttempts.refuseWhileBlocked(attempt)
    try {
      return await prove(deps, incoming, credentials)
    } catch (error) {
      if (error instanceof OAuthError) deps.failedAttempts.count(attempt)
      throw error
    }
  }
}

function prove(
  deps: AuthenticateClientDeps,
  incoming: AuthenticationContext,
  credentials: ClientCredentials,
): Promise<ProvenClient> {
  const { clientId } = credentials
  switch (credentials.kind) {
    case 'secret':
      return proveBySecret(deps, { tenantId: incoming.tenant.id, clientId }, credentials.secret)
    case 'assertion':
      return proveByAssertion(deps, incoming, clientId, revealSecret(credentials.assertion))
  }
}
