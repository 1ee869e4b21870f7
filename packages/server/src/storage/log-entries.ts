import type { LogEntryStore } from '../domain/log-entry.ts'
import { integer, text } from './column.ts'
import type { Database } from './database.ts'
import { createLogEntryLists } from './log-entry-lists.ts'
import { createLogEntryOrder } from './log-entry-order.ts'
import { parseLogEntryRow, toLogEntryRow } from './log-entry-row.ts'
import { logEntryColumns } from './log-tables.ts'
import { prepareTokenCount } from './token-counts.ts'
import { describeWrite } from './write.ts'

export function createLogEntryStore(database: Database): LogEntryStore {
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('log_entries')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const oldest = database.one({}, (build) =>
    build.selectFrom('log_entries').select('at').orderBy('at').limit(1),
  )
  const insert = database.step(logEntryColumns, (build, row) => build.insertInto('log_entries').values(row), {
    noun: 'log entry',
    refersTo: 'tenant',
    isLog: true,
  })
  const count = prepareTokenCount(database)
  const removeBefore = database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build
        .deleteFrom('log_entries')
        .where('sequence', 'in', (select) =>
          select
            .selectFrom('log_entries')
            .select('sequence')
            .where('at', '<', asked.at)
            .orderBy('at')
            .limit(asked.limit),
        ),
    { noun: 'log entry', isLog: true },
  )

  return {
    async find(tenantId, id) {
      const row = find({ tenant_id: tenantId, id })
      return row && parseLogEntryRow(row)
    },
    async oldestAt() {
      const row = oldest({})
      return row && new Date(row.at)
    },
    insert(entry) {
      const isExchange = entry.type === 'seccft' || entry.type === 'feccft'
      const counted = isExchange ? [count(entry)] : []
      return describeWrite(database.sqlite, [insert(toLogEntryRow(entry)), ...counted])
    },
    removeBefore: (at, limit) => removeBefore({ at: at.getTime(), limit }),
    ...createLogEntryLists(database),
    ...createLogEntryOrder(database),
  }
}
