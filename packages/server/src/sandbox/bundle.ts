/**
 * Makes, once at start, everything a runner is given: its own program, the script its snapshot is made
 * of, and the scripts that isolates load when they first touch a name. A runner reads no file of ours,
 * so it needs neither our folders nor a TypeScript loader, and is the smaller for it.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build, type Plugin, stop } from 'esbuild'
import { bundleOfModule, internalPrefix } from './builtins/names.js'

export interface RunnerPayload {
  /** CommonJS text of the runner program. */
  readonly runner: string
  /** What every isolate begins with. */
  readonly snapshotScripts: readonly string[]
  readonly bundles: Readonly<Record<string, string>>
  /** Parses sources when they are compiled; evaluated in an isolate of its own. */
  readonly parser: string
  readonly enginePath: string
}

const here = fileURLToPath(new URL('.', import.meta.url))
/** `.ts` in a checkout, `.js` in an installed package. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** Packages that stand in for Node's modules, by the bundle's name. */
const packages = {
  assert: 'assert/',
  events: 'events/',
  path: 'path-browserify',
  punycode: 'punycode/',
  querystring: 'querystring-es3',
  stream: 'readable-stream',
  string_decoder: 'string_decoder/',
}

const own = [
  'abort',
  'buffer',
  'crypto',
  'crypto-module',
  'fetch',
  'http-client',
  'machine',
  'structured-clone',
  'text',
  'timers',
  'url-module',
  'util-module',
  'web-url',
  'webcrypto',
]

/** What most programs touch is in the snapshot already: it costs each isolate 0.2 MB and saves it 10 ms. */
const eager = ['buffer', 'text', 'abort', 'web-url', 'fetch', 'crypto']

function preload(name: string, source: string): string {
  return `__tallystickPreload('${name}', function (module, exports, require, bridge) {${source}\n})`
}

/**
 * What one bundle wants of another is required when it runs. The exact name only: `util/` with a slash is
 * the package itself, and the `external` setting would take both.
 */
const leaveToIsolate: Plugin = {
  name: 'leave-to-isolate',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^[a-z_:-]+$/ }, ({ path, kind }) => {
      if (kind === 'entry-point') return undefined
      const isOurs = path in bundleOfModule || path.startsWith(internalPrefix) || path === 'abort-controller'
      return isOurs ? { path, external: true } : undefined
    })
  },
}

let bundled: Promise<RunnerPayload> | undefined

/** Whoever starts several sandboxes in one process has them given the same. */
export function bundleSandbox(): Promise<RunnerPayload> {
  bundled ??= bundleAll().catch((error: unknown) => {
    bundled = undefined
    throw error
  })
  return bundled
}

async function bundleAll(): Promise<RunnerPayload> {
  try {
    const [runner, snapshot, bundles, parser] = await Promise.all([
      bundleRunner(),
      bundleFor('iife', [{ in: `${here}builtins/isolate-main.js`, out: 'snapshot' }]),
      bundleFor('cjs', [
        ...Object.entries(packages).map(([out, name]) => ({ in: name, out })),
        ...own.map((out) => ({ in: `${here}builtins/${out}.js`, out })),
      ]),
      bundleFor('iife', [{ in: `${here}builtins/find-requires.js`, out: 'parser' }]),
    ])
    const enginePath = createRequire(import.meta.url).resolve('isolated-vm')
    const snapshotScripts = [
      snapshot.snapshot ?? '',
      ...eager.map((name) => preload(name, bundles[name] ?? '')),
    ]
    return { runner, snapshotScripts, bundles, parser: parser.parser ?? '', enginePath }
  } finally {
    await stop()
  }
}

async function bundleRunner(): Promise<string> {
  const built = await build({
    entryPoints: [`${here}runner${extension}`],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    logLevel: 'silent',
  })
  return built.outputFiles[0]?.text ?? ''
}

async function bundleFor(
  format: 'iife' | 'cjs',
  entryPoints: { in: string; out: string }[],
): Promise<Record<string, string>> {
  const built = await build({
    entryPoints,
    absWorkingDir: here,
    outdir: here,
    bundle: true,
    write: false,
    format,
    platform: 'browser',
    minify: true,
    legalComments: 'none',
    target: 'es2024',
    define: {
      global: 'globalThis',
      'process.env.NODE_DEBUG': 'undefined',
      'process.env.READABLE_STREAM': 'undefined',
    },
    plugins: [leaveToIsolate],
    logLevel: 'silent',
  })
  return Object.fromEntries(
    built.outputFiles.map((file) => [file.path.slice(here.length).replace(/\.js$/, ''), file.text]),
  )
}
