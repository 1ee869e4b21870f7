/**
 * Retention: log entries, exchange records, spent proofs, expired tokens and client secrets, revocations and the versions
 * that no rule needs end when their time is over.
 * They go in small steps with pauses between them, so that no request waits for a long deletion.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { expiredSecretRetentionDays } from '../domain/client-secret.ts'
import { exchangeRecordRetentionDays } from '../domain/exchange-record.ts'
import { idempotencyRetentionDays } from '../domain/idempotent-answer.ts'
import { issuedTokenRetentionDays } from '../domain/issued-token.ts'
import { logRetentionDays } from '../domain/log-entry.ts'
import { revocationRetentionDays } from '../domain/revocation.ts'
import { spentProofRetentionDays } from '../domain/spent-proof.ts'
import type { Storage } from '../domain/storage.ts'
import { tokenCountRetentionDays } from '../domain/token-count.ts'
import type { Write } from '../domain/write.ts'

export interface RetentionDeps {
  readonly storage: Pick<
    Storage,
    | 'commit'
    | 'logEntries'
    | 'exchangeRecords'
    | 'spentProofs'
    | 'clientSecrets'
    | 'idempotentAnswers'
    | 'issuedTokens'
    | 'revocations'
    | 'tokenCounts'
    | 'rules'
  >
  readonly now: () => Date
}

export interface Retention {
  /** Removes everything whose time is over. A call during another one waits for that one instead. */
  removeExpired(): Promise<void>
  /** Ends a removal after its present step. */
  stop(): Promise<void>
}

export const rowsPerStep = 500
const pauseMs = 20
const dayMs = 86_400_000

interface Removable {
  oldestAt(): Promise<Date | undefined>
  removeBefore(at: Date, limit: number): Write
}

export function createRetention({ storage, now }: RetentionDeps): Retention {
  let stopped = false
  let running: Promise<void> | undefined

  async function removeOld(store: Removable, retentionDays: number): Promise<void> {
    const end = daysBefore(now(), retentionDays)
    let oldest = await store.oldestAt()
    while (!stopped && oldest !== undefined && oldest < end) {
      await storage.commit([store.removeBefore(end, rowsPerStep)])
      await pause(pauseMs)
      oldest = await store.oldestAt()
    }
  }

  async function removeAll(): Promise<void> {
    await removeOld(storage.logEntries, logRetentionDays)
    await removeOld(storage.exchangeRecords, exchangeRecordRetentionDays)
    await removeOld(storage.spentProofs, spentProofRetentionDays)
    await removeOld(storage.issuedTokens, issuedTokenRetentionDays)
    await removeOld(storage.revocations, revocationRetentionDays)
    await removeOld(storage.clientSecrets, expiredSecretRetentionDays)
    await removeOld(storage.idempotentAnswers, idempotencyRetentionDays)
    await removeOld(storage.tokenCounts, tokenCountRetentionDays)
    // A version is needed as long as an exchange record may name it: from the next one, or its rule's removal, on.
    const end = daysBefore(now(), exchangeRecordRetentionDays)
    if (stopped) return
    await storage.commit([
      storage.rules.removeVersionsSupersededBefore(end, rowsPerStep),
      storage.rules.removeVersionsOfRulesRemovedBefore(end, rowsPerStep),
    ])
  }

  return {
    removeExpired() {
      running ??= removeAll().finally(() => {
        running = undefined
      })
      return running
    },
    async stop() {
      stopped = true
      await running
    },
  }
}

function daysBefore(moment: Date, days: number): Date {
  return new Date(moment.getTime() - days * dayMs)
}
