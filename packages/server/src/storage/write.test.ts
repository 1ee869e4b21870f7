import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Write } from '../domain/write.ts'
import { type Database, openDatabase } from './database.ts'
import { createHealthCheck } from './health.ts'
import { createReadMemory } from './read-memory.ts'
import { createTransactions, describeWrite, type Transactions } from './write.ts'

let dataDir: string
let database: Database
let transactions: Transactions

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tallystick-write-'))
  database = openDatabase(join(dataDir, 'tallystick.db'))
  database.sqlite.exec('create table notes (id integer primary key, body text not null) strict')
  transactions = createTransactions(database.sqlite, createReadMemory(), database.changes)
})
afterEach(() => {
  database.sqlite.close()
  rmSync(dataDir, { recursive: true })
})

function note(id: number, length = 1): Write {
  const statement = database.sqlite.prepare('insert into notes values (?, ?)')
  return describeWrite(database.sqlite, [
    { run: () => statement.run(id, 'x'.repeat(length)).changes, noun: 'note' },
  ])
}
const ids = () => database.sqlite.prepare('select id from notes order by id').pluck().all()

/** No further page may be added: what SQLite says then is what it says when the disk is full. */
function fillDisk(): void {
  const pages = Number(database.sqlite.pragma('page_count', { simple: true }))
  database.sqlite.pragma(`max_page_count = ${pages}`)
}

test('on a full disk a transaction fails as a whole and leaves no trace', () => {
  transactions.commit([note(1)])
  fillDisk()
  expect(() => transactions.commitGroups([[note(2)], [note(3), note(4, 100_000)], [note(5)]])).toThrow('full')
  expect(() => transactions.commit([note(6), note(7, 100_000)])).toThrow('full')
  expect(ids()).toEqual([1])
  expect(database.sqlite.inTransaction).toBe(false)
})

test('when there is room again the next commit succeeds', () => {
  fillDisk()
  expect(() => transactions.commit([note(1, 100_000)])).toThrow('full')
  database.sqlite.pragma('max_page_count = 1000000')
  transactions.commit([note(1, 100_000)])
  expect(ids()).toEqual([1])
})

test('a transaction that cannot begin throws and changes nothing', () => {
  database.sqlite.close()
  expect(() => transactions.commit([note(1)])).toThrow()
  expect(() => transactions.commitGroups([[]])).not.toThrow()
})

test('a commit is synced to the disk before it returns', () => {
  expect(database.sqlite.pragma('synchronous', { simple: true })).toBe(2)
  expect(database.sqlite.pragma('journal_mode', { simple: true })).toBe('wal')
})

test('a storage that cannot write says why, and is asked once a second at most', async () => {
  let seconds = 0
  const health = createHealthCheck(database.sqlite, () => new Date(seconds * 1000))
  database.sqlite.pragma('query_only = ON')
  const refused = await health()
  expect(refused).toEqual({ ready: false, cause: 'attempt to write a readonly database' })
  database.sqlite.pragma('query_only = OFF')
  expect(await health()).toEqual(refused)
  seconds = 1
  expect(await health()).toEqual({ ready: true })
})
