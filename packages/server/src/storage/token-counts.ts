import { sql } from 'kysely'
import type { ExchangeLogEntry } from '../domain/log-entry.ts'
import type { TenantId } from '../domain/tenant.ts'
import { dayOf, type TokenCountFilter, type TokenCountStore } from '../domain/token-count.ts'
import { integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { tokenCountColumns } from './log-tables.ts'
import { readIdentifier } from './row.ts'
import type { Step } from './write.ts'

const { day, client_id, audience } = tokenCountColumns
const filterColumns = { tenant_id: text, from_day: text, to_day: text, client_id, audience }

export function createTokenCountStore(database: Database): TokenCountStore {
  // Empty: of any. No client has an empty id, and no API an empty identifier.
  const list = database.many({ ...filterColumns, limit: integer }, (build, asked) =>
    build
      .selectFrom('token_counts')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('day', '>=', asked.from_day)
      .where('day', '<=', asked.to_day)
      .where(sql<boolean>`${asked.client_id} in ('', client_id)`)
      .where(sql<boolean>`${asked.audience} in ('', audience)`)
      .orderBy('day')
      .orderBy('client_id')
      .orderBy('audience')
      .limit(asked.limit),
  )
  const daily = database.many({ tenant_id: text, from_day: text, to_day: text }, (build, asked) =>
    build
      .selectFrom('token_counts')
      .select((select) => [
        'day',
        select.fn.sum<number>('issued').as('issued'),
        select.fn.max('updated_at').as('updated_at'),
      ])
      .where('tenant_id', '=', asked.tenant_id)
      .where('day', '>=', asked.from_day)
      .where('day', '<=', asked.to_day)
      .where('issued', '>', 0)
      .groupBy('day')
      .orderBy('day'),
  )
  const activeClients = database.one({ tenant_id: text, day }, (build, asked) =>
    build
      .selectFrom('token_counts')
      .select((select) => select.fn.count<number>('client_id').distinct().as('clients'))
      .where('tenant_id', '=', asked.tenant_id)
      .where('day', '>=', asked.day)
      .where('issued', '>', 0),
  )

  return {
    list: async (tenantId, filter, limit) =>
      list({ ...valuesOf(tenantId, filter), limit }).map((row) => ({
        day: row.day,
        clientId: row.client_id === '' ? '' : readIdentifier(row.client_id, 'token_counts.client_id'),
        audience: row.audience,
        issued: row.issued,
        refused: row.refused,
      })),
    daily: async (tenantId, { fromDay, toDay }) =>
      daily({ tenant_id: tenantId, from_day: fromDay, to_day: toDay }).map((row) => ({
        day: row.day,
        issued: row.issued,
        updatedAt: new Date(row.updated_at),
      })),
    activeClients: async (tenantId, sinceDay) =>
      activeClients({ tenant_id: tenantId, day: sinceDay })?.clients ?? 0,
    ...createRemoval(database),
  }
}

function createRemoval(database: Database): Pick<TokenCountStore, 'oldestAt' | 'removeBefore'> {
  const oldest = database.one({}, (build) =>
    build.selectFrom('token_counts').select('day').orderBy('day').limit(1),
  )
  const removeBefore = database.write(
    { day, limit: integer },
    (build, asked) =>
      build
        .deleteFrom('token_counts')
        .where(
          sql<boolean>`rowid in (select rowid from token_counts where day < ${asked.day} order by day limit ${asked.limit})`,
        ),
    { noun: 'token count', isLog: true },
  )
  return {
    async oldestAt() {
      const row = oldest({})
      return row && new Date(row.day)
    },
    removeBefore: (at, limit) => removeBefore({ day: dayOf(at), limit }),
  }
}

function valuesOf(tenantId: TenantId, filter: TokenCountFilter): ValuesOf<typeof filterColumns> {
  return {
    tenant_id: tenantId,
    from_day: filter.fromDay,
    to_day: filter.toDay,
    client_id: filter.clientId ?? '',
    audience: filter.audience ?? '',
  }
}

/** The step that counts an exchange. */
export function prepareTokenCount(database: Database): (entry: ExchangeLogEntry) => Step {
  const count = database.step(
    tokenCountColumns,
    (build, row) =>
      build
        .insertInto('token_counts')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'day', 'client_id', 'audience']).doUpdateSet({
            issued: sql<number>`token_counts.issued + excluded.issued`,
            refused: sql<number>`token_counts.refused + excluded.refused`,
            updated_at: sql<number>`max(token_counts.updated_at, excluded.updated_at)`,
          }),
        ),
    { noun: 'token count', refersTo: 'tenant', isLog: true },
  )
  return (entry) => {
    const isIssued = entry.type === 'seccft'
    return count({
      tenant_id: entry.tenantId,
      day: dayOf(entry.at),
      // Only a proven client has its name in the entry: a made-up id would be counted for ever.
      client_id: entry.clientName === undefined ? '' : (entry.clientId ?? ''),
      audience: isIssued ? (entry.audience ?? '') : '',
      issued: isIssued ? 1 : 0,
      refused: isIssued ? 0 : 1,
      updated_at: entry.at.getTime(),
    })
  }
}
