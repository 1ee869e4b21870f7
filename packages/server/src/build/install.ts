/**
 * Installing: a set of exact dependencies becomes one script. The installer is a process of its own, in a folder of its
 * own that goes when it is done; what comes out of the folder is bundled by esbuild and run by neither.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { getCompileCacheDir } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { BuildError, type Dependency, type ModuleBundle } from '../domain/rule-build.ts'
import { bundleModules } from './bundle-modules.ts'
import type { InstallAnswer, InstallLimits, InstallQuestion } from './install-protocol.ts'
import { createTurns } from './turns.ts'

export interface InstallSettings {
  /** Undefined: the one that npm's configuration names. `off`: packages are not installed. */
  readonly registry: string | 'off' | undefined
  /** What the installer finds in its environment: npm's configuration, and nothing that is the server's own. */
  readonly environment: Readonly<Record<string, string>>
  readonly limits?: InstallLimits & { readonly timeMs: number }
}

/** Installations at the same time; others wait for their turn. */
const maxInstallations = 2
const defaultLimits = { maxPackages: 400, maxFiles: 20_000, maxBytes: 200_000_000, timeMs: 60_000 }

// `.ts` in a checkout, `.js` in an installed package.
const program = fileURLToPath(import.meta.url).replace(/install\.([jt]s)$/, 'install-process.$1')

export type InstallModules = (
  dependencies: readonly Dependency[],
  requested: readonly string[],
) => Promise<ModuleBundle>

/** @throws BuildError from the function it returns. */
export function createInstallModules(settings: InstallSettings): InstallModules {
  const inTurn = createTurns(maxInstallations)
  return (dependencies, requested) =>
    inTurn(async () => {
      if (settings.registry === 'off') {
        throw new BuildError(
          'no_registry',
          'This server installs no packages. Its operator can name a registry in TALLYSTICK_NPM_REGISTRY.',
        )
      }
      const folder = await mkdtemp(join(tmpdir(), 'tallystick-install-'))
      try {
        const packages = await runInstaller(settings, folder, dependencies)
        const names = namesOf(dependencies, requested)
        return { packages, names, code: await bundleModules(folder, names) }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
}

/** What else the source requires is the isolate's. */
function namesOf(dependencies: readonly Dependency[], requested: readonly string[]): string[] {
  const names = dependencies.map(({ name }) => name)
  const beneath = requested.filter((path) => names.some((name) => path.startsWith(`${name}/`)))
  return [...new Set([...names, ...beneath])]
}

async function runInstaller(
  { registry, environment, limits = defaultLimits }: InstallSettings,
  folder: string,
  dependencies: readonly Dependency[],
) {
  const question: InstallQuestion = {
    folder,
    registry,
    dependencies: Object.fromEntries(dependencies.map(({ name, version }) => [name, version])),
    limits,
  }
  const answer = await ask(environment, question, limits.timeMs)
  if (answer.kind === 'installed') return answer.packages
  if (answer.kind === 'refused') throw new BuildError(answer.fault, answer.message)
  throw explained(answer, dependencies)
}

async function ask(
  environment: InstallSettings['environment'],
  question: InstallQuestion,
  limitMs: number,
): Promise<InstallAnswer> {
  // The installer is a large library: where the server keeps what it compiled, that of an earlier installation is found.
  const compiledByThisNode = getCompileCacheDir()
  const child = spawn(process.execPath, ['--no-warnings', '--max-old-space-size=512', program], {
    cwd: question.folder,
    env: {
      ...environment,
      ...(compiledByThisNode !== undefined && { NODE_COMPILE_CACHE: dirname(compiledByThisNode) }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => resolve()).once('error', () => resolve()),
  )
  child.stdin.on('error', () => undefined).end(JSON.stringify(question))
  const [json] = await Promise.all([text(child.stdout), ended])
  try {
    return JSON.parse(json)
  } catch {
    const message = child.killed
      ? `the installation took longer than ${limitMs / 1000} seconds`
      : 'the installer ended without an answer'
    return { kind: 'failed', code: 'INSTALLER', message }
  }
}

const unreachable = /^(?:ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN|EHOST|ENET|ERR_SOCKET|ERR_TLS)|CERT|SIGNATURE/

/** npm's words name the package and, for a private registry, its address, which the author of a rule need not know. */
function explained(
  { code, message }: Extract<InstallAnswer, { kind: 'failed' }>,
  dependencies: readonly Dependency[],
): BuildError {
  const asked = dependencies.map(({ name, version }) => `${name}@${version}`).join(', ')
  if (code === 'E404' || code === 'ETARGET') {
    const missing = dependencies.find(({ name }) => message.includes(name)) ?? dependencies[0]
    return new BuildError(
      'unknown_package',
      `The registry has no package ${missing?.name}@${missing?.version}, or lacks one that it depends on.`,
    )
  }
  if (code === 'EINTEGRITY') {
    return new BuildError(
      'unknown_package',
      `A package among ${asked} is not what the registry says it is: its integrity does not match.`,
    )
  }
  if (code.startsWith('EALLOW')) {
    return new BuildError(
      'bad_dependency',
      `A package among ${asked} depends on something outside the registry (a URL, a repository or a folder).`,
    )
  }
  if (code === 'INSTALLER') {
    return new BuildError('no_registry', `${asked} could not be installed: ${message}. Try again later.`)
  }
  if (unreachable.test(code)) {
    return new BuildError(
      'no_registry',
      `The registry of npm packages cannot be reached (${code}), so ${asked} could not be installed. Try again later, or tell the operator of this server.`,
    )
  }
  return new BuildError(
    'unknown_package',
    `The packages ${asked} could not be installed (${code || 'unknown cause'}).`,
  )
}
