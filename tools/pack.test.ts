/**
 * What a stranger gets from the registry, made here: packed, installed into an empty folder and run. The
 * install takes the project's own packages from their tarballs and the rest from the registry.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePort } from '../packages/server/test/free-port.ts'
import { packAll } from './pack.ts'
import { parsePackageJson } from './packed-package-json.ts'

const runFile = promisify(execFile)
const checkoutModules = fileURLToPath(new URL('../node_modules', import.meta.url))
let root: string
/** The command line alone, as a developer installs it. */
let laptop: string
/** The command line and the server beside it. */
let host: string

// The tests run under the Node that runs vitest, whatever the machine's own is.
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}`, NO_COLOR: '1' }

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallystick-packed-'))
  laptop = join(root, 'laptop')
  host = join(root, 'host')
  const tarballs = await packAll(join(root, 'tarballs'))
  await install(laptop, [tarballs.cli, tarballs['management-api']])
  await install(host, Object.values(tarballs))
})

afterAll(() => rm(root, { recursive: true, force: true }))

test('no packed file is TypeScript that would have to run', async () => {
  for (const file of await packedFiles()) {
    expect(file).not.toMatch(/(?<!\.d)\.ts$|\.test\.|tsconfig/)
  }
})

test('every module that a packed file imports is a dependency of its package', async () => {
  for (const name of ['@tallystick/management-api', '@tallystick/server', 'tallystick']) {
    const folder = join(host, 'node_modules', name)
    const { others } = parsePackageJson(await readFile(join(folder, 'package.json'), 'utf8'))
    const dependencies = Object.keys(Object(others.dependencies))
    const imports = await bareImports(folder)
    expect(imports).not.toEqual([])
    for (const [file, imported] of imports) {
      expect(dependencies, file).toContain(imported)
    }
  }
})

test('the command line runs without the server, and says how to get it', async () => {
  const { stdout: version } = await runIn(laptop, 'tallystick', ['--version'])
  expect(version).toMatch(/^\d+\.\d+\.\d+\n$/)
  const { stdout: help } = await runIn(laptop, 'tallystick', ['help'])
  expect(help).toContain('tallystick logs tail')
  const { stdout: wtHelp } = await runIn(laptop, 'wt', ['--help'])
  expect(wtHelp).toContain('create')
  await writeFile(join(laptop, 'rule.js'), rule)
  for (const args of [['serve'], ['rules', 'run', 'rule.js']]) {
    await expect(runIn(laptop, 'tallystick', args)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm install @tallystick/server'),
    })
  }
})

const rule = 'module.exports = (client, scope, audience, context, cb) => cb(null, { scope })'

test('with the server beside it, the command line runs a rule, and nothing has to be started', async () => {
  await writeFile(join(host, 'rule.js'), rule)
  const { stdout } = await runIn(host, 'tallystick', ['rules', 'run', 'rule.js', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ outcome: { kind: 'granted', scopes: ['read', 'write'] } })
})

test('with the server beside it, packages of npm are installed for a rule', async () => {
  await writeFile(join(host, 'with-ms.js'), ruleWithPackage)
  const dependencies = { ms: '2.1.3' }
  await writeFile(join(host, 'rule-package.json'), JSON.stringify({ dependencies }))
  const asked = ['rules', 'run', 'with-ms.js', '--dependencies', 'rule-package.json', '--json']
  const { stdout } = await runIn(host, 'tallystick', asked)
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: { kind: 'granted', claims: { 'https://foo.com/ms': 60_000 } },
  })
})

const ruleWithPackage = `module.exports = (client, scope, audience, context, cb) =>
  cb(null, { scope, 'https://foo.com/ms': require('ms')('1 min') })`

test('an editor finds the types of the connection', async () => {
  await mkdir(join(laptop, 'node_modules/@types'), { recursive: true })
  await symlink(join(checkoutModules, '@types/node'), join(laptop, 'node_modules/@types/node'))
  await symlink(join(checkoutModules, 'undici-types'), join(laptop, 'node_modules/undici-types'))
  await writeFile(
    join(laptop, 'program.ts'),
    `import { connect } from '@tallystick/management-api/connect'
     import type { Client } from '@tallystick/management-api/contract/clients'
     const connection = connect({ url: 'http://localhost:8420', token: 't' })
     export const names = async (): Promise<string[]> =>
       (await connection.clients.list()).clients.map((client: Client) => client.name)
     // @ts-expect-error a client has no such member
     export const none = async () => (await connection.clients.get('c')).nonsense`,
  )
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2024',
    types: ['node'],
  }
  await writeFile(join(laptop, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  const flags = ['-p', laptop, '--checkers', '1']
  await runFile(process.execPath, [join(checkoutModules, 'typescript/bin/tsc'), ...flags])
})

test('the server beside it starts, gives a token and stops on SIGTERM', async () => {
  const port = await findFreePort()
  const server = spawn(process.execPath, [join(host, 'node_modules/.bin/tallystick'), 'serve'], {
    cwd: host,
    env: { ...env, TALLYSTICK_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Nobody reads what it prints when it is ready: that is no reason to end.
  server.stdout.destroy()
  try {
    await untilReady(server, `http://localhost:${port}/readyz`)
    const { stdout } = await runIn(host, 'tallystick', ['token', 'get', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ claims: { iss: `http://localhost:${port}/` } })
    const { stdout: apis } = await runIn(host, 'tallystick', ['apis', 'list', '--json'])
    expect(JSON.parse(apis)).toContainEqual(
      expect.objectContaining({ identifier: 'https://api.example.com/' }),
    )
  } finally {
    server.kill('SIGTERM')
  }
  expect(server.exitCode ?? (await once(server, 'exit'))[0]).toBe(0)
})

async function install(folder: string, tarballs: readonly string[]): Promise<void> {
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), '{ "private": true }')
  // Nothing of ours needs an install script, nor a compiler.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock']
  await runFile('npm', ['install', ...flags, ...tarballs], { cwd: folder, env })
}

function runIn(folder: string, program: string, args: readonly string[]) {
  return runFile(process.execPath, [join(folder, 'node_modules/.bin', program), ...args], {
    cwd: folder,
    env,
  })
}

async function packedFiles(): Promise<string[]> {
  const folders = ['tallystick', '@tallystick'].map((name) => join(host, 'node_modules', name))
  const lists = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true })))
  return lists.flat()
}

/** Emitted code imports with a literal behind `from` or in `import()`. */
const importOf = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^'.][^']*)'/gm

async function bareImports(folder: string): Promise<[file: string, packageName: string][]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) =>
    /^(src|bin)\/.*\.js$/.test(file),
  )
  // What the sandbox bundles for rules is looked up by the bundler, not by Node.
  const ours = files.filter((file) => !file.includes('sandbox/builtins/') && !file.endsWith('prelude.js'))
  const imports = await Promise.all(
    ours.map(async (file) => {
      const code = await readFile(join(folder, file), 'utf8')
      return [...code.matchAll(importOf)].map((match): [string, string] => [file, packageOf(match[1] ?? '')])
    }),
  )
  return imports.flat().filter(([, name]) => !isBuiltin(name))
}

function packageOf(specifier: string): string {
  if (isBuiltin(specifier)) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

async function untilReady(server: ChildProcess, url: string): Promise<void> {
  let printed = ''
  server.stderr?.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  while (server.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`The server ended with ${server.exitCode}.\n${printed}`)
}
