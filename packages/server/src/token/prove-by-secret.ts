/** A client that proves itself with its secret (RFC 6749 §2.3.1). */
import { type ClientStore, parseClientId } from '../domain/client.ts'
import type { SecretHashing } from '../keys/client-secret.ts'
import type { SecretText } from '../keys/secret-text.ts'
import { authenticationFailed } from './client-refusals.ts'
import type { Attempt } from './failed-attempts.ts'
import type { ProvenClient } from './proven-client.ts'
import { whyNotProven } from './registered-method.ts'

export interface ProveBySecretDeps {
  readonly clients: Pick<ClientStore, 'findWithSecrets'>
  readonly hashing: SecretHashing
}

/** @throws OAuthError `invalid_client`, in the same words whatever is wrong. */
export async function proveBySecret(
  deps: ProveBySecretDeps,
  { tenantId, clientId }: Pick<Attempt, 'tenantId' | 'clientId'>,
  secret: SecretText,
): Promise<ProvenClient> {
  const id = parseClientId(clientId)
  const found = id && (await deps.clients.findWithSecrets(tenantId, id))
  // The hash is computed whether or not the client exists, so that time does not tell which ids do.
  const isRight = deps.hashing.matches(secret, found?.secrets.map((stored) => stored.hash) ?? [])
  const fault = isRight ? undefined : 'The secret is wrong or missing.'
  const reason = whyNotProven(found?.client, 'secret', fault)
  if (!found || reason !== undefined) throw authenticationFailed(reason)
  return { client: found.client }
}
