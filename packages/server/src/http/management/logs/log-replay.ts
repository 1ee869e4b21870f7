/**
 * The part of the log that a follower missed, page by page. However long it is, other requests get their turn between
 * two pages, a page is read only when the one before has been sent, and no more than one is in memory.
 */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { LogEntry, LogEntryId, LogEntryStore } from '../../../domain/log-entry.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import type { TailFollower } from '../../../logs/tail.ts'

const pageSize = 100

/**
 * Reads to the end of the log, lets the follower resume with an empty queue, and then reads what was committed in
 * between. From then on an entry may come from both.
 */
export async function* missedPages(
  logEntries: Pick<LogEntryStore, 'listAfter'>,
  tenantId: TenantId,
  after: LogEntryId,
  follower: Pick<TailFollower, 'resume'>,
): AsyncGenerator<readonly LogEntry[]> {
  let place = after
  let caughtUp = false
  while (true) {
    const page = await logEntries.listAfter(tenantId, place, pageSize)
    place = page.at(-1)?.id ?? place
    if (page.length > 0) yield page
    await turnOfTheLoop()
    if (page.length === pageSize) continue
    if (caughtUp) return
    follower.resume()
    caughtUp = true
  }
}

/** More than the follower's queue may hold, and than could be committed but unpublished when it resumed. */
const maxRecentIds = 10_000

/** The ids of the last entries that were replayed. */
export function createRecentIds() {
  const ids = new Set<LogEntryId>()
  return {
    add(entries: readonly LogEntry[]): void {
      for (const { id } of entries) ids.add(id)
      for (const oldest of ids) {
        if (ids.size <= maxRecentIds) break
        ids.delete(oldest)
      }
    },
    has: (id: LogEntryId): boolean => ids.has(id),
    forget: (): void => ids.clear(),
  }
}
