/**
 * When each client secret was used last, to the minute: noted with the exchange that used it, so that it costs no
 * transaction of its own, and at most once a minute, so that it costs most exchanges nothing at all.
 */
import type { ClientSecret } from '../../domain/client.ts'
import type { ClientSecretStore } from '../../domain/client-secret.ts'
import type { Write } from '../../domain/write.ts'

export const secretUsePrecisionMs = 60_000
/** Secrets remembered at once; the one that was noted longest ago is forgotten for a new one, and noted once more. */
const maxRemembered = 50_000

/** What is to be written with the exchange in which the secret proved its client; undefined within a minute of the last. */
export type NoteSecretUse = (secret: ClientSecret, at: Date) => Write | undefined

export function createNoteSecretUse(clientSecrets: Pick<ClientSecretStore, 'recordUse'>): NoteSecretUse {
  const notedAt = new Map<string, number>()
  return (secret, at) => {
    const key = `${secret.tenantId} ${secret.clientId} ${secret.id}`
    const noted = notedAt.get(key)
    // In either direction, so that a clock that was set back does not stop the notes.
    if (noted !== undefined && Math.abs(at.getTime() - noted) < secretUsePrecisionMs) return undefined
    notedAt.delete(key)
    notedAt.set(key, at.getTime())
    const oldest = notedAt.keys().next().value
    if (notedAt.size > maxRemembered && oldest !== undefined) notedAt.delete(oldest)
    return clientSecrets.recordUse({ secret, at })
  }
}
