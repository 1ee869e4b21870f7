import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { sampleChange, sampleExchange } from '../../../test/storage-conformance/log-samples.ts'
import { acme, globex } from '../../../test/storage-conformance/samples.ts'
import { openStorage } from '../storage.ts'
import { widenLog } from './0007-logs.ts'

test('tokens of the log as it was are counted as they are counted now', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-migration-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  const storage = await openStorage({ dataDir, now: () => new Date() })
  await storage.migrate()
  const entries = [
    sampleExchange(1),
    sampleExchange(2),
    sampleExchange(90_000, { audience: 'urn:other' }),
    sampleExchange(3, { type: 'feccft', audience: undefined, clientName: undefined }),
    sampleExchange(4, { type: 'feccft', clientName: undefined, clientId: undefined }),
    sampleExchange(5, { tenantId: globex.id }),
    sampleChange(6),
  ]
  await storage.commit([
    storage.tenants.insert(acme),
    storage.tenants.insert(globex),
    ...entries.map(storage.logEntries.insert),
  ])
  await storage.close()

  const sqlite = new Sqlite(join(dataDir, 'tallystick.db'))
  const counts = () =>
    sqlite.prepare('select * from token_counts order by tenant_id, day, client_id, audience').all()
  const counted = counts()
  expect(counted).toHaveLength(4)
  // The tables as they were before.
  sqlite.exec(`
    drop table token_counts; drop table log_stream_progress; drop table log_streams; drop index log_entries_by_date;
  `)
  await widenLog(new Kysely({ dialect: new SqliteDialect({ database: sqlite }) }))
  expect(counts()).toEqual(counted)
  sqlite.close()
})
