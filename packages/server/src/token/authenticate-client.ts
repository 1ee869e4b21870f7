/** Which client is this, and is it proven? (RFC 6749 §2.3) */
import { type Client, type ClientStore, parseClientId, usesSecret } from '../domain/client.ts'
import type { ClientCredentialStore } from '../domain/client-credential.ts'
import { OAuthError } from '../domain/errors.ts'
import type { SpentAssertion, SpentAssertionStore } from '../domain/spent-assertion.ts'
import type { SecretHashing } from '../keys/client-secret.ts'
import { revealSecret } from '../keys/secret-text.ts'
import { type ClientAssertion, parseAssertion } from './client-assertion.ts'
import type { ClientCredentials } from './client-credentials.ts'
import { assertionRefused, authenticationFailed } from './client-refusals.ts'
import type { IncomingTokenRequest } from './exchange.ts'
import type { Attempt, FailedAttempts } from './failed-attempts.ts'
import type { VerifyAssertion } from './verify-assertion.ts'

export interface AuthenticateClientDeps {
  readonly clients: ClientStore
  readonly clientCredentials: Pick<ClientCredentialStore, 'list'>
  readonly spentAssertions: Pick<SpentAssertionStore, 'isSpent'>
  readonly hashing: SecretHashing
  readonly verifyAssertion: VerifyAssertion
  readonly failedAttempts: FailedAttempts
  readonly now: () => Date
}

export interface ProvenClient {
  readonly client: Client
  /** What the proof used up: it has to be on disk before the answer leaves, or it could be used again. */
  readonly spentAssertion?: SpentAssertion
}

export type AuthenticateClient = (
  incoming: Pick<IncomingTokenRequest, 'tenant' | 'issuer' | 'ip'>,
  credentials: ClientCredentials,
) => Promise<ProvenClient>

/** @throws OAuthError `invalid_client` or `too_many_requests` from the function it returns. */
export function createAuthenticateClient(deps: AuthenticateClientDeps): AuthenticateClient {
  return async function authenticateClient(incoming, credentials) {
    const attempt = { tenantId: incoming.tenant.id, clientId: credentials.clientId, ip: incoming.ip }
    deps.failedAttempts.refuseWhileBlocked(attempt)
    try {
      return credentials.kind === 'secret'
        ? { client: await proveBySecret(deps, attempt, credentials.secret) }
        : await proveByAssertion(deps, attempt, incoming, revealSecret(credentials.assertion))
    } catch (error) {
      if (error instanceof OAuthError) deps.failedAttempts.count(attempt)
      throw error
    }
  }
}

type SecretPresented = Extract<ClientCredentials, { kind: 'secret' }>['secret']

async function proveBySecret(
  deps: AuthenticateClientDeps,
  { tenantId, clientId }: Attempt,
  secret: SecretPresented,
): Promise<Client> {
  const id = parseClientId(clientId)
  const found = id && (await deps.clients.findWithSecrets(tenantId, id))
  // The hash is computed whether or not the client exists, so that time does not tell which ids do.
  const hashes = found?.secrets.map((stored) => stored.hash) ?? []
  const proven = deps.hashing.matches(secret, hashes)
  if (found && proven && found.client.enabled && usesSecret(found.client.tokenEndpointAuthMethod))
    return found.client
  throw authenticationFailed(whyNot(found?.client, proven))
}

// For the operator's log alone.
function whyNot(client: Client | undefined, proven: boolean): string {
  if (!client) return 'There is no such client.'
  if (!usesSecret(client.tokenEndpointAuthMethod)) {
    return `The client does not authenticate with a secret; its method is ${client.tokenEndpointAuthMethod}.`
  }
  return proven ? 'The client is disabled.' : 'The secret is wrong or missing.'
}

// What the assertion says of itself is looked at first, so that what is answered to it says nothing of any client.
async function proveByAssertion(
  deps: AuthenticateClientDeps,
  { tenantId, clientId }: Attempt,
  { tenant, issuer }: Pick<IncomingTokenRequest, 'tenant' | 'issuer'>,
  jwt: string,
): Promise<ProvenClient> {
  const now = deps.now()
  const audiences = [issuer.issuer]
  if (tenant.profile === 'auth0') audiences.push(`${issuer.origin}/oauth/token`)
  const assertion = parseAssertion(jwt, { clientId, audiences, now })
  const id = parseClientId(clientId)
  const client = id && (await deps.clients.find(tenantId, id))
  const credentials = client ? await deps.clientCredentials.list(tenantId, client.id) : []
  const proven = await deps.verifyAssertion(assertion, client, credentials, now)
  if (!client || !proven || !client.enabled) {
    throw assertionRefused(
      'The client assertion is not signed with a key that counts for this client.',
      whyNotSigned(client, proven),
    )
  }
  return { client, spentAssertion: await spend(deps, client, assertion) }
}

// For the operator's log alone.
function whyNotSigned(client: Client | undefined, proven: boolean): string {
  if (!client) return 'There is no such client.'
  if (client.tokenEndpointAuthMethod !== 'private_key_jwt') {
    return `The client does not authenticate with assertions; its method is ${client.tokenEndpointAuthMethod}.`
  }
  if (proven) return 'The client is disabled.'
  return 'The assertion is not signed with an active credential of the client that has its kid and alg and has not expired.'
}

/** Refuses early what was spent before; what is spent twice at the same time is found when the exchange is recorded. */
async function spend(
  deps: AuthenticateClientDeps,
  { tenantId, id: clientId }: Client,
  { jti, expiresAt }: ClientAssertion,
): Promise<SpentAssertion> {
  if (await deps.spentAssertions.isSpent(tenantId, clientId, jti)) throw assertionWasSpent()
  return { tenantId, clientId, jti, expiresAt }
}

export function assertionWasSpent(): OAuthError {
  return assertionRefused('The client assertion was used before; sign a new one with a new jti.')
}
