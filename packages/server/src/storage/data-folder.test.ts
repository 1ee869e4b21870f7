import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startWatch } from '../../test/own-time.ts'
import { logId } from '../../test/storage-conformance/log-samples.ts'
import { acme } from '../../test/storage-conformance/samples.ts'
import type { LogEntryId } from '../domain/log-entry.ts'
import { StorageUnavailableError } from './data-folder.ts'
import { openStorage } from './storage.ts'

const writingProcess = fileURLToPath(
  new URL('../../test/storage-conformance/writing-process.ts', import.meta.url),
)
const now = () => new Date()

let folder: string
let children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-folder-'))
  children = []
})
afterEach(async () => {
  for (const child of children) await kill(child)
  rmSync(folder, { recursive: true })
})

/** The child and a promise of what it acknowledged until it ended. */
async function startWriting(dataDir: string, first: number) {
  const child = spawn(process.execPath, [writingProcess, dataDir, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const acknowledged = once(child, 'close').then(() =>
    output.slice(0, output.lastIndexOf('\n')).split('\n').slice(1).map(Number),
  )
  await Promise.race([once(child.stdout, 'data'), acknowledged])
  return { child, acknowledged }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'close')
}

const unusable: [string, (dataDir: string) => void][] = [
  ['lies below a file', (dataDir) => writeFileSync(join(dataDir, '..'), '')],
  [
    'is a file',
    (dataDir) => {
      mkdirSync(join(dataDir, '..'))
      writeFileSync(dataDir, '')
    },
  ],
  [
    'holds a folder in the place of the lock',
    (dataDir) => mkdirSync(join(dataDir, 'lock.db'), { recursive: true }),
  ],
  [
    'holds a folder in the place of the database',
    (dataDir) => mkdirSync(join(dataDir, 'tallystick.db'), { recursive: true }),
  ],
]

for (const [what, prepare] of unusable) {
  test(`a data folder that ${what} is refused in one line that names it`, async () => {
    const dataDir = join(folder, 'parent', 'data')
    prepare(dataDir)
    const error = await openStorage({ dataDir, now }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(StorageUnavailableError)
    expect(String(error)).toContain(dataDir)
    expect(String(error)).not.toContain('\n')
  })
}

test('a database file that is none is refused and not overwritten', async () => {
  const path = join(folder, 'tallystick.db')
  writeFileSync(path, 'this is a letter to my aunt'.repeat(100))
  await expect(openStorage({ dataDir: folder, now })).rejects.toThrow(/cannot be used: .* Restore it/)
  expect(statSync(path).size).toBe(2700)
})

test('tables of a later release are refused and left alone', async () => {
  const first = await openStorage({ dataDir: folder, now })
  await first.migrate()
  await first.close()
  const database = new Sqlite(join(folder, 'tallystick.db'))
  database.prepare('insert into kysely_migration values (?, ?)').run('9999-later', '2040')
  database.close()
  const older = await openStorage({ dataDir: folder, now })
  await expect(older.migrate()).rejects.toThrow(/9999-later.*Start that release/)
  await older.close()
})

test('a second server on the same folder is refused at once, and let in when the first one closes', async () => {
  const first = await openStorage({ dataDir: folder, now })
  const sinceAsked = startWatch()
  await expect(openStorage({ dataDir: folder, now })).rejects.toThrow(/Another server uses the data folder/)
  // SQLite itself would wait for five seconds.
  expect(sinceAsked()).toBeLessThan(3000)
  await expect(openStorage({ dataDir: folder, now })).rejects.toThrow(StorageUnavailableError)
  await first.close()
  const second = await openStorage({ dataDir: folder, now })
  await second.close()
})

test('a second process is refused while the first one lives, and let in when it was killed', async () => {
  const setup = await openStorage({ dataDir: folder, now })
  await setup.migrate()
  await setup.commit([setup.tenants.insert(acme)])
  await setup.close()
  const { child } = await startWriting(folder, 1)
  await expect(openStorage({ dataDir: folder, now })).rejects.toThrow(/Another server uses the data folder/)
  await kill(child)
  const second = await openStorage({ dataDir: folder, now })
  await second.close()
})

test('the folder and everything in it is for its owner alone', async () => {
  const dataDir = join(folder, 'new')
  const storage = await openStorage({ dataDir, now })
  await storage.migrate()
  await storage.commit([storage.tenants.insert(acme)])
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(dataDir)) {
    expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600])
  }
  await storage.close()
})

test('what was acknowledged is there after a kill, five times over', async () => {
  const setup = await openStorage({ dataDir: folder, now })
  await setup.migrate()
  await setup.commit([setup.tenants.insert(acme)])
  await setup.close()
  const all: number[] = []
  for (let round = 0; round < 5; round++) {
    const { child, acknowledged } = await startWriting(folder, round * 1_000_000)
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 250))
    await kill(child)
    all.push(...(await acknowledged))
    expect(await missing(all.map(logId))).toEqual([])
  }
  expect(all.length).toBeGreaterThan(5)
})

async function missing(ids: LogEntryId[]): Promise<LogEntryId[]> {
  const storage = await openStorage({ dataDir: folder, now })
  const absent: LogEntryId[] = []
  for (const id of ids) if ((await storage.logEntries.find(acme.id, id)) === undefined) absent.push(id)
  await storage.close()
  const database = new Sqlite(join(folder, 'tallystick.db'), { readonly: true })
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  expect(database.pragma('foreign_key_check')).toEqual([])
  database.close()
  return absent
}
