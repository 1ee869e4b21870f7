import type { ExchangeRecordStore } from '../domain/exchange-record.ts'
import { integer, text } from './column.ts'
import type { Database } from './database.ts'
import { exchangeRecordColumns } from './log-tables.ts'
import { readIdentifier } from './row.ts'

export function createExchangeRecordStore(database: Database): ExchangeRecordStore {
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('exchange_records')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const oldest = database.one({}, (build) =>
    build.selectFrom('exchange_records').select('at').orderBy('at').limit(1),
  )
  const insert = database.write(
    exchangeRecordColumns,
    (build, row) => build.insertInto('exchange_records').values(row),
    { noun: 'exchange record', refersTo: 'tenant', isLog: true },
  )
  const removeBefore = database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build
        .deleteFrom('exchange_records')
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('tenant_id', 'id'),
            'in',
            selectFrom('exchange_records')
              .select(['tenant_id', 'id'])
              .where('at', '<', asked.at)
              .orderBy('at')
              .limit(asked.limit)
              .$asTuple('tenant_id', 'id'),
          ),
        ),
    { noun: 'exchange record', isLog: true },
  )

  return {
    async find(tenantId, id) {
      const row = find({ tenant_id: tenantId, id })
      if (row === undefined) return undefined
      return {
        tenantId: readIdentifier(row.tenant_id, 'exchange_records.tenant_id'),
        id: readIdentifier(row.id, 'exchange_records.id'),
        at: new Date(row.at),
        content: readIdentifier(row.content, 'exchange_records.content'),
      }
    },
    async oldestAt() {
      const row = oldest({})
      return row && new Date(row.at)
    },
    insert: (record) =>
      insert({
        tenant_id: record.tenantId,
        id: record.id,
        at: record.at.getTime(),
        content: record.content,
      }),
    removeBefore: (at, limit) => removeBefore({ at: at.getTime(), limit }),
  }
}
