/**
 * A data folder whose tables are there already. Making them takes as long as many a test, and how they are made is the
 * subject of few: it is done once in each process, and every other folder begins with a copy.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStorage } from '../src/storage/storage.ts'

const fileName = 'tallystick.db'
let made: Promise<Buffer> | undefined

/** Makes the folder where there is none; a database that is there stays. */
export async function layEmptyDatabase(dataDir: string): Promise<void> {
  const path = join(dataDir, fileName)
  if (existsSync(path)) return
  made ??= makeOnce()
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(path, await made, { mode: 0o600 })
}

async function makeOnce(): Promise<Buffer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-empty-'))
  const storage = await openStorage({ dataDir, now: () => new Date() })
  await storage.migrate()
  await storage.close()
  const file = readFileSync(join(dataDir, fileName))
  rmSync(dataDir, { recursive: true })
  return file
}
