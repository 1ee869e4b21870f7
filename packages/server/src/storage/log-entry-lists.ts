/**
 * Lists of log entries by date. What an index answers is one query. What it does not is searched in parts, between which
 * others get their turn, and only so far.
 */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { LogEntryStore } from '../domain/log-entry.ts'
import {
  type LogCondition,
  type LogEntryFilter,
  maxExaminedEntries,
  maxLooks,
  SearchTooWideError,
} from '../domain/log-search.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { Database } from './database.ts'
import { defineLogFunctions, termsOf } from './log-entry-condition.ts'
import { type LogEntryRow, parseLogEntryRow } from './log-entry-row.ts'
import {
  type Position,
  prepareBound,
  prepareCountPart,
  prepareForEachShape,
  prepareList,
  rangeOf,
  type Span,
  searchPart,
  shapeOf,
} from './log-entry-statements.ts'

/**
 * Entries of which only positions are read at once; of those whose
 * content is looked at, the looks: some milliseconds either.
 */
const entriesPerCount = 10_000
const looksPerSearch = 1000
const minEntriesPerSearch = 5

export function createLogEntryLists(database: Database): Pick<LogEntryStore, 'list' | 'count'> {
  defineLogFunctions(database)
  const statements = prepareForEachShape((shape) => ({
    list: prepareList(database, shape),
    bound: prepareBound(database, shape),
    countPart: prepareCountPart(database, shape),
  }))

  let lastTurn: Promise<unknown> = Promise.resolve()

  /** One of all searches in each turn of the loop: many at once keep nobody waiting longer than one does. */
  function ownTurn(): Promise<unknown> {
    lastTurn = lastTurn.then(() => turnOfTheLoop())
    return lastTurn
  }

  /** What the filter's indexed members allow, in parts of this many entries; the last one has fewer. */
  async function* parts(tenantId: TenantId, filter: LogEntryFilter, newestFirst: boolean, size: number) {
    const { bound } = statements(filter, newestFirst)
    let rest = spanOf(filter)
    while (true) {
      await ownTurn()
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
    }
  }

  async function* matches(
    tenantId: TenantId,
    filter: LogEntryFilter & { condition: LogCondition },
    newestFirst: boolean,
  ) {
    const terms = termsOf(filter.condition)
    const size = Math.max(minEntriesPerSearch, Math.floor(looksPerSearch / terms))
    const maxEntries = Math.min(maxExaminedEntries, Math.floor(maxLooks / terms))
    let examined = 0
    for await (const { span } of parts(tenantId, filter, newestFirst, size)) {
      examined += size
      if (examined > maxEntries) throw new SearchTooWideError(tooWide(maxEntries))
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

function tooWide(maxEntries: number): string {
  return `The search would have to look at more than ${maxEntries} entries.`
}

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
