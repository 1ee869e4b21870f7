/** Secrets of clients on the wire. A secret is shown once, in the answer that creates it; its hash never is. */
import type { ClientSecret as SecretOnWire } from '@tallystick/management-api/contract/client-secrets'
import type { Client } from '../../../domain/client.ts'
import {
  type ClientSecretStore,
  hasSecretExpired,
  type ListedClientSecret,
  maxLiveClientSecrets,
  parseClientSecretId,
} from '../../../domain/client-secret.ts'
import { ManagementError } from '../../../domain/errors.ts'
import { revealSecret } from '../../../keys/secret/secret-text.ts'
import type { BodyOf, Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { notThere } from '../operation/not-there.ts'
import {
  type ClientSecretChangeDeps,
  clientToChange,
  recordSecretChange,
  refuseWithoutSecret,
  touch,
} from './client-secret-change.ts'
import { parseExpiry } from './credential-expiry.ts'
import { findClient } from './find-client.ts'
import { newClientSecret } from './new-client-secret.ts'

export function createClientSecretHandlers(
  deps: ClientSecretChangeDeps,
): Pick<
  Handlers,
  'listClientSecrets' | 'createClientSecret' | 'getClientSecret' | 'updateClientSecret' | 'deleteClientSecret'
> {
  return {
    async listClientSecrets({ request, param }) {
      const { tenantId, id } = await findClient(deps, request, param('id'))
      return (await deps.clientSecrets.list(tenantId, id)).map(secretOnWire)
    },

    async createClientSecret(call) {
      const { request, body } = call
      const client = await clientToChange(deps, call)
      refuseWithoutSecret(client)
      const now = deps.now()
      const expiresAt = expiryToCreate(body, now)
      const present = await deps.clientSecrets.list(client.tenantId, client.id)
      const expired = present.filter((secret) => hasSecretExpired(secret, now))
      refuseThird(present.length - expired.length)
      const { kept, text } = newClientSecret(deps, client, present, { name: body.name ?? '', expiresAt })
      await deps.recordChange(request, {
        description: `Added a secret to the client ${client.name}.`,
        status: 201,
        writes: [
          ...expired.map(deps.clientSecrets.remove),
          deps.clientSecrets.insert(kept),
          touch(deps, client),
        ],
      })
      return {
        ...secretOnWire({ ...kept, firstUsedAt: undefined, lastUsedAt: undefined }),
        client_secret: revealSecret(text),
      }
    },

    async getClientSecret({ request, param }) {
      const client = await findClient(deps, request, param('id'))
      return secretOnWire((await requireSecret(deps, client, param('secretId'))).secret)
    },

    async updateClientSecret(call) {
      const { request, param, body } = call
      const client = await clientToChange(deps, call)
      const { secret: stored, others } = await requireSecret(deps, client, param('secretId'))
      if (hasSecretExpired(stored, deps.now())) refuseRevival(body)
      const secret = changed(stored, body)
      await recordSecretChange(deps, request, client, [...others, secret], {
        description: `Changed a secret of the client ${client.name}.`,
        status: 200,
        writes: [deps.clientSecrets.change(secret), touch(deps, client)],
      })
      return secretOnWire(secret)
    },

    // Deleting what is not there succeeds.
    async deleteClientSecret(call) {
      const { request, param } = call
      const client = await clientToChange(deps, call)
      const { tenantId, id: clientId } = client
      const id = parseClientSecretId(param('secretId'))
      const present = await deps.clientSecrets.list(tenantId, clientId)
      const left = present.filter((secret) => secret.id !== id)
      if (!id || left.length === present.length) {
        const description = `Ended a secret of the client ${client.name} that was not there.`
        await deps.recordChange(request, { description, status: 204, writes: [] })
        return
      }
      await recordSecretChange(deps, request, client, left, {
        description: `Ended a secret of the client ${client.name}.`,
        status: 204,
        writes: [deps.clientSecrets.remove({ tenantId, clientId, id }), touch(deps, client)],
      })
    },
  }
}

async function requireSecret(
  { clientSecrets }: { readonly clientSecrets: ClientSecretStore },
  client: Client,
  rawId: string,
): Promise<{ secret: ListedClientSecret; others: readonly ListedClientSecret[] }> {
  const present = await clientSecrets.list(client.tenantId, client.id)
  const secret = present.find(({ id }) => id === rawId)
  if (secret) return { secret, others: present.filter(({ id }) => id !== rawId) }
  throw notThere('clientSecret')
}

function expiryToCreate({ expires_at: text }: BodyOf<'createClientSecret'>, now: Date): Date | undefined {
  const expiresAt = text === undefined ? undefined : parseExpiry(text)
  if (expiresAt && expiresAt <= now) throw invalidBody('expires_at', 'It has expired already')
  return expiresAt
}

function refuseThird(live: number): void {
  if (live < maxLiveClientSecrets) return
  throw new ManagementError(
    'conflict',
    `The client has ${maxLiveClientSecrets} live secrets, which is as many as it may have; delete the one that is not in use first.`,
  )
}

/** Whoever was told that a secret has ended must be able to rely on it. */
function refuseRevival({ expires_at }: BodyOf<'updateClientSecret'>): void {
  if (expires_at === undefined) return
  throw new ManagementError('conflict', 'This secret has expired and stays so; create a new one.')
}

function changed(stored: ListedClientSecret, body: BodyOf<'updateClientSecret'>): ListedClientSecret {
  const { name = stored.name, expires_at: text } = body
  const expiresAt = text === undefined ? stored.expiresAt : text === null ? undefined : parseExpiry(text)
  return { ...stored, name: name ?? '', expiresAt }
}

function secretOnWire(secret: ListedClientSecret): SecretOnWire {
  const { id, name, createdAt, expiresAt, firstUsedAt, lastUsedAt } = secret
  return {
    id,
    ...(name !== '' && { name }),
    created_at: createdAt.toISOString(),
    ...(expiresAt && { expires_at: expiresAt.toISOString() }),
    ...(firstUsedAt && { first_used_at: firstUsedAt.toISOString() }),
    ...(lastUsedAt && { last_used_at: lastUsedAt.toISOString() }),
  }
}
