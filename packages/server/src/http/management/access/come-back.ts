/**
 * Until when a client can still authenticate with the secrets, keys or certificates it has now. In milliseconds since
 * 1970, so that two such moments can be compared, whatever they rest on.
 */
import {
  type Client,
  type ClientSecret,
  type ClientStore,
  mayGetTokens,
  usesCertificate,
  usesSecret,
} from '../../../domain/client.ts'
import type { ClientCredential, ClientCredentialStore } from '../../../domain/client-credential.ts'
import { demandsOfLevel, isFapiAlgorithm } from '../../../domain/security-demands.ts'

export const withoutEnd = Number.POSITIVE_INFINITY
export const notAtAll = Number.NEGATIVE_INFINITY

export interface ComeBackDeps {
  readonly clients: Pick<ClientStore, 'findWithSecrets'>
  readonly clientCredentials: Pick<ClientCredentialStore, 'list'>
  /** Whether a client could show this server a certificate at all. */
  readonly takesCertificates: boolean
}

/** With the stored secrets and credentials, some of which may have expired already. */
export async function comesBackUntil(deps: ComeBackDeps, client: Client): Promise<number> {
  const { tenantId, id } = client
  if (usesSecret(client.tokenEndpointAuthMethod)) {
    const stored = await deps.clients.findWithSecrets(tenantId, id)
    return comesBackBySecretUntil(client, stored?.secrets ?? [])
  }
  return comesBackByKeyUntil(deps, client, await deps.clientCredentials.list(tenantId, id))
}

export function comesBackBySecretUntil(client: Client, secrets: readonly ClientSecret[]): number {
  return mayGetTokens(client) && usesSecret(client.tokenEndpointAuthMethod) ? lastEnd(secrets) : notAtAll
}

/** `credentials` are all that the client has. */
export function comesBackByKeyUntil(
  { takesCertificates }: Pick<ComeBackDeps, 'takesCertificates'>,
  client: Client,
  credentials: readonly ClientCredential[],
): number {
  const { tokenEndpointAuthMethod, activeCredentialIds, jwksUri } = client
  if (!mayGetTokens(client) || (needsCertificate(client) && !takesCertificates)) return notAtAll
  // Which issuer's tokens prove it is settled elsewhere, and may change at any time.
  if (tokenEndpointAuthMethod === 'federated_jwt') return notAtAll
  // Which keys it publishes is up to the client.
  if (jwksUri !== undefined) return withoutEnd
  return lastEnd(
    credentials.filter((key) => activeCredentialIds.includes(key.id) && countsAtLevel(key, client)),
  )
}

function lastEnd(proofs: readonly { readonly expiresAt: Date | undefined }[]): number {
  return Math.max(notAtAll, ...proofs.map(({ expiresAt }) => expiresAt?.getTime() ?? withoutEnd))
}

// Tokens that must be bound by DPoP shut nobody out: any client can make a key for that.
function needsCertificate({ tokenEndpointAuthMethod, complianceLevel }: Client): boolean {
  return (
    usesCertificate(tokenEndpointAuthMethod) ||
    demandsOfLevel(complianceLevel)?.bindings.includes('dpop') === false
  )
}

/** A key for RS256 proves nothing at a level of FAPI 2.0, however long it is registered. */
function countsAtLevel(credential: ClientCredential, { complianceLevel }: Client): boolean {
  if (complianceLevel === 'none' || credential.type !== 'public_key') return true
  return isFapiAlgorithm(credential.algorithm)
}
