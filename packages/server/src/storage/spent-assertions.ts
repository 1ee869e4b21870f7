import { type SpentAssertionStore, spentAssertionNoun } from '../domain/spent-assertion.ts'
import { integer, text } from './column.ts'
import type { Database } from './database.ts'
import { spentAssertionColumns } from './tables.ts'

export function createSpentAssertionStore(database: Database): SpentAssertionStore {
  const find = database.one({ tenant_id: text, client_id: text, jti: text }, (build, asked) =>
    build
      .selectFrom('spent_assertions')
      .select('expires_at')
      .where('tenant_id', '=', asked.tenant_id)
      .where('client_id', '=', asked.client_id)
      .where('jti', '=', asked.jti),
  )
  const oldest = database.one({}, (build) =>
    build.selectFrom('spent_assertions').select('expires_at').orderBy('expires_at').limit(1),
  )
  // No remembered read finds what these two write.
  const insert = database.write(
    spentAssertionColumns,
    (build, row) => build.insertInto('spent_assertions').values(row),
    { noun: spentAssertionNoun, refersTo: 'tenant', isLog: true },
  )
  const removeBefore = database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build
        .deleteFrom('spent_assertions')
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('tenant_id', 'client_id', 'jti'),
            'in',
            selectFrom('spent_assertions')
              .select(['tenant_id', 'client_id', 'jti'])
              .where('expires_at', '<', asked.at)
              .orderBy('expires_at')
              .limit(asked.limit)
              .$asTuple('tenant_id', 'client_id', 'jti'),
          ),
        ),
    { noun: spentAssertionNoun, isLog: true },
  )

  return {
    isSpent: async (tenantId, clientId, jti) =>
      find({ tenant_id: tenantId, client_id: clientId, jti }) !== undefined,
    insert: ({ tenantId, clientId, jti, expiresAt }) =>
      insert({ tenant_id: tenantId, client_id: clientId, jti, expires_at: expiresAt.getTime() }),
    async oldestAt() {
      const row = oldest({})
      return row && new Date(row.expires_at)
    },
    removeBefore: (at, limit) => removeBefore({ at: at.getTime(), limit }),
  }
}
