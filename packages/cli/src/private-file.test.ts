import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linkedFile, removePrivateFile, writePrivateFile } from './private-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallystick-private-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('a device is not replaced by a file', async () => {
  await expect(writePrivateFile('/dev/null', 'secret')).rejects.toMatchObject({ ending: 'usage' })
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
})

test('the name of standard output is refused before it becomes a file', async () => {
  await expect(writePrivateFile('-', 'secret')).rejects.toMatchObject({ ending: 'usage' })
})

test('a link, also one that leads nowhere, and a folder stay what they are', async () => {
  const link = join(folder, 'link')
  await symlink(join(folder, 'nowhere'), link)
  await expect(writePrivateFile(link, 'secret')).rejects.toMatchObject({ ending: 'usage' })
  expect(await readlink(link)).toBe(join(folder, 'nowhere'))
  await mkdir(join(folder, 'folder'))
  await expect(writePrivateFile(join(folder, 'folder'), 'secret')).rejects.toMatchObject({ ending: 'usage' })
  expect((await readdir(folder)).sort()).toEqual(['folder', 'link'])
})

test('a file is replaced at once, and only its owner may read the new one', async () => {
  const path = join(folder, 'made', 'secret')
  await writePrivateFile(path, 'one')
  await writeFile(path, 'another', { mode: 0o644 })
  await writePrivateFile(path, 'two')
  expect(await readFile(path, 'utf8')).toBe('two')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'made'))).toEqual(['secret'])
})

test('the file behind a link is the one to write to', async () => {
  const target = join(folder, 'target')
  await writeFile(target, '')
  await symlink(target, join(folder, 'to-target'))
  expect(await linkedFile(join(folder, 'to-target'))).toBe(await linkedFile(target))
  expect(await linkedFile(join(folder, 'nothing'))).toBe(join(folder, 'nothing'))
})

test('removing a file says whether there was one', async () => {
  await writeFile(join(folder, 'gone'), '')
  expect(await removePrivateFile(join(folder, 'gone'))).toBe(true)
  expect(await removePrivateFile(join(folder, 'gone'))).toBe(false)
})
