import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { acme } from '../../../test/storage-conformance/samples.ts'
import { openStorage } from '../storage.ts'
import { generalizeSpentAssertions } from './0012-dpop.ts'

test('an assertion that was spent before the tables changed stays spent', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-migration-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  const open = () => openStorage({ dataDir, now: () => new Date() })
  const before = await open()
  await before.migrate()
  await before.commit([before.tenants.insert(acme)])
  await before.close()

  const sqlite = new Sqlite(join(dataDir, 'tallystick.db'))
  // The tables as they were before.
  sqlite.exec(`
    drop table spent_proofs;
    create table spent_assertions (
      tenant_id text not null references tenants (id),
      client_id text not null,
      jti text not null,
      expires_at integer not null,
      primary key (tenant_id, client_id, jti)
    ) strict;
    insert into spent_assertions values ('${acme.id}', 'client_1', 'used', 1000);
  `)
  await generalizeSpentAssertions(new Kysely({ dialect: new SqliteDialect({ database: sqlite }) }))
  sqlite.close()

  const after = await open()
  const proof = { tenantId: acme.id, kind: 'client_assertion', holder: 'client_1' } as const
  expect(await after.spentProofs.isSpent({ ...proof, jti: 'used' })).toBe(true)
  expect(await after.spentProofs.isSpent({ ...proof, jti: 'unused' })).toBe(false)
  expect(await after.spentProofs.oldestAt()).toEqual(new Date(1000))
  await after.close()
})
