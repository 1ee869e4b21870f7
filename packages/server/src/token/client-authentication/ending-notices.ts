/**
 * Warnings in the log of secrets and credentials that are used and end soon, so that whoever watches the log hears of it
 * in time. Once a day for each of them: that much is remembered here, so after a restart it may be told once more.
 */
import type { Client, ClientSecret } from '../../domain/client.ts'
import type { ClientCredential } from '../../domain/client-credential.ts'
import { type EndingProof, proofInWords, warningDays } from '../../domain/ending-proof.ts'
import type { EndingLogEntry, LogEntryBase, LogEntryId } from '../../domain/log-entry.ts'
import type { EndOfCredential } from '../../keys/certificate/credential-end.ts'

export interface UsedProof {
  readonly client?: Client
  readonly usedSecret?: ClientSecret
  readonly usedCredential?: ClientCredential
}

/** The warning that is to be recorded with the request in which the proof was used; undefined where there is none. */
export type NoticeEnding = (
  used: UsedProof,
  /** As its own entry tells it, or would. */
  request: Pick<LogEntryBase, 'id' | 'at' | 'ip' | 'userAgent' | 'durationMs'>,
) => EndingLogEntry | undefined

const dayMs = 86_400_000
/** Remembered at once; the one that was told of longest ago is told of again. */
const maxRemembered = 50_000

export function createNoticeEnding(deps: {
  readonly endOfCredential: EndOfCredential
  readonly newLogEntryId: () => LogEntryId
}): NoticeEnding {
  const dayOfNotice = new Map<string, number>()

  function isFirstOfDay(key: string, at: Date): boolean {
    const day = Math.floor(at.getTime() / dayMs)
    if (dayOfNotice.get(key) === day) return false
    dayOfNotice.delete(key)
    dayOfNotice.set(key, day)
    const oldest = dayOfNotice.keys().next().value
    if (dayOfNotice.size > maxRemembered && oldest !== undefined) dayOfNotice.delete(oldest)
    return true
  }

  return function noticeEnding(used, { id: requestId, at, ip, userAgent, durationMs }) {
    const { client } = used
    const proof = proofOf(used, deps.endOfCredential)
    if (!client || !proof || proof.expiresAt.getTime() - at.getTime() > warningDays * dayMs) return undefined
    const { tenantId, id: clientId, name: clientName } = client
    if (!isFirstOfDay(`${tenantId} ${clientId} ${proof.id}`, at)) return undefined
    return {
      type: 'w',
      tenantId,
      id: deps.newLogEntryId(),
      at,
      description: `${proofInWords(proof)}, which was used, ends at ${proof.expiresAt.toISOString()}.`,
      clientId,
      clientName,
      ip,
      userAgent,
      durationMs,
      requestId,
      proof,
    }
  }
}

function proofOf(
  { usedSecret, usedCredential }: UsedProof,
  endOfCredential: EndOfCredential,
): EndingProof | undefined {
  if (usedCredential) {
    const expiresAt = endOfCredential(usedCredential)
    return expiresAt && { type: usedCredential.type, id: usedCredential.id, expiresAt }
  }
  const expiresAt = usedSecret?.expiresAt
  return usedSecret && expiresAt && { type: 'client_secret', id: usedSecret.id, expiresAt }
}
