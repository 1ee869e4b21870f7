/**
 * Lists of log entries, in the order in which they were committed. An id is given when its request begins
 * and committed when it ends, so a reader who followed ids would miss a slow request's entry for ever.
 */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { LogEntryFilter, LogEntryStore } from '../domain/log-entry.ts'
import type { TenantId } from '../domain/tenant.ts'
import { integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { parseLogEntryRow } from './log-entry-row.ts'

interface FilterShape {
  readonly byType: boolean
  readonly byClient: boolean
}

const filterColumns = { tenant_id: text, type: text, client_id: text }

/** Entries counted at once: some milliseconds, in which nobody else is answered. */
const entriesPerPart = 10_000

export function createLogEntryLists(database: Database): Pick<LogEntryStore, 'list' | 'count' | 'listAfter'> {
  // A statement for each shape of the filter, so that each goes by its own index: this table is the long one.
  const lists = prepareForEachShape((shape) => ({
    newestFirst: prepareList(database, shape, 'desc'),
    oldestFirst: prepareList(database, shape, 'asc'),
    countPart: prepareCountPart(database, shape),
  }))
  const after = prepareAfter(database)

  return {
    async list(tenantId, filter, { offset, limit, newestFirst }) {
      const shape = lists(filter)
      const list = newestFirst ? shape.newestFirst : shape.oldestFirst
      return list({ ...filterValues(tenantId, filter), limit, offset }).map(parseLogEntryRow)
    },
    async count(tenantId, filter) {
      const { countPart } = lists(filter)
      let total = 0
      let after = 0
      while (true) {
        const part = countPart({ ...filterValues(tenantId, filter), after, limit: entriesPerPart })
        total += part?.found ?? 0
        if (part === undefined || part.last === null || part.found < entriesPerPart) return total
        after = part.last
        await turnOfTheLoop()
      }
    },
    // No id is the empty text, which no id comes before.
    listAfter: async (tenantId, id, limit) =>
      after({ tenant_id: tenantId, id: id ?? '', limit }).map(parseLogEntryRow),
  }
}

function prepareForEachShape<Prepared>(prepare: (shape: FilterShape) => Prepared) {
  const all = prepare({ byType: false, byClient: false })
  const ofType = prepare({ byType: true, byClient: false })
  const ofClient = prepare({ byType: false, byClient: true })
  const ofBoth = prepare({ byType: true, byClient: true })
  return function prepared(filter: LogEntryFilter): Prepared {
    if (filter.type === undefined) return filter.clientId === undefined ? all : ofClient
    return filter.clientId === undefined ? ofType : ofBoth
  }
}

function prepareList(database: Database, shape: FilterShape, direction: 'asc' | 'desc') {
  return database.many({ ...filterColumns, limit: integer, offset: integer }, (build, asked) =>
    build
      .selectFrom('log_entries')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .$if(shape.byType, (query) => query.where('type', '=', asked.type))
      .$if(shape.byClient, (query) => query.where('client_id', '=', asked.client_id))
      .orderBy('sequence', direction)
      .limit(asked.limit)
      .offset(asked.offset),
  )
}

function prepareCountPart(database: Database, shape: FilterShape) {
  return database.one({ ...filterColumns, after: integer, limit: integer }, (build, asked) =>
    build
      .selectFrom((select) =>
        select
          .selectFrom('log_entries')
          .select('sequence')
          .where('tenant_id', '=', asked.tenant_id)
          .where('sequence', '>', asked.after)
          .$if(shape.byType, (query) => query.where('type', '=', asked.type))
          .$if(shape.byClient, (query) => query.where('client_id', '=', asked.client_id))
          .orderBy('sequence')
          .limit(asked.limit)
          .as('part'),
      )
      .select((select) => [
        select.fn.countAll<number>().as('found'),
        select.fn.max<number | null>('part.sequence').as('last'),
      ]),
  )
}

function filterValues(tenantId: TenantId, filter: LogEntryFilter): ValuesOf<typeof filterColumns> {
  return { tenant_id: tenantId, type: filter.type ?? '', client_id: filter.clientId ?? '' }
}

/**
 * After the entry itself, or, when retention has taken it, after the latest one whose id is smaller: a reader
 * who comes back late gets everything that is still there.
 */
function prepareAfter(database: Database) {
  return database.many({ tenant_id: text, id: text, limit: integer }, (build, asked) =>
    build
      .selectFrom('log_entries')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('sequence', '>', (select) =>
        select.fn.coalesce(
          select
            .selectFrom('log_entries as last')
            .select('last.sequence')
            .where('last.tenant_id', '=', asked.tenant_id)
            .where('last.id', '<=', asked.id)
            .orderBy('last.id', 'desc')
            .limit(1),
          select.lit(0),
        ),
      )
      .orderBy('sequence')
      .limit(asked.limit),
  )
}
