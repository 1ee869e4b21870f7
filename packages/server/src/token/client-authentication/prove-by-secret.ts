/** A client that proves itself with its secret (RFC 6749 §2.3.1). */
import { type ClientSecret, type ClientStore, parseClientId } from '../../domain/client.ts'
import { hasSecretExpired } from '../../domain/client-secret.ts'
import type { SecretHashing } from '../../keys/secret/client-secret.ts'
import { SecretText } from '../../keys/secret/secret-text.ts'
import { authenticationFailed } from './client-refusals.ts'
import type { Attempt } from './failed-attempts.ts'
import type { ProvenClient } from './proven-client.ts'
import { whyNotProven } from './registered-method.ts'

export interface ProveBySecretDeps {
  readonly clients: Pick<ClientStore, 'findWithSecrets'>
  readonly hashing: Pick<SecretHashing, 'placeOf'>
  readonly now: () => Date
}

/** @throws OAuthError `invalid_client`, in the same words whatever is wrong. */
export async function proveBySecret(
  deps: ProveBySecretDeps,
  { tenantId, clientId }: Pick<Attempt, 'tenantId' | 'clientId'>,
  /** Undefined where none was sent: refused after the same work as a wrong one. */
  secret: SecretText | undefined,
): Promise<ProvenClient> {
  const id = parseClientId(clientId)
  const found = id && (await deps.clients.findWithSecrets(tenantId, id))
  // The hash is computed whether or not the client exists, so that time does not tell which ids do.
  const place = deps.hashing.placeOf(secret ?? noSecret, found?.secrets.map((stored) => stored.hash) ?? [])
  const usedSecret = place === undefined ? undefined : found?.secrets[place]
  const reason = whyNotProven(found?.client, secret ? 'secret' : 'id_alone', faultOf(usedSecret, deps.now()))
  if (!found || !usedSecret || reason !== undefined) throw authenticationFailed(reason)
  return { client: found.client, usedSecret }
}

/** No client has it. */
const noSecret = new SecretText('')

// Whoever sends an expired secret is answered like anyone with a wrong one; only the log tells the two apart.
function faultOf(secret: ClientSecret | undefined, now: Date): string | undefined {
  if (!secret) return 'The secret is wrong or missing.'
  if (!hasSecretExpired(secret, now)) return undefined
  return `The secret ${secret.id} expired at ${secret.expiresAt?.toISOString()}.`
}
