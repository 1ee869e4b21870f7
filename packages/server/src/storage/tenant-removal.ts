/**
 * The rows of a removed tenant, in all tables that hold any: read from the tables themselves, so that none is ever
 * forgotten. A table comes before those that its rows refer to.
 */
import type { Database as SqliteDatabase } from 'better-sqlite3'
import type { TenantId, TenantStore } from '../domain/tenant.ts'
import { text } from './column.ts'
import type { Database } from './database.ts'
import { readIdentifier } from './row.ts'
import { describeWrite } from './write.ts'

export function createTenantRemoval(database: Database): Pick<TenantStore, 'listRemoved' | 'removeRows'> {
  const { sqlite } = database
  const removed = database.many({}, (build) =>
    build.selectFrom('tenants').select('id').where('removed_at', 'is not', null).orderBy('removed_at'),
  )
  const removeLast = database.step(
    { id: text },
    (build, { id }) => build.deleteFrom('tenants').where('id', '=', id).where('removed_at', 'is not', null),
    { noun: 'tenant' },
  )

  return {
    listRemoved: async () => removed({}).map(({ id }) => readIdentifier<TenantId>(id, 'tenants.id')),
    removeRows: (id, limit) => {
      const last = removeLast({ id })
      const run = () => {
        if (!removed({}).some((tenant) => tenant.id === id)) return 0
        const changes = removeSome(sqlite, id, limit)
        return changes > 0 ? changes : last.run()
      }
      return describeWrite(sqlite, [{ noun: 'tenant', run }])
    },
  }
}

function removeSome(sqlite: SqliteDatabase, tenantId: TenantId, limit: number): number {
  let left = limit
  for (const table of tablesOfTenants(sqlite)) {
    if (left === 0) break
    const statement = sqlite.prepare(
      `delete from "${table}" where rowid in (select rowid from "${table}" where tenant_id = ? limit ?)`,
    )
    left -= statement.run(tenantId, left).changes
  }
  return limit - left
}

function tablesOfTenants(sqlite: SqliteDatabase): string[] {
  const referring = new Map<string, string[]>()
  for (const table of namesFrom(sqlite, tablesWithTenant)) {
    const targets = namesFrom(sqlite, `select distinct "table" from pragma_foreign_key_list(?)`, table)
    referring.set(
      table,
      targets.filter((target) => target !== table),
    )
  }
  const ordered: string[] = []
  const visit = (table: string) => {
    if (ordered.includes(table)) return
    for (const [other, targets] of referring) if (targets.includes(table)) visit(other)
    ordered.push(table)
  }
  for (const table of referring.keys()) visit(table)
  return ordered
}

const tablesWithTenant = `select name from sqlite_master where type = 'table'
  and exists (select 1 from pragma_table_info(sqlite_master.name) as info where info.name = 'tenant_id') order by name`

function namesFrom(sqlite: SqliteDatabase, query: string, ...bound: string[]): string[] {
  return sqlite
    .prepare(query)
    .pluck()
    .all(...bound)
    .map(String)
}
