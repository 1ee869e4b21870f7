/**
 * The one door to SQLite. Kysely composes a query and compiles it once, when a store is created; SQLite
 * prepares it at its first use; after that a call binds its arguments and runs. A write is described first
 * and carried out later, inside one synchronous transaction.
 */
import Sqlite from 'better-sqlite3'
import { type Compilable, Kysely, type RawBuilder, sql } from 'kysely'
import { ChangedMeanwhileError } from '../domain/storage.ts'
import type { Write } from '../domain/write.ts'
import { type ChangeCounter, createChangeCounter } from './change-counter.ts'
import type { Bindable, Column, Columns, ValuesOf } from './column.ts'
import { compileOnlyDialect } from './compile-only-dialect.ts'
import { createReadMemory, type ReadMemory } from './read-memory.ts'
import type { Tables } from './tables.ts'
import { describeWrite, type Step, type StepMeaning } from './write.ts'

/** The arguments as they stand in a query that is being composed. */
type ArgumentsOf<Table extends Columns> = {
  readonly [Name in keyof Table]: Table[Name] extends Column<infer Value> ? RawBuilder<Value> : never
}

type Compose<Table extends Columns, Row> = (
  build: Kysely<Tables>,
  argument: ArgumentsOf<Table>,
) => Compilable<Row>

export interface Database {
  readonly sqlite: Sqlite.Database
  /** For the reads of the token path. */
  readonly memory: ReadMemory
  readonly changes: ChangeCounter
  /** A query for one row at most. */
  one<Table extends Columns, Row>(
    columns: Table,
    compose: Compose<Table, Row>,
  ): (values: ValuesOf<Table>) => Row | undefined
  many<Table extends Columns, Row>(
    columns: Table,
    compose: Compose<Table, Row>,
  ): (values: ValuesOf<Table>) => Row[]
  /** One step of a write. */
  step<Table extends Columns>(
    columns: Table,
    compose: Compose<Table, unknown>,
    meaning: StepMeaning,
  ): (values: ValuesOf<Table>) => Step
  /** A write of one step that goes on from what was read: where it finds nothing to change, another change came first. */
  change<Table extends Columns>(
    columns: Table,
    compose: Compose<Table, unknown>,
    noun: string,
  ): (values: ValuesOf<Table>) => Write
  /** A write of one step. */
  write<Table extends Columns>(
    columns: Table,
    compose: Compose<Table, unknown>,
    meaning: StepMeaning,
  ): (values: ValuesOf<Table>) => Write
}

/** Pages of 4 kB that the write-ahead log may gather before SQLite moves them into the database. */
const pagesBetweenCheckpoints = 4000

/** Only a tool of the operator's can hold a lock; the server waits this long for it, and answers nobody meanwhile. */
const busyTimeoutMs = 2000

export function openDatabase(path: string): Database {
  const sqlite = new Sqlite(path, { timeout: busyTimeoutMs })
  try {
    sqlite.pragma('journal_mode = WAL')
    // A commit returns when it is on disk, not before: the answer that follows it must survive a power loss.
    sqlite.pragma('synchronous = FULL')
    sqlite.pragma('foreign_keys = ON')
    sqlite.pragma('trusted_schema = OFF')
    sqlite.pragma(`wal_autocheckpoint = ${pagesBetweenCheckpoints}`)
  } catch (error) {
    sqlite.close()
    throw error
  }
  return createDatabase(sqlite)
}

function createDatabase(sqlite: Sqlite.Database): Database {
  const build = new Kysely<Tables>({ dialect: compileOnlyDialect })

  function prepare<Table extends Columns, Row>(columns: Table, compose: Compose<Table, Row>) {
    const compiled = compose(build, argumentsFor(columns)).compile()
    let prepared: Sqlite.Statement<[readonly Bindable[]], Row> | undefined
    return {
      // Prepared at its first use: when stores are created the tables may not be there yet.
      statement: () => (prepared ??= sqlite.prepare<[readonly Bindable[]], Row>(compiled.sql)),
      bind: createBinding<ValuesOf<Table>>(compiled.parameters),
    }
  }

  function step<Table extends Columns>(
    columns: Table,
    compose: Compose<Table, unknown>,
    meaning: StepMeaning,
  ): (values: ValuesOf<Table>) => Step {
    const { statement, bind } = prepare(columns, compose)
    return (values) => {
      const parameters = bind(values)
      const { tenant_id: tenantId } = values
      return {
        run: () => statement().run(parameters).changes,
        ...meaning,
        ...(typeof tenantId === 'string' && { tenantId }),
      }
    }
  }

  return {
    sqlite,
    memory: createReadMemory(),
    changes: createChangeCounter(),
    one(columns, compose) {
      const { statement, bind } = prepare(columns, compose)
      return (values) => statement().get(bind(values))
    },
    many(columns, compose) {
      const { statement, bind } = prepare(columns, compose)
      return (values) => statement().all(bind(values))
    },
    step,
    change(columns, compose, noun) {
      const describe = step(columns, compose, { noun })
      return (values) => {
        const change = describe(values)
        return describeWrite(sqlite, [{ ...change, run: () => requireOne(change.run(), noun) }])
      }
    },
    write(columns, compose, meaning) {
      const describe = step(columns, compose, meaning)
      return (values) => describeWrite(sqlite, [describe(values)])
    },
  }
}

function requireOne(changes: number, noun: string): number {
  if (changes === 0) throw new ChangedMeanwhileError(noun)
  return changes
}

/** Stands in a compiled query where an argument will be. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

function argumentsFor<Table extends Columns>(columns: Table): ArgumentsOf<Table> {
  const entries = Object.keys(columns).map((name) => [name, sql`${new Placeholder(name)}`] as const)
  return Object.fromEntries(entries) as ArgumentsOf<Table>
}

/** Puts arguments into the order in which the compiled query wants them. */
function createBinding<Values extends Readonly<Record<string, Bindable>>>(parameters: readonly unknown[]) {
  return (values: Values): Bindable[] =>
    parameters.map((parameter) => {
      const value = parameter instanceof Placeholder ? values[parameter.name] : parameter
      return value as Bindable
    })
}
