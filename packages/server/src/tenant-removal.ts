/**
 * Removes the rows of tenants that were deleted, a bounded number in each transaction, so that others get their turn.
 * What a stop or a crash interrupts goes on at the next start.
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { Storage } from './domain/storage.ts'

export interface TenantRemoval {
  /** Resolves when there are no more such rows, or the removal was stopped. */
  finish(): Promise<void>
  stop(): Promise<void>
}

const rowsPerTransaction = 500

export function createTenantRemoval({ tenants, commit }: Pick<Storage, 'tenants' | 'commit'>): TenantRemoval {
  let stopped = false
  let running: Promise<unknown> = Promise.resolve()

  async function removeAll(): Promise<void> {
    for (;;) {
      const [id] = stopped ? [] : await tenants.listRemoved()
      if (id === undefined) return
      await commit([tenants.removeRows(id, rowsPerTransaction)])
      await othersTurn()
    }
  }

  return {
    finish() {
      const finished = running.then(removeAll)
      running = finished.catch(() => undefined)
      return finished
    },
    async stop() {
      stopped = true
      await running
    },
  }
}
