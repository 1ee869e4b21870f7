/** What keeps the real program from starting at all, as the operator is told. */
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { programPath, startProgram } from './started-program.ts'

const other = createServer().listen({ host: '127.0.0.1', port: 0 })
await once(other, 'listening')
afterAll(() => other.close())
const { port: takenPort } = other.address() as AddressInfo

for (const [name, env, words] of [
  [
    'every fault of the settings at once',
    { TALLYSTICK_PORT: 'x', TALLYSTICK_STARTER: 'x' },
    /^TALLYSTICK_PORT .*\nTALLYSTICK_STARTER .*\n$/,
  ],
  [
    'a database server, which is not supported',
    { TALLYSTICK_DATABASE_URL: 'postgres://a:hunter22@b/c' },
    /^TALLYSTICK_DATABASE_URL [^\n]*\n$/,
  ],
  [
    'a data folder that cannot be made',
    { TALLYSTICK_DATA_DIR: '/proc/tallystick' },
    /^The data folder \/proc\/tallystick cannot be written[^\n]*\n$/,
  ],
  [
    'a port that is taken',
    { TALLYSTICK_PORT: String(takenPort), TALLYSTICK_DATA_DIR: '/proc/tallystick' },
    /^The port \d+ is in use[^\n]*TALLYSTICK_PORT[^\n]*\n$/,
  ],
  [
    'an address that is not of this host',
    { TALLYSTICK_HOST: '192.0.2.1', TALLYSTICK_DATA_DIR: '/proc/tallystick' },
    /^The server cannot listen there \(EADDRNOTAVAIL\)[^\n]*TALLYSTICK_HOST[^\n]*\n$/,
  ],
] as const) {
  test(`the server names ${name} in a line each and ends within three seconds`, async () => {
    const refused = startProgram(env)
    expect(await refused.exited).toBe(1)
    expect(refused.tookMs()).toBeLessThan(3000)
    expect(refused.errors()).toMatch(words)
    expect(refused.errors()).not.toContain('hunter22')
  })
}

test('an older Node is told in one line what is missing', async () => {
  const source = readFileSync(programPath, 'utf8')
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-older-'))
  mkdirSync(join(folder, 'bin'))
  const copy = join(folder, 'bin', 'program.mjs')
  // The same program in a process that says it is older.
  writeFileSync(
    copy,
    `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })\n${source.replace(/^#!.*\n/, '')}`,
  )
  chmodSync(copy, 0o755)
  const older = startProgram({}, copy)
  expect(await older.exited).toBe(1)
  rmSync(folder, { recursive: true })
  expect(older.errors()).toMatch(/^Tallystick needs Node 24 or newer; this is 20\.20\.2\.[^\n]*\n$/)
})
