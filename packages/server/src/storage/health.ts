import { statSync } from 'node:fs'
import type { Database as SqliteDatabase } from 'better-sqlite3'
import type { Storage } from '../domain/storage.ts'

/** A probe costs one durable write; who asks more often gets the last answer. */
const probeEveryMs = 1000

export function createHealthCheck(sqlite: SqliteDatabase, now: () => Date): Storage['health'] {
  const isStillThere = watchFile(sqlite.name)
  let probedAt = Number.NEGATIVE_INFINITY
  let last: Awaited<ReturnType<Storage['health']>> = { ready: true }

  return async function health() {
    const at = now().getTime()
    if (Math.abs(at - probedAt) < probeEveryMs) return last
    probedAt = at
    last = isStillThere()
      ? probe(sqlite)
      : { ready: false, cause: 'The database file was removed or replaced under the server.' }
    return last
  }
}

/** Writes the file's header as it is: a full or lost disk shows itself only to a write that is synced. */
function probe(sqlite: SqliteDatabase): { ready: true } | { ready: false; cause: string } {
  try {
    sqlite.pragma('user_version = 1')
    return { ready: true }
  } catch (error) {
    return { ready: false, cause: error instanceof Error ? error.message : String(error) }
  }
}

/** A removed file can still be written, by whoever has it open; nobody finds it afterwards. */
function watchFile(path: string): () => boolean {
  const inode = inodeOf(path)
  return () => inodeOf(path) === inode
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
