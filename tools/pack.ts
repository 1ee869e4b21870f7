/**
 * Packs each package as it is published. The sources are TypeScript that runs as it is in a checkout, but
 * Node strips no types under `node_modules`: a packed package holds the emitted JavaScript in the same
 * places, and nothing that only a checkout needs.
 *
 *     node tools/pack.ts [folder]
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type PackageJson, packedPackageJson, parsePackageJson } from './packed-package-json.ts'

const runFile = promisify(execFile)
const checkout = fileURLToPath(new URL('..', import.meta.url))

const packageFolders = ['rule-types', 'management-api', 'server', 'cli'] as const
type PackageFolder = (typeof packageFolders)[number]

const notEmitted = [
  '**/node_modules',
  // Plain JavaScript below `src` is data to us (it runs inside the sandbox): it is copied as it stands.
  'packages/*/src/**/*.js',
  // Tests lie beside what they test; what they have in common lies in `test` folders, which no package lists.
  'packages/*/src/**/*.test.ts',
]

/** The path of each package's tarball in the folder. */
export async function packAll(outDir: string): Promise<Record<PackageFolder, string>> {
  const stage = await mkdtemp(join(tmpdir(), 'tallystick-pack-'))
  try {
    await mkdir(outDir, { recursive: true })
    await emitJavaScript(stage)
    const pack = (folder: PackageFolder) => packOne(folder, stage, outDir)
    return {
      'rule-types': await pack('rule-types'),
      'management-api': await pack('management-api'),
      server: await pack('server'),
      cli: await pack('cli'),
    }
  } finally {
    await rm(stage, { recursive: true })
  }
}

/** All packages at once: they import one another's types, and one pass sees them all. */
async function emitJavaScript(stage: string): Promise<void> {
  const settings = {
    extends: join(checkout, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      allowJs: true,
      declaration: true,
      typeRoots: [join(checkout, 'node_modules/@types')],
      rootDir: join(checkout, 'packages'),
      outDir: join(stage, 'emitted'),
    },
    include: [join(checkout, 'packages/*/src'), join(checkout, 'packages/*/bin')],
    exclude: notEmitted.map((pattern) => join(checkout, pattern)),
  }
  const project = join(stage, 'tsconfig.json')
  await writeFile(project, JSON.stringify(settings))
  try {
    // Several checkers would each check what they have in common, which is most of it.
    const flags = ['-p', project, '--checkers', '1']
    await runFile(process.execPath, [join(checkout, 'node_modules/typescript/bin/tsc'), ...flags])
  } catch (error) {
    const report = error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
    throw new Error(`The packages do not compile, so nothing was packed.\n${report}`, { cause: error })
  }
}

async function packOne(folder: PackageFolder, stage: string, outDir: string): Promise<string> {
  const source = join(checkout, 'packages', folder)
  const target = join(stage, folder)
  const packageJson = parsePackageJson(await readFile(join(source, 'package.json'), 'utf8'))
  await mkdir(target)
  for (const name of packageJson.files) {
    await copyIfThere(join(source, name), target, name, isShipped)
    await copyIfThere(join(stage, 'emitted', folder, name), target, name, isWanted(packageJson))
  }
  await cp(join(checkout, 'LICENSE'), join(target, 'LICENSE'))
  await writeFile(
    join(target, 'package.json'),
    `${JSON.stringify(packedPackageJson(packageJson), undefined, 2)}\n`,
  )
  const { stdout } = await runFile('npm', ['pack', '--silent', '--pack-destination', resolve(outDir)], {
    cwd: target,
  })
  return join(resolve(outDir), stdout.trim())
}

/** Sources and tests stay; what a checkout holds beside them (assets, declarations by hand, pages) goes along. */
function isShipped(path: string): boolean {
  return /\.d\.ts$/.test(path) || !/\.ts$/.test(path)
}

/** Declarations of emitted code are for packages that others import. */
function isWanted(packageJson: PackageJson): (path: string) => boolean {
  const isImported = Object.values(packageJson.exports).some((target) => target.startsWith('./src/'))
  return (path) => isImported || !/\.d\.ts$/.test(path)
}

async function copyIfThere(
  from: string,
  target: string,
  name: string,
  filter: (path: string) => boolean,
): Promise<void> {
  try {
    await cp(from, join(target, name), { recursive: true, filter })
  } catch (error) {
    // A package may list a page that it does not have, and one without code emits nothing.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

if (import.meta.main) {
  const outDir = process.argv[2] ?? join(checkout, 'dist')
  for (const tarball of Object.values(await packAll(outDir))) process.stdout.write(`${tarball}\n`)
}
