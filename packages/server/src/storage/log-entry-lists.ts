/**
 * Lists of log entries by date. What an index answers is one query. What it does not is searched in parts, between which
 * others get their turn, and only so far.
 */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import type { LogEntryStore } from '../domain/log-entry.ts'
import {
  type LogCondition,
  type LogEntryFilter,
  maxExaminedEntries,
  SearchTooWideError,
} from '../domain/log-search.ts'
import type { TenantId } from '../domain/tenant.ts'
import { integer, text } from './column.ts'
import type { Database } from './database.ts'
import { conditionInSql, defineLogFunctions } from './log-entry-condition.ts'
import { type LogEntryRow, parseLogEntryRow } from './log-entry-row.ts'

/** The order of a list: by date, and where that is the same by commit. */
interface Position {
  readonly at: number
  readonly sequence: number
}

/** What lies between two positions, without them. */
interface Span {
  readonly above: Position
  readonly below: Position
}

interface Shape {
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

/** Entries of which only positions are read at once, and those whose content is looked at: some milliseconds either. */
const entriesPerCount = 10_000
const entriesPerSearch = 2000

export function createLogEntryLists(database: Database): Pick<LogEntryStore, 'list' | 'count'> {
  defineLogFunctions(database)
  const statements = prepareForEachShape((shape) => ({
    list: prepareList(database, shape),
    bound: prepareBound(database, shape),
    countPart: prepareCountPart(database, shape),
  }))

  /** What the filter's indexed members allow, in parts of this many entries; the last one has fewer. */
  async function* parts(tenantId: TenantId, filter: LogEntryFilter, newestFirst: boolean, size: number) {
    const { bound } = statements(filter, newestFirst)
    let rest = spanOf(filter)
    while (true) {
      const last = bound({ ...rangeOf(tenantId, filter, rest), offset: size - 1 })
      if (!last) {
        yield { span: rest, isFull: false }
        return
      }
      yield {
        span: newestFirst ? { ...rest, above: before(last) } : { ...rest, below: after(last) },
        isFull: true,
      }
      rest = newestFirst ? { ...rest, below: last } : { ...rest, above: last }
      await turnOfTheLoop()
    }
  }

  async function* matches(
    tenantId: TenantId,
    filter: LogEntryFilter & { condition: LogCondition },
    newestFirst: boolean,
  ) {
    let examined = 0
    for await (const { span } of parts(tenantId, filter, newestFirst, entriesPerSearch)) {
      examined += entriesPerSearch
      if (examined > maxExaminedEntries) throw new SearchTooWideError(tooWide)
      const shape = shapeOf(filter, newestFirst)
      yield searchPart(database, shape, rangeOf(tenantId, filter, span), filter.condition)
    }
  }

  return {
    async list(tenantId, { condition, ...filter }, { offset, limit, newestFirst }) {
      if (condition === undefined) {
        const { list } = statements(filter, newestFirst)
        const range = rangeOf(tenantId, filter, spanOf(filter))
        return list({ ...range, limit, offset }).map(parseLogEntryRow)
      }
      const found: LogEntryRow[] = []
      for await (const rows of matches(tenantId, { ...filter, condition }, newestFirst)) {
        found.push(...rows)
        if (found.length >= offset + limit) break
      }
      return found.slice(offset, offset + limit).map(parseLogEntryRow)
    },
    async count(tenantId, { condition, ...filter }) {
      let total = 0
      if (condition !== undefined) {
        for await (const rows of matches(tenantId, { ...filter, condition }, false)) total += rows.length
        return total
      }
      const { countPart } = statements(filter, false)
      for await (const { span, isFull } of parts(tenantId, filter, false, entriesPerCount)) {
        total += isFull ? entriesPerCount : (countPart(rangeOf(tenantId, filter, span))?.found ?? 0)
      }
      return total
    },
  }
}

const tooWide = `The search would have to look at more than ${maxExaminedEntries} entries.`

function before({ at, sequence }: Position): Position {
  return { at, sequence: sequence - 1 }
}

function after({ at, sequence }: Position): Position {
  return { at, sequence: sequence + 1 }
}

function spanOf({ from, before }: LogEntryFilter): Span {
  // No entry has the sequence 0: of a date, that is before all of its entries.
  return {
    above: { at: from?.getTime() ?? Number.MIN_SAFE_INTEGER, sequence: 0 },
    below: { at: before?.getTime() ?? Number.MAX_SAFE_INTEGER, sequence: 0 },
  }
}

function rangeOf(tenantId: TenantId, { type, clientId }: LogEntryFilter, { above, below }: Span) {
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

function shapeOf(filter: LogEntryFilter, newestFirst: boolean): Shape {
  return { byType: filter.type !== undefined, byClient: filter.clientId !== undefined, newestFirst }
}

/** A statement for each shape of the filter, so that each goes by its own index: this table is the long one. */
function prepareForEachShape<Prepared>(prepare: (shape: Shape) => Prepared) {
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

function prepareList(database: Database, shape: Shape) {
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

function prepareBound(database: Database, shape: Shape) {
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

function prepareCountPart(database: Database, shape: Shape) {
  return database.one(rangeColumns, (build, asked) =>
    build
      .selectFrom('log_entries')
      .select((select) => select.fn.countAll<number>().as('found'))
      .where(inRange(shape, asked)),
  )
}

/** Composed and compiled for this one search. */
function searchPart(
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
