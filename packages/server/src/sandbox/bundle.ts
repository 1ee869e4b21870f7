/**
 * Makes everything a runner is given, once at start, or takes what was made for an earlier start: its own program, the
 * script its snapshot is made of, and the scripts that isolates load when they first touch a name. A runner reads no
 * file of ours, so it needs neither our folders nor a TypeScript loader, and is the smaller for it.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildResult, build, type Plugin, stop } from 'esbuild'
import { bundleOfModule, internalPrefix } from './builtins/names.js'
import { keptOrMade, type MadeScripts, type RunnerScripts } from './kept-scripts.ts'

export interface RunnerPayload extends RunnerScripts {
  readonly enginePath: string
}

const here = fileURLToPath(new URL('.', import.meta.url))
/** `.ts` in a checkout, `.js` in an installed package. */
const isCheckout = import.meta.url.endsWith('.ts')
const extension = isCheckout ? '.ts' : '.js'
const require = createRequire(import.meta.url)
const keptPath = join(here, '../../../../node_modules/.cache/tallystick/sandbox-scripts.json')

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
  bundled ??= preparePayload().catch((error: unknown) => {
    bundled = undefined
    throw error
  })
  return bundled
}

async function preparePayload(): Promise<RunnerPayload> {
  const scripts = isCheckout ? await keptOrMade(keptPath, bundleAll) : (await bundleAll()).scripts
  return { ...scripts, enginePath: require.resolve('isolated-vm') }
}

async function bundleAll(): Promise<MadeScripts> {
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
    const snapshotScripts = [
      snapshot.texts.snapshot ?? '',
      ...eager.map((name) => preload(name, bundles.texts[name] ?? '')),
    ]
    const inputs = [runner, snapshot, bundles, parser].flatMap((part) => part.inputs)
    return {
      scripts: {
        runner: runner.texts.runner ?? '',
        snapshotScripts,
        bundles: bundles.texts,
        parser: parser.texts.parser ?? '',
      },
      // This file says how, and the bundler's own names its version.
      inputs: [
        ...new Set([...inputs, fileURLToPath(import.meta.url), require.resolve('esbuild')]),
      ].toSorted(),
    }
  } finally {
    await stop()
  }
}

interface Built {
  /** By name, without its extension. */
  readonly texts: Readonly<Record<string, string>>
  /** The files that it was made of. */
  readonly inputs: readonly string[]
}

async function bundleRunner(): Promise<Built> {
  const built = await build({
    entryPoints: [`${here}runner${extension}`],
    absWorkingDir: here,
    outdir: here,
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    logLevel: 'silent',
  })
  return describeBuilt(built)
}

async function bundleFor(format: 'iife' | 'cjs', entryPoints: { in: string; out: string }[]): Promise<Built> {
  const built = await build({
    entryPoints,
    absWorkingDir: here,
    outdir: here,
    bundle: true,
    write: false,
    metafile: true,
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
  return describeBuilt(built)
}

function describeBuilt({ outputFiles, metafile }: BuildResult<{ write: false; metafile: true }>): Built {
  return {
    texts: Object.fromEntries(
      outputFiles.map((file) => [file.path.slice(here.length).replace(/\.js$/, ''), file.text]),
    ),
    // Modules that a package leaves out in browsers stand there as `(disabled):…`, and are no files.
    inputs: Object.keys(metafile.inputs)
      .filter((path) => !/^[(<]/.test(path))
      .map((path) => join(here, path)),
  }
}
