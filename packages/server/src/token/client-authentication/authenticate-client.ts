/** Which client is this, and is it proven? (RFC 6749 §2.3) Each way of proving it has a file of its own. */
import { OAuthError } from '../../domain/errors.ts'
import type { Audience } from '../../domain/resource-server.ts'
import { demandsOn } from '../../domain/security-demands.ts'
import { revealSecret } from '../../keys/secret/secret-text.ts'
import type { IncomingTokenRequest } from '../exchange.ts'
import { assertionType } from './client-assertion.ts'
import type { ClientCredentials, PresentedAssertion } from './client-credentials.ts'
import { assertionRefused, authenticationFailed, certificateRefused } from './client-refusals.ts'
import type { FailedAttempts } from './failed-attempts.ts'
import { type ProveByAssertionDeps, proveByAssertion } from './prove-by-assertion.ts'
import { type ProveByCertificateDeps, proveByCertificate } from './prove-by-certificate.ts'
import { findTrustedIssuer, type ProveByFederationDeps, proveByFederation } from './prove-by-federation.ts'
import { type ProveBySecretDeps, proveBySecret } from './prove-by-secret.ts'
import type { ProvenClient } from './proven-client.ts'

export interface AuthenticateClientDeps
  extends ProveBySecretDeps,
    ProveByAssertionDeps,
    ProveByFederationDeps,
    ProveByCertificateDeps {
  readonly clients: ProveBySecretDeps['clients'] & ProveByAssertionDeps['clients']
  readonly failedAttempts: FailedAttempts
}

export type AuthenticateClient = (
  incoming: AuthenticationContext,
  credentials: ClientCredentials,
  /** Of the requested token, where there is one. */
  audience?: Audience,
) => Promise<ProvenClient>

/** What a proof is checked against, besides its own content. */
export type AuthenticationContext = Pick<
  IncomingTokenRequest,
  'tenant' | 'issuer' | 'ip' | 'clientCertificate'
>

/** @throws OAuthError `invalid_client` or `too_many_requests` from the function it returns. */
export function createAuthenticateClient(deps: AuthenticateClientDeps): AuthenticateClient {
  return async function authenticateClient(incoming, credentials, audience) {
    const { clientId } = credentials
    const mayGuess = isGuessable(incoming, credentials)
    const attempt = { tenantId: incoming.tenant.id, clientId, ip: incoming.ip, isGuess: mayGuess }
    // A client with a key is never slowed down: a signature cannot be guessed, and anyone could send twenty wrong
    // ones to lock it out.
    if (mayGuess) deps.failedAttempts.refuseWhileBlocked(attempt)
    try {
      const isForManagement = audience === incoming.issuer.managementAudience
      const proven = await prove(deps, incoming, credentials, isForManagement)
      refuseBelowDemands(incoming, credentials, proven, isForManagement)
      return proven
    } catch (error) {
      if (error instanceof OAuthError && error.code === 'invalid_client') {
        deps.failedAttempts.refuseWhileBlocked(attempt)
        deps.failedAttempts.count(attempt)
      }
      throw error
    }
  }
}

/** A secret, or nothing where a secret was expected; every other proof rests on a key. */
function isGuessable({ clientCertificate }: AuthenticationContext, { kind }: ClientCredentials): boolean {
  return kind === 'secret' || (kind === 'id_alone' && clientCertificate === undefined)
}

function prove(
  deps: AuthenticateClientDeps,
  incoming: AuthenticationContext,
  credentials: ClientCredentials,
  isForManagement: boolean,
): Promise<ProvenClient> {
  const { clientCertificate: shown, tenant } = incoming
  const claimed = { tenantId: tenant.id, clientId: credentials.clientId }
  switch (credentials.kind) {
    case 'secret':
      return proveBySecret(deps, claimed, credentials.secret)
    case 'id_alone':
      return shown ? proveByCertificate(deps, claimed, shown) : proveBySecret(deps, claimed, undefined)
    case 'assertion':
      return proveByPresented(deps, incoming, credentials, isForManagement)
  }
}

/** An assertion is signed either by a trusted issuer or by the client itself. */
async function proveByPresented(
  deps: AuthenticateClientDeps,
  incoming: AuthenticationContext,
  { clientId, isClientNamed, type, claimed, assertion }: PresentedAssertion,
  isForManagement: boolean,
): Promise<ProvenClient> {
  const jwt = revealSecret(assertion)
  const trusted = await findTrustedIssuer(deps, incoming.tenant, claimed)
  if (trusted) {
    const { tenant, issuer } = incoming
    return proveByFederation(deps, {
      tenant,
      issuer,
      trusted,
      jwt,
      clientId: isClientNamed ? clientId : undefined,
      isForManagement,
    })
  }
  if (type === assertionType) return proveByAssertion(deps, incoming, clientId, jwt)
  throw assertionRefused(
    `The client_assertion_type must be ${assertionType}.`,
    'There is no such trust domain.',
  )
}

/** A client whose proof is weaker than its security profile demands is answered as if it had proven nothing. */
function refuseBelowDemands(
  incoming: AuthenticationContext,
  credentials: ClientCredentials,
  { client, weakness }: ProvenClient,
  isForManagement: boolean,
): void {
  const demands = demandsOn(client, incoming.tenant, isForManagement)
  if (!demands) return
  const method = client.tokenEndpointAuthMethod
  const fault = demands.authMethods.includes(method)
    ? weakness
    : `A client may not authenticate with ${method} there.`
  if (fault === undefined) return
  const cause = `This is less than ${demands.name} asks for. ${fault}`
  if (credentials.kind === 'id_alone') throw certificateRefused(cause)
  if (credentials.kind === 'secret') throw authenticationFailed(cause)
  throw assertionRefused('The client assertion is less than the security profile asks for.', cause)
}
