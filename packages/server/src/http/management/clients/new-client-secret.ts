/** A new client secret: its text, which is shown once, and what is kept of it. */
import type { Client, ClientSecret, ClientSecretId } from '../../../domain/client.ts'
import type { SecretText } from '../../../keys/secret/secret-text.ts'

export interface NewClientSecretDeps {
  readonly createClientSecret: () => SecretText
  readonly hashSecret: (secret: SecretText) => Uint8Array
  readonly now: () => Date
  readonly newId: { readonly clientSecret: () => ClientSecretId }
}

export interface NewClientSecret {
  readonly text: SecretText
  readonly kept: ClientSecret
}

export function newClientSecret(
  deps: NewClientSecretDeps,
  { tenantId, id: clientId }: Pick<Client, 'tenantId' | 'id'>,
  present: readonly ClientSecret[],
  { name = '', expiresAt }: { readonly name?: string; readonly expiresAt?: Date | undefined } = {},
): NewClientSecret {
  const text = deps.createClientSecret()
  const kept = {
    tenantId,
    clientId,
    id: deps.newId.clientSecret(),
    name,
    hash: deps.hashSecret(text),
    expiresAt,
    createdAt: afterAll(present, deps.now()),
  }
  return { text, kept }
}

// The newest secret is recognised by its time, also within one millisecond and where the clock was set back.
function afterAll(present: readonly ClientSecret[], now: Date): Date {
  return new Date(Math.max(now.getTime(), ...present.map(({ createdAt }) => createdAt.getTime() + 1)))
}
