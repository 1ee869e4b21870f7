/** Which client is this, and is it proven? (RFC 6749 §2.3) */
import { type Client, type ClientStore, parseClientId } from '../domain/client.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { SecretHashing } from '../keys/client-secret.ts'
import { authenticationFailed, type ClientCredentials } from './client-credentials.ts'
import type { FailedAttempts } from './failed-attempts.ts'

export interface AuthenticateClientDeps {
  readonly clients: ClientStore
  readonly hashing: SecretHashing
  readonly failedAttempts: FailedAttempts
}

export type AuthenticateClient = (
  tenantId: TenantId,
  credentials: ClientCredentials,
  ip: string,
) => Promise<Client>

/** @throws OAuthError `invalid_client` or `too_many_requests` from the function it returns. */
export function createAuthenticateClient(deps: AuthenticateClientDeps): AuthenticateClient {
  return async function authenticateClient(tenantId, { clientId, secret }, ip) {
    const attempt = { tenantId, clientId, ip }
    deps.failedAttempts.refuseWhileBlocked(attempt)
    const id = parseClientId(clientId)
    const found = id && (await deps.clients.findWithSecrets(tenantId, id))
    // The hash is computed whether or not the client exists, so that time does not tell which ids do.
    const hashes = found?.secrets.map((stored) => stored.hash) ?? []
    const proven = deps.hashing.matches(secret, hashes)
    if (found && proven && found.client.enabled && found.client.tokenEndpointAuthMethod !== 'none')
      return found.client
    deps.failedAttempts.count(attempt)
    throw authenticationFailed(whyNot(found?.client, proven))
  }
}

// For the operator's log alone.
function whyNot(client: Client | undefined, proven: boolean): string {
  if (!client) return 'There is no such client.'
  if (!proven) return 'The secret is wrong or missing.'
  return client.enabled ? 'The client has no secret to authenticate with.' : 'The client is disabled.'
}
