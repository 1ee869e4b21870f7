/**
 * A write that has been described and the transaction that carries it out. The transaction is synchronous
 * from `begin` to `commit`: nothing else can join it, and nobody waits for a lock that a sleeping request holds.
 */
import Sqlite from 'better-sqlite3'
import { AlreadyExistsError, GoneError } from '../domain/storage.ts'
import type { Write } from '../domain/write.ts'
import type { ChangeCounter } from './change-counter.ts'
import type { ReadMemory } from './read-memory.ts'

/** What a step of a write touches, and what it means when it cannot. */
export interface StepMeaning {
  /** The noun that is there already when a unique key refuses the row. */
  readonly noun: string
  /** The nouns that are gone when a foreign key refuses the row. */
  readonly refersTo?: string
  /** True when a step that changes no row means that the noun is gone. */
  readonly mustExist?: boolean
  /** True when no remembered read could find what the step writes. */
  readonly isLog?: boolean
}

export interface Step extends StepMeaning {
  /** Whose row it is, where that is known. */
  readonly tenantId?: string
  /** Returns how many rows it changed. */
  readonly run: () => number
}

class DescribedWrite {
  readonly steps: readonly Step[]
  readonly database: Sqlite.Database

  constructor(database: Sqlite.Database, steps: readonly Step[]) {
    this.database = database
    this.steps = steps
  }
}

export function describeWrite(database: Sqlite.Database, steps: readonly Step[]): Write {
  const described: unknown = new DescribedWrite(database, steps)
  return described as Write
}

export interface Transactions {
  /** @throws AlreadyExistsError, GoneError, or SQLite's own error; nothing has changed then. */
  commit(writes: readonly Write[]): void
  /**
   * One transaction for all groups, of which each fails alone; the error of each group that failed.
   * @throws SQLite's own error when the transaction as a whole failed; nothing has changed then.
   */
  commitGroups(groups: readonly (readonly Write[])[]): (Error | undefined)[]
}

export function createTransactions(
  database: Sqlite.Database,
  memory: ReadMemory,
  changes: ChangeCounter,
): Transactions {
  const begin = database.prepare('begin immediate')
  const commitAll = database.prepare('commit')
  const rollback = database.prepare('rollback')
  const savepoint = database.prepare('savepoint write_group')
  const rollbackGroup = database.prepare('rollback to write_group')
  const release = database.prepare('release write_group')

  function inTransaction<Result>(work: () => Result): Result {
    begin.run()
    try {
      const result = work()
      commitAll.run()
      return result
    } catch (error) {
      // After some errors (a full disk, for one) SQLite has rolled back by itself.
      if (database.inTransaction) rollback.run()
      throw refusalOf(error, undefined)
    }
  }

  // Savepoints double what a transaction costs, and nearly always every group goes through: only where one did not.
  function carryOutGroups(groups: readonly (readonly Write[])[]): (Error | undefined)[] {
    const failure = errorOf(() => carryOut(database, groups.flat(), changes))
    if (failure === undefined) return groups.map(() => undefined)
    if (database.inTransaction) rollback.run()
    begin.run()
    return groups.map(carryOutGroup)
  }

  function carryOutGroup(group: readonly Write[]): Error | undefined {
    savepoint.run()
    const error = errorOf(() => carryOut(database, group, changes))
    // Gone with its savepoint: what failed is the transaction, not this group.
    if (error !== undefined && !database.inTransaction) throw error
    if (error !== undefined) rollbackGroup.run()
    release.run()
    return error
  }

  function commit(writes: readonly Write[]): void {
    try {
      if (writes.length > 0) inTransaction(() => carryOut(database, writes, changes))
    } finally {
      // Also after a failure: whether a commit that failed is on disk, SQLite may not know.
      if (!writes.every(isLog)) memory.forget()
    }
  }

  function commitGroups(groups: readonly (readonly Write[])[]): (Error | undefined)[] {
    if (groups.every((group) => group.length === 0)) return groups.map(() => undefined)
    try {
      return inTransaction(() => carryOutGroups(groups))
    } catch (error) {
      // A deferred foreign key speaks only at the commit, without saying whose it is: each group alone, then.
      if (!(error instanceof GoneError)) throw error
      return groups.map((group) => errorOf(() => commit(group)))
    } finally {
      if (!groups.every((group) => group.every(isLog))) memory.forget()
    }
  }

  return { commit, commitGroups }
}

function isLog(write: Write): boolean {
  return write instanceof DescribedWrite && write.steps.every((step) => step.isLog)
}

function carryOut(database: Sqlite.Database, writes: readonly Write[], changes: ChangeCounter): void {
  for (const write of writes) {
    if (!(write instanceof DescribedWrite) || write.database !== database) {
      throw new TypeError('A write can only be carried out by the storage that described it.')
    }
    for (const step of write.steps) {
      const changed = carryOutStep(step)
      // Within the transaction, for what comes later in it; one that is rolled back has counted too much, which is safe.
      if (changed > 0 && !step.isLog) changes.add(step.tenantId)
    }
  }
}

function carryOutStep(step: Step): number {
  let changes: number
  try {
    changes = step.run()
  } catch (error) {
    throw refusalOf(error, step)
  }
  if (changes === 0 && step.mustExist) throw new GoneError(step.noun)
  return changes
}

function refusalOf(error: unknown, step: Step | undefined): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error
  if (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY') {
    return new AlreadyExistsError(step?.noun ?? 'row', { cause: error })
  }
  if (error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY') {
    return new GoneError(step?.refersTo ?? 'object that a written one refers to', { cause: error })
  }
  return error
}

function errorOf(work: () => void): Error | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
