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

/** The order of a list: entries of the same moment in the order of commits. */
interface Position {
  readonly at: number
  readonly sequence: number
}

interface Shape {
  readonly byType: boolean
  readonly byClient: boolean
  readonly newestFirst: boolean
}

const rangeColumns = { tenant_id: text, type: text, client_id: text, from: integer, before: integer }
const partColumns = { ...rangeColumns, after_at: integer, after_sequence: integer }

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

  /** Each part of what the filter's indexed members allow, from its first position to its last one. */
  async function* parts(tenantId: TenantId, filter: LogEntryFilter, newestFirst: boolean, size: number) {
    const { bound } = statements(filter, newestFirst)
    let after = startOf(newestFirst)
    while (true) {
      const found = bound({ ...rangeOf(tenantId, filter), ...afterValues(after), offset: size - 1 })
      yield { after, last: found ?? startOf(!newestFirst), isFull: found !== undefined }
      if (!found) return
      after = found
      await turnOfTheLoop()
    }
  }

  async function* matches(
    tenantId: TenantId,
    filter: LogEntryFilter & { condition: LogCondition },
    newestFirst: boolean,
  ) {
    let examined = 0
    for await (const { after, last } of parts(tenantId, filter, newestFirst, entriesPerSearch)) {
      examined += entriesPerSearch
      if (examined > maxExaminedEntries) throw new SearchTooWideError(tooWide)
      const shape = shapeOf(filter, newestFirst)
      const range = { ...rangeOf(tenantId, filter), ...afterValues(after) }
      yield searchPart(database, shape, range, last, filter.condition)
    }
  }

  return {
    async list(tenantId, { condition, ...filter }, { offset, limit, newestFirst }) {
      if (condition === undefined) {
        const { list } = statements(filter, newestFirst)
        return list({ ...rangeOf(tenantId, filter), limit, offset }).map(parseLogEntryRow)
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
      for await (const { after, isFull } of parts(tenantId, filter, false, entriesPerCount)) {
        const range = { ...rangeOf(tenantId, filter), ...afterValues(after) }
        total += isFull ? entriesPerCount : (countPart(range)?.found ?? 0)
      }
      return total
    },
  }
}

const tooWide = `The search would have to look at more than ${maxExaminedEntries} entries.`

function startOf(newestFirst: boolean): Position {
  const end = newestFirst ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER
  return { at: end, sequence: end }
}

function afterValues({ at, sequence }: Position) {
  return { after_at: at, after_sequence: sequence }
}

function rangeOf(tenantId: TenantId, { type, clientId, from, before }: LogEntryFilter) {
  return {
    tenant_id: tenantId,
    type: type ?? '',
    client_id: clientId ?? '',
    from: from?.getTime() ?? Number.MIN_SAFE_INTEGER,
    before: before?.getTime() ?? Number.MAX_SAFE_INTEGER,
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

type Asked<Name extends string> = { readonly [Column in Name]: RawBuilder<string | number> }

function inRange(shape: Shape, asked: Asked<keyof typeof rangeColumns>): RawBuilder<boolean> {
  const type = shape.byType ? sql`and type = ${asked.type}` : sql``
  const client = shape.byClient ? sql`and client_id = ${asked.client_id}` : sql``
  return sql`tenant_id = ${asked.tenant_id} ${type} ${client} and at >= ${asked.from} and at < ${asked.before}`
}

function inPart(shape: Shape, asked: Asked<keyof typeof partColumns>): RawBuilder<boolean> {
  const place = sql`(${asked.after_at}, ${asked.after_sequence})`
  const behind = shape.newestFirst ? sql`(at, sequence) < ${place}` : sql`(at, sequence) > ${place}`
  return sql`${inRange(shape, asked)} and ${behind}`
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
  return database.one({ ...partColumns, offset: integer }, (build, asked) =>
    build
      .selectFrom('log_entries')
      .select(['at', 'sequence'])
      .where(inPart(shape, asked))
      .orderBy('at', directionOf(shape))
      .orderBy('sequence', directionOf(shape))
      .limit(1)
      .offset(asked.offset),
  )
}

function prepareCountPart(database: Database, shape: Shape) {
  return database.one(partColumns, (build, asked) =>
    build
      .selectFrom('log_entries')
      .select((select) => select.fn.countAll<number>().as('found'))
      .where(inPart(shape, asked)),
  )
}

/** Composed and compiled for this one search. */
function searchPart(
  database: Database,
  shape: Shape,
  range: { readonly [Name in keyof typeof partColumns]: string | number },
  last: Position,
  condition: LogCondition,
): LogEntryRow[] {
  const values = Object.entries(range).map(([name, value]) => [name, sql`${value}`] as const)
  const asked = Object.fromEntries(values) as Asked<keyof typeof partColumns>
  const upTo = shape.newestFirst
    ? sql<boolean>`(at, sequence) >= (${last.at}, ${last.sequence})`
    : sql<boolean>`(at, sequence) <= (${last.at}, ${last.sequence})`
  return database.many({}, (build) =>
    build
      .selectFrom('log_entries')
      .selectAll()
      .where(inPart(shape, asked))
      .where(upTo)
      .where(conditionInSql(condition))
      .orderBy('at', directionOf(shape))
      .orderBy('sequence', directionOf(shape)),
  )({})
}
