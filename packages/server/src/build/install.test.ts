/** Installing from a registry in the test, which holds what no public one should. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { compiledCache } from '../../test/compiled-cache.ts'
import {
  integrityOf,
  type PackageRegistry,
  type PublishedPackage,
  startPackageRegistry,
} from '../../test/package-registry.ts'
import { BuildError } from '../domain/rule-build.ts'
import { createInstallModules, type InstallSettings } from './install.ts'

const home = mkdtempSync(join(tmpdir(), 'tallystick-home-'))
const scriptRan = join(home, 'script-ran')
/** As the server's own files lie near the folder of an installation. */
const ownFile = join(home, 'own.json')
const limits = { maxPackages: 3, maxFiles: 30, maxBytes: 100_000, timeMs: 30_000 }

/** A hundredth of it in an archive. */
const swollen = Array.from({ length: 60_000 }, (_, n) => `${n}${'x'.repeat(1000)}`).join('')

const published: PublishedPackage[] = [
  {
    name: 'sound',
    files: { 'index.js': "exports.word = require('inner')", 'part.js': "module.exports = 'part'" },
    manifest: { dependencies: { inner: '^1.0.0' }, devDependencies: { missing: '1.0.0' } },
  },
  { name: 'inner', version: '1.2.3', files: { 'index.js': "module.exports = 'inner'" } },
  {
    name: 'scripted',
    manifest: {
      scripts: {
        preinstall: `touch ${scriptRan}`,
        install: `touch ${scriptRan}`,
        postinstall: `touch ${scriptRan}`,
      },
    },
  },
  { name: 'compiled', files: { 'binding.gyp': '{}' } },
  { name: 'prebuilt', files: { 'build/addon.node': 'x' } },
  { name: 'around', manifest: { dependencies: { compiled: '1.0.0' } } },
  { name: 'swapped', integrity: integrityOf(Buffer.from('something else')) },
  { name: 'lacking', manifest: { dependencies: { missing: '1.0.0' } } },
  { name: 'by-url', manifest: { dependencies: { inner: 'http://127.0.0.1:1/inner.tgz' } } },
  { name: 'by-git', manifest: { dependencies: { inner: 'git+https://127.0.0.1:1/inner.git' } } },
  { name: 'by-folder', manifest: { dependencies: { inner: 'file:/tmp' } } },
  { name: 'many', manifest: { dependencies: { sound: '1.0.0', scripted: '1.0.0' } } },
  { name: 'large', files: { 'data.txt': 'x'.repeat(100_001) } },
  { name: 'scattered', files: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`${n}.js`, ''])) },
  { name: 'prying', files: { 'index.js': `module.exports = require(${JSON.stringify(ownFile)})` } },
  { name: 'climbing', files: { 'index.js': `module.exports = require('../../../own.json')` } },
  {
    name: 'swelling',
    files: Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`${n}.txt`, swollen])),
  },
  { name: 'guessing', files: { 'index.js': `module.exports = require('../../../absent.json')` } },
  {
    name: 'climbing-back',
    files: { 'index.js': `module.exports = require('../climbing-back/part')`, 'part.js': '' },
  },
  { name: 'broken', files: { 'index.js': "require('./nothing')" } },
]

let registry: PackageRegistry
beforeAll(async () => {
  vi.stubEnv('TMPDIR', home)
  writeFileSync(ownFile, '{"secret":"s"}')
  registry = await startPackageRegistry(published)
})
afterAll(() => {
  registry.close()
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
})

function install(names: readonly string[], changes: Partial<InstallSettings> = {}, requested: string[] = []) {
  const environment = { PATH: process.env.PATH ?? '', HOME: home, ...compiledCache }
  const installModules = createInstallModules({ registry: registry.url, environment, limits, ...changes })
  const dependencies = names.map((name) => ({ name, version: '1.0.0' }))
  return installModules(dependencies, requested)
}

async function refusal(...asked: Parameters<typeof install>): Promise<[fault: string, message: string]> {
  try {
    await install(...asked)
  } catch (error) {
    if (error instanceof BuildError) return [error.fault, error.message]
    throw error
  }
  throw new Error('It was installed.')
}

const refusals: [name: string, fault: string, words: RegExp][] = [
  ['missing', 'unknown_package', /has no package missing@1\.0\.0/],
  ['inner', 'unknown_package', /has no package inner@1\.0\.0/],
  ['lacking', 'unknown_package', /lacks one that it depends on/],
  ['compiled', 'native_package', /package compiled is a native add-on/],
  ['prebuilt', 'native_package', /package prebuilt is a native add-on/],
  ['around', 'native_package', /package compiled is a native add-on/],
  ['swapped', 'unknown_package', /swapped@1\.0\.0 .*integrity does not match/],
  ['by-url', 'bad_dependency', /outside the registry/],
  ['by-git', 'bad_dependency', /outside the registry/],
  ['by-folder', 'bad_dependency', /outside the registry/],
  ['many', 'too_large', /more than 3 packages/],
  ['large', 'too_large', /more than 0\.1 MB or 30 files/],
  ['scattered', 'too_large', /more than 0\.1 MB or 30 files/],
  ['prying', 'bad_dependency', /a file that lies outside the packages/],
  ['climbing', 'bad_dependency', /a file that lies outside the packages/],
  ['guessing', 'bad_dependency', /a file that lies outside the packages/],
  ['broken', 'unknown_package', /'\.\/nothing' is not in the packages/],
]
test.each(refusals)('%s is refused, with the reason', async (name, fault, words) => {
  expect(await refusal([name])).toEqual([fault, expect.stringMatching(words)])
})

test('a path that a package does not have is refused', async () => {
  const [fault, message] = await refusal(['sound'], {}, ['sound/absent'])
  expect([fault, message]).toEqual(['unknown_package', expect.stringContaining("'sound/absent'")])
})

test('a path that leads out of a package is refused, whether there is such a file or not', async () => {
  for (const path of ['sound/../../../own.json', 'sound/../../../absent.json', 'sound/../../../../absent']) {
    const [fault, message] = await refusal(['sound'], {}, [path])
    expect([fault, message]).toEqual(['bad_dependency', expect.stringContaining('outside the packages')])
  }
  expect((await install(['climbing-back'])).names).toEqual(['climbing-back'])
})

test('what swells while it is unpacked is stopped before it has filled the disk', async () => {
  let largest = 0
  const watching = setInterval(() => {
    const paths = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.txt'),
    )
    const sizes = paths.map((path) => statSync(join(home, path), { throwIfNoEntry: false })?.size ?? 0)
    largest = Math.max(
      largest,
      sizes.reduce((sum, size) => sum + size, 0),
    )
  }, 20)
  expect(await refusal(['swelling'])).toEqual(['too_large', expect.stringMatching(/more than 0\.1 MB/)])
  clearInterval(watching)
  expect(largest).toBeLessThan(400_000_000)
})

test('a registry that is gone is told as such, without its address', async () => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const address = closed.address()
  closed.close()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const [fault, message] = await refusal(['sound'], { registry: `http://127.0.0.1:${port}/` })
  expect(fault).toBe('no_registry')
  expect(message).toMatch(/cannot be reached .*sound@1\.0\.0/)
  expect(message).not.toContain('127.0.0.1')
})

test('a registry that never answers is left when the time is over', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const settings = { registry: `http://127.0.0.1:${port}/`, limits: { ...limits, timeMs: 1500 } }
  expect(await refusal(['sound'], settings)).toEqual([
    'no_registry',
    expect.stringContaining('took longer than 1.5 seconds'),
  ])
  silent.close()
})

test('a server whose operator turned installing off says which setting it is', async () => {
  const [fault, message] = await refusal(['sound'], { registry: 'off' })
  expect([fault, message]).toEqual(['no_registry', expect.stringContaining('TALLYSTICK_NPM_REGISTRY')])
})

test('no script of a package runs', async () => {
  const { packages } = await install(['scripted'])
  expect(packages.map(({ name }) => name)).toEqual(['scripted'])
  expect(existsSync(scriptRan)).toBe(false)
})

test('packages and the paths beneath them become one script, each with its integrity', async () => {
  const { packages, names, code } = await install(['sound'], {}, ['sound/part', 'crypto'])
  expect(names).toEqual(['sound', 'sound/part'])
  expect(packages).toEqual([
    { name: 'inner', version: '1.2.3', integrity: expect.stringMatching(/^sha512-/) },
    { name: 'sound', version: '1.0.0', integrity: expect.stringMatching(/^sha512-/) },
  ])
  const module: { exports: Record<string, () => unknown> } = { exports: {} }
  new Function('module', 'exports', 'require', code)(module, module.exports, () => undefined)
  expect(module.exports.sound?.()).toEqual({ word: 'inner' })
  expect(module.exports['sound/part']?.()).toBe('part')
})

test('nothing is left behind in the folder for temporary files', () => {
  expect(readdirSync(home).filter((name) => name.startsWith('tallystick-install-'))).toEqual([])
})
