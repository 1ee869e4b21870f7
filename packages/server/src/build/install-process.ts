/**
 * The installer, as a program of its own: it is handed a folder and dependencies on its standard input, puts the
 * packages there with npm's library, and writes what it found to its standard output. It runs none of their scripts,
 * takes packages from the registry alone, and can be killed at any moment. The registry is the one that npm's own
 * configuration names.
 */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import Arborist from '@npmcli/arborist'
import Config from '@npmcli/config'
import npmSettings from '@npmcli/config/lib/definitions/index.js'
import type { InstallAnswer, InstallLimits, InstallQuestion } from './install-protocol.ts'

async function install({ folder, registry, dependencies, limits }: InstallQuestion): Promise<InstallAnswer> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  const arborist = new Arborist({
    ...(await npmConfiguration(folder)),
    ...(registry === undefined ? {} : { registry }),
    path: folder,
    cache: join(folder, '.npm-cache'),
    ignoreScripts: true,
    allowGit: 'none',
    allowRemote: 'none',
    allowFile: 'none',
    allowDirectory: 'none',
    omit: ['dev', 'optional'],
    audit: false,
    fund: false,
    save: false,
    packageLock: false,
    binLinks: false,
    // Somebody waits for the answer, and the installer itself does not get much longer.
    retry: { retries: 1, factor: 1, minTimeout: 500, maxTimeout: 500 },
    timeout: 20_000,
  })
  const ideal = await arborist.buildIdealTree()
  if (ideal.inventory.size - 1 > limits.maxPackages) {
    return refuse('too_large', `The dependencies need more than ${limits.maxPackages} packages.`)
  }
  const unproven = packagesOf(ideal).find(({ integrity }) => !integrity)
  if (unproven) return refuse('unknown_package', `The registry tells no integrity for ${unproven.name}.`)
  const oversized = Promise.withResolvers<InstallAnswer>()
  const timer = setInterval(() => {
    const refusal = refusalOfSize(folder, limits)
    if (refusal) oversized.resolve(refusal)
  }, sizeCheckMs)
  // What unpacks goes on until this process ends, which is at once when it is too large.
  const tree = await Promise.race([arborist.reify(), oversized.promise])
  clearInterval(timer)
  if ('kind' in tree) return tree
  return (
    refusalOfSize(folder, limits) ??
    refusalOfNativeFiles(folder) ?? { kind: 'installed', packages: packagesOf(tree) }
  )
}

async function npmConfiguration(folder: string): Promise<Record<string, unknown>> {
  const npmPath = dirname(dirname(fileURLToPath(import.meta.resolve('@npmcli/config'))))
  const config = new Config({
    ...npmSettings,
    npmPath,
    argv: [process.execPath, 'tallystick'],
    cwd: folder,
  })
  await config.load()
  return config.flat
}

function packagesOf(tree: Arborist.Node) {
  return [...tree.inventory.values()]
    .filter((node) => !node.isRoot)
    .map((node) => ({
      name: node.packageName ?? node.name,
      version: node.version,
      integrity: node.integrity ?? '',
    }))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
}

/** Looked at while packages unpack: a small archive can fill a disk long before the time of an installation is over. */
const sizeCheckMs = 100

function refusalOfSize(folder: string, { maxFiles, maxBytes }: InstallLimits): InstallAnswer | undefined {
  let files = 0
  let bytes = 0
  for (const path of unpackedFiles(folder)) {
    files++
    // Moved meanwhile, when nothing is told of it.
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (files > maxFiles || bytes > maxBytes) {
      return refuse(
        'too_large',
        `The dependencies have more than ${maxBytes / 1_000_000} MB or ${maxFiles} files once unpacked.`,
      )
    }
  }
  return undefined
}

/** What was unpacked holds nothing that only a compiler or the machine itself could run. */
function refusalOfNativeFiles(folder: string): InstallAnswer | undefined {
  const native = unpackedFiles(folder).find((path) => /\/binding\.gyp$|\.node$/.test(path))
  if (native === undefined) return undefined
  const name = packageAround(relative(join(folder, 'node_modules'), native))
  return refuse('native_package', `The package ${name} is a native add-on, which cannot run in the sandbox.`)
}

function unpackedFiles(folder: string): string[] {
  const root = join(folder, 'node_modules')
  if (!existsSync(root)) return []
  try {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    // A folder was moved while it was read: packages unpack beside their place.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function packageAround(path: string): string {
  const inside = path.slice(path.lastIndexOf('node_modules/') + 1).split('/')
  return inside[0]?.startsWith('@') ? inside.slice(0, 2).join('/') : (inside[0] ?? path)
}

function refuse(fault: 'native_package' | 'too_large' | 'unknown_package', message: string): InstallAnswer {
  return { kind: 'refused', fault, message }
}

function refusalOfError(error: unknown): InstallAnswer {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'failed', code, message }
}

const question: InstallQuestion = JSON.parse(await text(process.stdin))
const answer = await install(question).catch(refusalOfError)
// npm's library keeps its connections open for another minute.
process.stdout.write(JSON.stringify(answer), () => process.exit(0))
