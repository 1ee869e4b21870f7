import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkDataDir } from './data-dir.ts'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tallystick-doctor-'))
})

afterEach(() => rm(dataDir, { recursive: true }))

test('a key that others may read fails, with the command that closes it', async () => {
  const key = join(dataDir, 'master.key')
  await writeFile(key, 'x')
  await chmod(key, 0o640)
  expect(await checkDataDir(dataDir)).toContainEqual({
    check: key,
    state: 'failed',
    found: 'mode 0640: others may read it',
    todo: `chmod 600 ${key}`,
  })
})

test('a folder that others may write to fails: they could put their own files in place', async () => {
  await chmod(dataDir, 0o777)
  expect(await checkDataDir(dataDir)).toMatchObject([{ check: dataDir, state: 'failed' }])
})

test('what a server makes is well, and what is not there is not asked for', async () => {
  await writeFile(join(dataDir, 'bootstrap.json'), '{}', { mode: 0o600 })
  const findings = await checkDataDir(dataDir)
  expect(findings.map(({ check, state }) => [check, state])).toEqual([
    [dataDir, 'ok'],
    [join(dataDir, 'bootstrap.json'), 'ok'],
  ])
})
