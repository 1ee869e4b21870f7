import type { InstallationStore } from '../domain/installation.ts'
import type { Database } from './database.ts'
import { installationColumns } from './tables.ts'

export function createInstallationStore(database: Database): InstallationStore {
  const tableNamed = database.sqlite.prepare<[string]>(
    `select 1 from sqlite_master where type = 'table' and name = ?`,
  )
  const find = database.one({}, (build) => build.selectFrom('installation').selectAll())
  const insert = database.write(
    installationColumns,
    (build, row) => build.insertInto('installation').values(row),
    { noun: 'installation' },
  )

  return {
    async find() {
      // Asked before the migrations have run, too: an empty database has no tables.
      if (tableNamed.get('installation') === undefined) return undefined
      const row = find({})
      return row && { masterKeyFingerprint: row.master_key_fingerprint, createdAt: new Date(row.created_at) }
    },
    insert: (installation) =>
      insert({
        master_key_fingerprint: installation.masterKeyFingerprint,
        created_at: installation.createdAt.getTime(),
      }),
  }
}
