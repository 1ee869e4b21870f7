/** What is kept of the bundler's work is used as long as nothing that it was made of has changed. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keptOrMade } from './kept-scripts.ts'

let folder: string
let path: string
let input: string
let times: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-kept-'))
  path = join(folder, 'made', 'scripts.json')
  input = join(folder, 'input.js')
  writeFileSync(input, 'one')
  times = 0
})
afterEach(() => rmSync(folder, { recursive: true }))

async function take() {
  return keptOrMade(path, async () => {
    times++
    const scripts = { runner: `runner ${times}`, snapshotScripts: ['s'], bundles: { path: 'p' }, parser: 'x' }
    return { scripts, inputs: [input] }
  })
}

test('it is made once, and then taken as it was', async () => {
  const first = await take()
  expect(await take()).toEqual(first)
  expect([times, readdirSync(join(folder, 'made'))]).toEqual([1, ['scripts.json']])
})

test('it is made again when a file that it was made of is changed or gone', async () => {
  await take()
  writeFileSync(input, 'two')
  expect((await take()).runner).toBe('runner 2')
  expect((await take()).runner).toBe('runner 2')
  rmSync(input)
  expect((await take()).runner).toBe('runner 3')
})

test('what is kept and cannot be understood is made again', async () => {
  for (const text of ['', 'null', '[]', '{"inputs":[],"digest":"","scripts":{}}']) {
    await take()
    writeFileSync(path, text)
    const before = times
    expect((await take()).runner).toBe(`runner ${before + 1}`)
  }
})

test('where nothing can be kept it is made each time', async () => {
  writeFileSync(join(folder, 'made'), 'a file where the folder should be')
  await take()
  expect((await take()).runner).toBe('runner 2')
})
