/**
 * The data folder: made for us alone, written by one server at a time. Whoever holds an exclusive lock on
 * `lock.db` is that server; the kernel lets go of the lock when the process ends, however it ends.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Sqlite from 'better-sqlite3'

/** The server cannot start with this data folder. The message is one line for its operator. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError'
}

export interface DataFolder {
  readonly databasePath: string
  /** Lets another server in. */
  release(): void
}

/** @throws StorageUnavailableError */
export function claimDataFolder(dataDir: string): DataFolder {
  const lockPath = join(dataDir, 'lock.db')
  const databasePath = join(dataDir, 'tallystick.db')
  try {
    makeFolder(dataDir)
    createPrivateFile(lockPath)
    createPrivateFile(databasePath)
  } catch (cause) {
    throw new StorageUnavailableError(
      `The data folder ${dataDir} cannot be written (${reasonOf(cause)}). Make it writable or set TALLYSTICK_DATA_DIR to another folder.`,
      { cause },
    )
  }
  const lock = lockExclusively(lockPath, dataDir)
  return { databasePath, release: () => void lock.close() }
}

// Step by step: Node's recursive mkdir never returns where the kernel answers ENOENT below a folder that
// exists, as it does below /proc.
function makeFolder(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  mkdirSync(path, { mode: 0o700 })
}

/**
 * Made before SQLite opens it, so that it is never readable by others. One that exists is not opened: closing
 * a second descriptor would end this process's own locks on the file (fcntl(2)).
 */
function createPrivateFile(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (reasonOf(error) !== 'EEXIST') throw error
  }
}

function lockExclusively(lockPath: string, dataDir: string): Sqlite.Database {
  let lock: Sqlite.Database | undefined
  try {
    lock = new Sqlite(lockPath, { timeout: 0 })
    lock.exec('begin exclusive')
    return lock
  } catch (cause) {
    lock?.close()
    const reason = reasonOf(cause)
    throw new StorageUnavailableError(
      reason === 'SQLITE_BUSY'
        ? `Another server uses the data folder ${dataDir}. Stop it first or set TALLYSTICK_DATA_DIR to another folder.`
        : `The data folder ${dataDir} cannot be locked (${reason}). Make it writable or set TALLYSTICK_DATA_DIR to another folder.`,
      { cause },
    )
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return String(error)
}
