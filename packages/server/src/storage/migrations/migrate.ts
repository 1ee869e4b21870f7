/**
 * Brings the tables to this release's shape, forward only, in one transaction: a server that is killed
 * while it migrates finds the old shape again and starts over.
 */
import type { Database as SqliteDatabase } from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { createTables } from './0001-tables.ts'
import { openThreeDoors } from './0002-three-doors.ts'
import { keepIdempotentAnswers } from './0003-idempotent-answers.ts'
import { addClientCredentials } from './0004-client-credentials.ts'
import { widenApisAndKeys } from './0005-apis-and-keys.ts'
import { removeTenants } from './0006-tenants.ts'
import { widenLog } from './0007-logs.ts'
import { addProofs } from './0008-proofs.ts'
import { addClientSecretLife } from './0009-client-secrets.ts'
import { addClientCertificates } from './0011-client-certificates.ts'
import { generalizeSpentAssertions } from './0012-dpop.ts'
import { trustIssuers } from './0013-trusted-issuers.ts'
import { encryptTokens } from './0014-token-encryption.ts'
import { keepIssuedTokens } from './0015-issued-tokens.ts'
import { noteLivesOfKeys } from './0016-key-life-cycle.ts'
import { findEndings } from './0017-endings.ts'
import { endTokensDatedAhead } from './0018-revocations-by-place.ts'

/** By name, in the order of their names. A migration that has been released never changes. */
const migrations: Record<string, Migration> = {
  '0001-tables': { up: createTables },
  '0002-three-doors': { up: openThreeDoors },
  '0003-idempotent-answers': { up: keepIdempotentAnswers },
  '0004-client-credentials': { up: addClientCredentials },
  '0005-apis-and-keys': { up: widenApisAndKeys },
  '0006-tenants': { up: removeTenants },
  '0007-logs': { up: widenLog },
  '0008-proofs': { up: addProofs },
  '0009-client-secrets': { up: addClientSecretLife },
  '0011-client-certificates': { up: addClientCertificates },
  '0012-dpop': { up: generalizeSpentAssertions },
  '0013-trusted-issuers': { up: trustIssuers },
  '0014-token-encryption': { up: encryptTokens },
  '0015-issued-tokens': { up: keepIssuedTokens },
  '0016-key-life-cycle': { up: noteLivesOfKeys },
  '0017-endings': { up: findEndings },
  '0018-revocations-by-place': { up: endTokensDatedAhead },
}

/** The tables were made by a later release, whose migrations this one does not have. */
export class NewerTablesError extends Error {
  override readonly name = 'NewerTablesError'
}

export async function migrateToLatest(sqlite: SqliteDatabase): Promise<void> {
  const database = new Kysely<unknown>({ dialect: new SqliteDialect({ database: sqlite }) })
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } })
  await refuseNewerTables(migrator, sqlite)
  // Kysely does not put SQLite migrations into a transaction; nothing else uses the connection yet, so this may.
  sqlite.exec('begin immediate')
  try {
    const { error } = await migrator.migrateToLatest()
    if (error !== undefined) throw error
    sqlite.exec('commit')
  } finally {
    if (sqlite.inTransaction) sqlite.exec('rollback')
  }
}

async function refuseNewerTables(migrator: Migrator, sqlite: SqliteDatabase): Promise<void> {
  const hasRun = sqlite.prepare(`select name from sqlite_master where name = 'kysely_migration'`).get()
  if (hasRun === undefined) return
  const known = new Set((await migrator.getMigrations()).map((migration) => migration.name))
  const newer = sqlite.prepare('select name from kysely_migration').pluck().all().map(String)
  const unknown = newer.filter((name) => !known.has(name))
  if (unknown.length === 0) return
  throw new NewerTablesError(`its tables were changed by a later release (${unknown.join(', ')})`)
}
