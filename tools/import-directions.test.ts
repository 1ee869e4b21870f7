/** Proves that the linter holds the plan of the house: an import that looks upward, sideways or round is an error. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const restricted = 'lint/style/noRestrictedImports'

/** Each is planted in a tree of its own under the project's configuration, where nothing else can fail. */
const planted: [room: string, target: string][] = [
  ['domain', '../keys/secret/encryption.ts'],
  ['keys', '../storage/storage.ts'],
  ['keys/signing-key', '../../storage/storage.ts'],
  ['keys/signing-key', '../../config.ts'],
  ['logs', '../keys/secret/encryption.ts'],
  ['storage', '../logs/tail.ts'],
  ['sandbox', '../domain/rule.ts'],
  ['build', '../sandbox/pool.ts'],
  ['rules', '../build/builder.ts'],
  ['rules', '../token/access-token.ts'],
  ['rules', '../storage/storage.ts'],
  ['token', '../storage/storage.ts'],
  ['token', '../http/app.ts'],
  ['token', '../server.ts'],
  ['token/client-authentication', '../../server.ts'],
  ['token/client-authentication', '../../http/app.ts'],
  ['http', '../storage/storage.ts'],
  ['http', '../sandbox/pool.ts'],
  ['http', '../config.ts'],
  ['http/management', '../../storage/storage.ts'],
  ['http/management/clients', '../../../storage/storage.ts'],
  ['http/management/clients', '../../../config.ts'],
  ['http/webtask', '../../sandbox/pool.ts'],
  ['rules', 'jose'],
  ['http', '@peculiar/x509'],
  ['http', 'better-sqlite3'],
  ['token', 'fastify'],
  ['rules', 'isolated-vm'],
  ['sandbox', '../../test/sandbox/start-test-sandbox.ts'],
  ['http/webtask', '../../../test/webtask-door.ts'],
]

const tree = mkdtempSync(join(tmpdir(), 'tallystick-lint-'))
let findings: string[]

function plant(path: string, content: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true })
  writeFileSync(join(tree, path), content)
}

const plantedPath = (index: number) => `packages/server/src/${planted[index]?.[0]}/planted-${index}.ts`

beforeAll(() => {
  const config = JSON.parse(readFileSync(new URL('../biome.json', import.meta.url), 'utf8'))
  plant('biome.json', JSON.stringify({ ...config, $schema: undefined, vcs: { enabled: false } }))
  for (const [index, [, target]] of planted.entries()) {
    plant(plantedPath(index), `import * as planted from '${target}'\n\nexport const copy = planted\n`)
  }
  plant('packages/server/src/token/round.ts', "import type { B } from './about.ts'\n\nexport type A = B\n")
  plant('packages/server/src/token/about.ts', "import type { A } from './round.ts'\n\nexport type B = A\n")
  plant('packages/server/src/token/environment.ts', 'export const home = process.env.HOME\n')
  plant(
    'packages/server/src/token/floating.ts',
    'async function later(): Promise<void> {}\n\nexport function now(): void {\n  later()\n}\n',
  )
  plant(
    'packages/server/src/token/allowed.ts',
    "import type { Client } from '../domain/client.ts'\n\nexport type Allowed = Client\n",
  )
  plant('packages/server/src/main.ts', 'export const home = process.env.HOME\n')
  plant('packages/cli/src/program.ts', "export { started } from '../test/beside-server.ts'\n")
  plant('packages/cli/src/program.test.ts', "export { started } from '../test/beside-server.ts'\n")
  const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url))
  const { stdout } = spawnSync(biome, ['lint', '--reporter=github', '--max-diagnostics=none', '.'], {
    cwd: tree,
    encoding: 'utf8',
  })
  findings = stdout.split('\n').filter((line) => line.startsWith('::error'))
})
afterAll(() => rmSync(tree, { recursive: true, force: true }))

function found(rule: string, path: string): boolean {
  return findings.some((line) => line.includes(`title=${rule},`) && line.includes(`${path},line=`))
}

for (const [index, [room, target]] of planted.entries()) {
  test(`${room} may not import ${target}`, () => {
    expect(found(restricted, plantedPath(index))).toBe(true)
  })
}

test('what tests have in common may be imported by tests alone', () => {
  expect(found(restricted, 'packages/cli/src/program.ts')).toBe(true)
  expect(findings.some((line) => line.includes('program.test.ts'))).toBe(false)
})

test('files may not import one another in a circle, types included', () => {
  expect(found('lint/suspicious/noImportCycles', 'packages/server/src/token/round.ts')).toBe(true)
})

test('process.env may be read in the programs alone', () => {
  expect(found('lint/style/noProcessEnv', 'packages/server/src/token/environment.ts')).toBe(true)
  expect(findings.some((line) => line.includes('src/main.ts'))).toBe(false)
})

test('a promise that nobody waits for is an error', () => {
  expect(found('lint/nursery/noFloatingPromises', 'packages/server/src/token/floating.ts')).toBe(true)
})

test('an import that a room is allowed passes', () => {
  expect(findings.some((line) => line.includes('allowed.ts'))).toBe(false)
})
