/**
 * JavaScript of TypeScript or of an ECMAScript module, made by
 * esbuild, which reads foreign text in a process of its own.
 */
import { transform } from 'esbuild'
import { BuildError } from '../domain/rule-build.ts'
import { withinCompilerTime } from './compiler-time.ts'
import { onSourceLines } from './source-lines.ts'

/** A sound source takes some milliseconds; one of nothing but nested functions, hours. */
const limitMs = 5000

/** Each line of it stands where its source does. @throws BuildError `syntax_error` with the place in the source. */
export async function transpile(source: string): Promise<string> {
  try {
    const { code, map } = await withinCompilerTime(limitMs, () => transform(source, options))
    return onSourceLines(code, JSON.parse(map))
  } catch (error) {
    throw asBuildError(error)
  }
}

const options = {
  loader: 'ts',
  format: 'cjs',
  target: 'es2024',
  platform: 'node',
  minifyWhitespace: true,
  legalComments: 'none',
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'silent',
  // A `tsconfig.json` that happens to lie near the server must not change what a rule means.
  tsconfigRaw: {},
} as const

interface Message {
  readonly text: string
  readonly location: { readonly line: number; readonly column: number } | null
}

function asBuildError(error: unknown): BuildError {
  const [first] = error instanceof Error && 'errors' in error ? (error.errors as Message[]) : []
  if (first === undefined) throw error
  const { line = 1, column = 0 } = first.location ?? {}
  const position = { line, column: column + 1 }
  return new BuildError(
    'syntax_error',
    `The rule does not compile: ${first.text} (line ${position.line}, column ${position.column}).`,
    position,
  )
}
