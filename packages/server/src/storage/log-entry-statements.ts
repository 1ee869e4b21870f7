/** The statements behind the lists of log entries: one for each shape of a filter, so that each goes by its own index. */
import { type RawBuilder, sql } from 'kysely'
import type { LogCondition, LogEntryFilter } from '../domain/log-search.ts'
import type { TenantId } from '../domain/tenant.ts'
import { integer, text } from './column.ts'
import type { Database } from './database.ts'
import { conditionInSql } from './log-entry-condition.ts'
import type { LogEntryRow } from './log-entry-row.ts'

/** The order of a list: by date, and where that is the same by commit. */
export interface Position {
  readonly at: number
  readonly sequence: number
}

/** What lies between two positions, without them. */
export interface Span {
  readonly above: Position
  readonly below: Position
}

export interface Shape {
  readonly byType: boolean
  readonly byClient: boolean
  readonly newestFirst: boolean
}

const rangeColumns = {
  tenant_id: text,
  type: text,
  client_id: text,
  above_at: integer,
  above_sequence: integer,
  below_at: integer,
  below_sequence: integer,
}

export function rangeOf(tenantId: TenantId, { type, clientId }: LogEntryFilter, { above, below }: Span) {
  return {
    tenant_id: tenantId,
    type: type ?? '',
    client_id: clientId ?? '',
    above_at: above.at,
    above_sequence: above.sequence,
    below_at: below.at,
    below_sequence: below.sequence,
  }
}

export function shapeOf(filter: LogEntryFilter, newestFirst: boolean): Shape {
  return { byType: filter.type !== undefined, byClient: filter.clientId !== undefined, newestFirst }
}

/** This table is the long one: what is asked of it never goes by an index that does not fit. */
export function prepareForEachShape<Prepared>(prepare: (shape: Shape) => Prepared) {
  const prepared = new Map<string, Prepared>()
  return function statements(filter: LogEntryFilter, newestFirst: boolean): Prepared {
    const shape = shapeOf(filter, newestFirst)
    const key = JSON.stringify(shape)
    const known = prepared.get(key) ?? prepare(shape)
    prepared.set(key, known)
    return known
  }
}

type Asked = { readonly [Name in keyof typeof rangeColumns]: RawBuilder<string | number> }

function inRange(shape: Shape, asked: Asked): RawBuilder<boolean> {
  const type = shape.byType ? sql`and type = ${asked.type}` : sql``
  const client = shape.byClient ? sql`and client_id = ${asked.client_id}` : sql``
  // Likely: without a word SQLite takes any two bounds for narrow, and goes by date where the type or the client is rare.
  return sql`tenant_id = ${asked.tenant_id} ${type} ${client}
    and likely((at, sequence) > (${asked.above_at}, ${asked.above_sequence}))
    and likely((at, sequence) < (${asked.below_at}, ${asked.below_sequence}))`
}

function directionOf({ newestFirst }: Shape): 'asc' | 'desc' {
  return newestFirst ? 'desc' : 'asc'
}

export function prepareList(database: Database, shape: Shape) {
  return database.many({ ...rangeColumns, limit: integer, offset: integer }, (build, asked) =>
    build
      .selectFrom('log_entries')
      .selectAll()
      .where(inRange(shape, asked))
      .orderBy('at', directionOf(shape))
      .orderBy('sequence', directionOf(shape))
      .limit(asked.limit)
      .offset(asked.offset),
  )
}

export function prepareBound(database: Database, shape: Shape) {
  return database.one({ ...rangeColumns, offset: integer }, (build, asked) =>
    build
      .selectFrom('log_entries')
      .select(['at', 'sequence'])
      .where(inRange(shape, asked))
      .orderBy('at', directionOf(shape))
      .orderBy('sequence', directionOf(shape))
      .limit(1)
      .offset(asked.offset),
  )
}

export function prepareCountPart(database: Database, shape: Shape) {
  return database.one(rangeColumns, (build, asked) =>
    build
      .selectFrom('log_entries')
      .select((select) => select.fn.countAll<number>().as('found'))
      .where(inRange(shape, asked)),
  )
}

/** Composed and compiled for this one search. */
export function searchPart(
  database: Database,
  shape: Shape,
  range: ReturnType<typeof rangeOf>,
  condition: LogCondition,
): LogEntryRow[] {
  const values = Object.entries(range).map(([name, value]) => [name, sql`${value}`] as const)
  const asked = Object.fromEntries(values) as Asked
  return database.many({}, (build) =>
    build
      .selectFrom('log_entries')
      .selectAll()
      .where(inRange(shape, asked))
      .where(conditionInSql(condition))
      .orderBy('at', directionOf(shape))
      .orderBy('sequence', directionOf(shape)),
  )({})
}
