import type { WebtaskToken, WebtaskTokenStore } from '../domain/webtask-token.ts'
import { bytes, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { readIdentifier } from './row.ts'
import { webtaskTokenColumns } from './tables.ts'

type WebtaskTokenRow = ValuesOf<typeof webtaskTokenColumns>

export function createWebtaskTokenStore(database: Database): WebtaskTokenStore {
  const findByHash = database.one({ hash: bytes }, (build, asked) =>
    build.selectFrom('webtask_tokens').selectAll().where('hash', '=', asked.hash),
  )
  const list = database.many({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('webtask_tokens')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .orderBy('created_at')
      .orderBy('id'),
  )
  const insert = database.write(
    webtaskTokenColumns,
    (build, row) => build.insertInto('webtask_tokens').values(row),
    { noun: 'webtask token', refersTo: 'tenant' },
  )
  const remove = database.write(
    { tenant_id: text, id: text },
    (build, asked) =>
      build.deleteFrom('webtask_tokens').where('tenant_id', '=', asked.tenant_id).where('id', '=', asked.id),
    { noun: 'webtask token' },
  )

  return {
    async findByHash(hash) {
      const row = findByHash({ hash })
      return row && parseRow(row)
    },
    list: async (tenantId) => list({ tenant_id: tenantId }).map(parseRow),
    insert: (token) =>
      insert({
        tenant_id: token.tenantId,
        id: token.id,
        hash: token.hash,
        created_at: token.createdAt.getTime(),
      }),
    remove: (tenantId, id) => remove({ tenant_id: tenantId, id }),
  }
}

function parseRow(row: WebtaskTokenRow): WebtaskToken {
  return {
    tenantId: readIdentifier(row.tenant_id, 'webtask_tokens.tenant_id'),
    id: row.id,
    hash: new Uint8Array(row.hash),
    createdAt: new Date(row.created_at),
  }
}
