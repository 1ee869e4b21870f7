/** A new secret in the place of the old ones, of which the newest may go on for a while. */
import { afterRotation } from '../../../domain/client-secret.ts'
import { revealSecret } from '../../../keys/secret/secret-text.ts'
import type { Handlers } from '../operation/handler.ts'
import { clientOnWire } from './client-on-wire.ts'
import {
  type ClientSecretChangeDeps,
  clientToChange,
  refuseWithoutSecret,
  touch,
} from './client-secret-change.ts'
import { newClientSecret } from './new-client-secret.ts'

export function createRotateClientSecret(deps: ClientSecretChangeDeps): Pick<Handlers, 'rotateClientSecret'> {
  return {
    async rotateClientSecret(call) {
      const { request, operator, body } = call
      const client = await clientToChange(deps, call)
      refuseWithoutSecret(client)
      const present = await deps.clientSecrets.list(client.tenantId, client.id)
      const { ended, kept } = afterRotation(present, body.overlap_seconds ?? 0, deps.now())
      const created = newClientSecret(deps, client, present)
      const until = kept ? ` Its old one ends at ${kept.expiresAt.toISOString()}.` : ''
      await deps.recordChange(request, {
        description: `Renewed the secret of the client ${client.name}.${until}`,
        status: 200,
        writes: [
          ...ended.map(deps.clientSecrets.remove),
          ...(kept ? [deps.clientSecrets.change(kept)] : []),
          deps.clientSecrets.insert(created.kept),
          touch(deps, client),
        ],
      })
      return {
        ...clientOnWire(request.tenant, client, operator),
        client_secret: revealSecret(created.text),
      }
    },
  }
}
