import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeDurably } from './durable-file.ts'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-durable-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('where only a part has room, there is an error, and the file is as it was', () => {
  const path = join(newFolder(), 'file')
  writeFileSync(path, 'as it was')
  const module = new URL('./durable-file.ts', import.meta.url).href
  const script = `import { writeDurably } from ${JSON.stringify(module)}
    writeDurably(${JSON.stringify(path)}, 'x'.repeat(100_000), 0o600)`
  // No file may be longer than some kilobytes, and whoever goes on behind that is told so, and not ended.
  const limited = 'trap "" XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"'
  const { status, stderr } = spawnSync('sh', ['-c', limited, process.execPath, script], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  })
  expect(stderr).toContain('EFBIG')
  expect(status).toBe(1)
  expect(readFileSync(path, 'utf8')).toBe('as it was')
})

test('what lies in its way, a link among it, is replaced and not followed; nothing is left beside it', () => {
  const folder = newFolder()
  const elsewhere = join(newFolder(), 'elsewhere')
  writeFileSync(elsewhere, 'as it was')
  const path = join(folder, 'file')
  symlinkSync(elsewhere, path)
  symlinkSync(elsewhere, `${path}.new`)
  writeDurably(path, 'text', 0o600)
  expect(readFileSync(path, 'utf8')).toBe('text')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(elsewhere, 'utf8')).toBe('as it was')
  expect(readdirSync(folder)).toEqual(['file'])
})
