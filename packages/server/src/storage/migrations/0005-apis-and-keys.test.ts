import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTables } from './0001-tables.ts'
import { widenApisAndKeys } from './0005-apis-and-keys.ts'

let sqlite: Sqlite.Database
beforeEach(async () => {
  sqlite = new Sqlite(':memory:')
  const database = new Kysely<unknown>({ dialect: new SqliteDialect({ database: sqlite }) })
  await createTables(database)
  sqlite.exec(`insert into tenants values ('ten', 'demo', null, null, 'rfc', '[]', 1)`)
  const addApi = sqlite.prepare(
    `insert into resource_servers values ('ten', ?, ?, 'n', '[]', 60, 'RS256', 'access_token', 'any', 0, ?, 1, 1)`,
  )
  addApi.run('enforces', 'urn:1', '{"enforce_policies":true,"client":{"a":1}}')
  addApi.run('says', 'urn:2', '{"enforce_policies":"often"}')
  addApi.run('silent', 'urn:3', '{}')
  const addKey = sqlite.prepare(`insert into signing_keys values ('ten', ?, 'RS256', ?, '{}', 'e', 7)`)
  addKey.run('now', 'current')
  addKey.run('then', 'next')
  await widenApisAndKeys(database)
})
afterEach(() => sqlite.close())

test('what was kept of policies means something from now on, where it is yes or no', () => {
  const apis = sqlite
    .prepare('select id, enforce_policies, client_policy, kept_members from resource_servers order by id')
    .all()
  expect(apis).toEqual([
    {
      id: 'enforces',
      enforce_policies: 1,
      client_policy: 'require_client_grant',
      kept_members: '{"client":{"a":1}}',
    },
    { id: 'says', enforce_policies: null, client_policy: 'require_client_grant', kept_members: '{}' },
    { id: 'silent', enforce_policies: null, client_policy: 'require_client_grant', kept_members: '{}' },
  ])
})

test('a key that signs has signed since it was made, and has no certificate', () => {
  const keys = sqlite.prepare('select id, current_since, certificate from signing_keys order by id').all()
  expect(keys).toEqual([
    { id: 'now', current_since: 7, certificate: null },
    { id: 'then', current_since: null, certificate: null },
  ])
})
