/**
 * The log in the order in which its entries were committed. An id is given when its request begins and committed when it
 * ends, so a reader who followed ids or dates would miss a slow request's entry for ever.
 */
import { type LogEntryStore, startOfLog } from '../domain/log-entry.ts'
import { integer, text } from './column.ts'
import type { Database } from './database.ts'
import { parseLogEntryRow } from './log-entry-row.ts'

type OrderedReads = Pick<
  LogEntryStore,
  'placeOf' | 'last' | 'listAfter' | 'listBehind' | 'endOfLog' | 'placeBefore'
>

export function createLogEntryOrder(database: Database): OrderedReads {
  const last = prepareLast(database)
  const after = prepareAfter(database)
  const behind = database.many({ tenant_id: text, place: integer, limit: integer }, (build, asked) =>
    build
      .selectFrom('log_entries')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('sequence', '>', asked.place)
      .orderBy('sequence')
      .limit(asked.limit),
  )
  const placeOf = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('log_entries')
      .select('sequence')
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const firstSince = prepareFirstSince(database)

  return {
    placeOf: async (tenantId, id) => placeOf({ tenant_id: tenantId, id })?.sequence,
    async last(tenantId) {
      const row = last({ tenant_id: tenantId })
      return row && parseLogEntryRow(row)
    },
    // No id is the empty text, which no id comes before.
    listAfter: async (tenantId, id, limit) =>
      after({ tenant_id: tenantId, id: id ?? '', limit }).map(parseLogEntryRow),
    listBehind: async (tenantId, place, limit) =>
      behind({ tenant_id: tenantId, place, limit }).map((row) => ({
        place: row.sequence,
        entry: parseLogEntryRow(row),
      })),
    endOfLog: async (tenantId) => last({ tenant_id: tenantId })?.sequence ?? startOfLog,
    async placeBefore(tenantId, at) {
      const first = firstSince({ tenant_id: tenantId, at: at.getTime() })?.first
      return typeof first === 'number' ? first - 1 : (last({ tenant_id: tenantId })?.sequence ?? startOfLog)
    },
  }
}

function prepareLast(database: Database) {
  return database.one({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('log_entries')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .orderBy('sequence', 'desc')
      .limit(1),
  )
}

/** Entries that were dated one after the other are committed in about that order: the first is among so many. */
const entriesInDisorder = 10_000

function prepareFirstSince(database: Database) {
  return database.one({ tenant_id: text, at: integer }, (build, asked) =>
    build
      .selectFrom((select) =>
        select
          .selectFrom('log_entries')
          .select('sequence')
          .where('tenant_id', '=', asked.tenant_id)
          .where('at', '>=', asked.at)
          .orderBy('at')
          .limit(entriesInDisorder)
          .as('candidates'),
      )
      .select((select) => select.fn.min<number | null>('candidates.sequence').as('first')),
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
