/** One script of installed packages. What Node would bring is left to the isolate, which has some of it. */
import { realpath } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join, resolve, sep } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { BuildError } from '../domain/rule-build.ts'
import { withinCompilerTime } from './compiler-time.ts'

/** UTF-8 bytes: it lies in memory beside each isolate that runs it. */
const maxBundleBytes = 4_000_000
const limitMs = 30_000

/** @throws BuildError */
export async function bundleModules(installed: string, names: readonly string[]): Promise<string> {
  // The bundler tells paths without symbolic links.
  const folder = await realpath(installed)
  const loaders = names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`)
  try {
    const built = await withinCompilerTime(limitMs, () =>
      build({
        stdin: {
          contents: `module.exports = {\n${loaders.join(',\n')}\n}`,
          resolveDir: folder,
          loader: 'js',
        },
        absWorkingDir: folder,
        bundle: true,
        write: false,
        format: 'cjs',
        platform: 'browser',
        // What a package has for Node asks for modules that are here in part; its variant for browsers for a window.
        mainFields: ['main', 'module'],
        minify: true,
        legalComments: 'none',
        target: 'es2024',
        define: { 'process.env.NODE_ENV': '"production"' },
        plugins: [leaveToIsolate, stayWithin(folder)],
        logLevel: 'silent',
        tsconfigRaw: {},
      }),
    )
    const code = built.outputFiles[0]?.text ?? ''
    if (Buffer.byteLength(code) <= maxBundleBytes) return code
  } catch (error) {
    throw asBuildError(error)
  }
  throw new BuildError(
    'too_large',
    `The dependencies have more than ${maxBundleBytes / 1_000_000} MB of code once bundled.`,
  )
}

/** Found when it is used and not before: many packages name modules of Node that they hardly ever need. */
const leaveToIsolate: Plugin = {
  name: 'leave-to-isolate',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path, kind }) =>
      kind !== 'entry-point' && isBuiltin(path) ? { path, external: true } : undefined,
    )
  },
}

const outside = { errors: [{ text: 'a package requires a file that lies outside the packages' }] }

/**
 * A package may name a file of the server's host as a module, and must not get to see it, nor be told whether it is there:
 * a path that leads out is refused before it is looked for, and whatever is found by other ways before it is read.
 */
function stayWithin(folder: string): Plugin {
  const leadsOut = (path: string) => !path.startsWith(folder + sep)
  return {
    name: 'stay-within',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /\.\.|^\// }, ({ path, resolveDir }) => {
        const from = /^[./]/.test(path) ? resolveDir : join(folder, 'node_modules')
        return leadsOut(resolve(from, path)) ? outside : undefined
      })
      onLoad({ filter: /(?:)/ }, ({ path, namespace }) =>
        namespace === 'file' && leadsOut(path) ? outside : undefined,
      )
    },
  }
}

function asBuildError(error: unknown): BuildError {
  const [first] = error instanceof Error && 'errors' in error ? (error.errors as { text: string }[]) : []
  if (first === undefined) throw error
  const missing = /^Could not resolve "([^"]+)"/.exec(first.text)?.[1]
  return new BuildError(
    missing ? 'unknown_package' : 'bad_dependency',
    missing
      ? `The module '${missing}' is not in the packages that were installed.`
      : `The packages cannot be bundled: ${first.text}.`,
  )
}
