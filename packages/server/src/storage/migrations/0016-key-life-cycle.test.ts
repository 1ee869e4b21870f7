import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { expect, test } from 'vitest'
import { createTables } from './0001-tables.ts'
import { widenApisAndKeys } from './0005-apis-and-keys.ts'
import { noteLivesOfKeys } from './0016-key-life-cycle.ts'

test('keys of before are shown for as long as any token of theirs may live, and the next ones before they sign', async () => {
  const sqlite = new Sqlite(':memory:')
  const database = new Kysely<unknown>({ dialect: new SqliteDialect({ database: sqlite }) })
  await createTables(database)
  sqlite.exec(`insert into tenants values ('ten', 'demo', null, null, 'rfc', '[]', 1)`)
  const addKey = sqlite.prepare(`insert into signing_keys values ('ten', ?, 'RS256', ?, '{}', 'e', 7)`)
  for (const state of ['current', 'next', 'previous', 'revoked']) addKey.run(state, state)
  await widenApisAndKeys(database)
  await noteLivesOfKeys(database)
  const keys = sqlite
    .prepare('select id, may_sign_from, longest_token_seconds from signing_keys order by id')
    .raw()
    .all()
  expect(keys).toEqual([
    ['current', 7, 2_592_000],
    ['next', 310_007, 0],
    ['previous', 7, 2_592_000],
    ['revoked', 7, 0],
  ])
  sqlite.close()
})
