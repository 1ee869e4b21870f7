/**
 * Lists of log entries, in the order in which they were committed. An id is given when its request begins
 * and committed when it ends, so a reader who followed ids would miss a slow request's entry for ever.
 */
import type { LogEntryFilter, LogEntryStore } from '../domain/log-entry.ts'
import { integer, text } from './column.ts'
import type { Database } from './database.ts'
import { parseLogEntryRow } from './log-entry-row.ts'

interface FilterShape {
  readonly byType: boolean
  readonly byClient: boolean
}

const filterColumns = { tenant_id: text, type: text, client_id: text }

export function createLogEntryLists(database: Database): Pick<LogEntryStore, 'list' | 'listAfter'> {
  // A statement for each shape of the filter, so that each goes by its own index: this table is the long one.
  const lists = prepareForEachShape((shape) => ({
    newestFirst: prepareList(database, shape, 'desc'),
    oldestFirst: prepareList(database, shape, 'asc'),
    count: prepareCount(database, shape),
  }))
  const after = prepareAfter(database)

  return {
    async list(tenantId, filter, page) {
      const shape = lists(filter)
      const asked = { tenant_id: tenantId, type: filter.type ?? '', client_id: filter.clientId ?? '' }
      const list = page.newestFirst ? shape.newestFirst : shape.oldestFirst
      const rows = list({ ...asked, limit: page.limit, offset: page.offset })
      return { total: shape.count(asked)?.total ?? 0, items: rows.map(parseLogEntryRow) }
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

function prepareCount(database: Database, shape: FilterShape) {
  return database.one(filterColumns, (build, asked) =>
    build
      .selectFrom('log_entries')
      .select((select) => select.fn.countAll<number>().as('total'))
      .where('tenant_id', '=', asked.tenant_id)
      .$if(shape.byType, (query) => query.where('type', '=', asked.type))
      .$if(shape.byClient, (query) => query.where('client_id', '=', asked.client_id)),
  )
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
