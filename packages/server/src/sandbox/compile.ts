/**
 * Whether a source can be run, found out without running it: the engine checks its syntax, a parser finds
 * the modules it names. Both happen in an isolate that is thrown away, for the source is foreign.
 */
import { builtinModules } from './builtin-modules.ts'
import type { CompileResult, ProgramCode } from './invocation.ts'
import { composeSource, type Engine, sourceOrigin, toLoadFault } from './isolate.ts'

const compileMemoryMb = 128
const compileLimitMs = 1500

interface Fault {
  readonly message: string
  readonly line: number
  readonly column: number
}

/** @returns a `CompileResult` as JSON. */
export async function compileSource(engine: Engine, parser: string, codeJson: string): Promise<string> {
  const isolate = new engine.Isolate({ memoryLimit: compileMemoryMb })
  const code: ProgramCode = JSON.parse(codeJson)
  try {
    const context = await isolate.createContext()
    const result = await check(
      async (source) => {
        await isolate.compileScript(source, sourceOrigin)
      },
      async () => {
        await (await isolate.compileScript(parser)).run(context, { timeout: compileLimitMs })
        const found = await context.evalClosure('return findRequires($0)', [code.source], {
          timeout: compileLimitMs,
          result: { copy: true },
        })
        return String(found)
      },
      code,
    )
    return JSON.stringify(result)
  } catch (error) {
    const message = `The source cannot be compiled: ${toLoadFault(error, code.source).message}`
    return JSON.stringify({ kind: 'syntax_error', message, line: 1, column: 1 })
  } finally {
    if (!isolate.isDisposed) isolate.dispose()
  }
}

async function check(
  compile: (source: string) => Promise<void>,
  findRequires: () => Promise<string>,
  code: ProgramCode,
): Promise<CompileResult> {
  try {
    await compile(composeSource(code))
  } catch (error) {
    const { message, line, column } = toLoadFault(error, code.source)
    return { kind: 'syntax_error', message, line: line ?? 1, column }
  }
  const found = parseFound(await findRequires())
  // The engine took it and the parser does not: either the source closes the function it is put into, or
  // it is newer than the parser. It must stand alone, so it is refused.
  if ('error' in found) return { kind: 'syntax_error', ...found.error }
  const foreign = found.requires.filter(
    ({ name, isImport }) => isImport || !builtinModules.has(name.replace(/^node:/, '')),
  )
  const unknown = foreign.find(({ name, isImport }) => isImport || !liesBeneath(name, code.modules?.names))
  if (unknown === undefined) return { kind: 'compiled', requires: foreign.map(({ name }) => name) }
  return { kind: 'unknown_module', module: unknown.name, line: unknown.line, column: unknown.column }
}

function liesBeneath(name: string, packages: readonly string[] = []): boolean {
  return packages.some((known) => name === known || name.startsWith(`${known}/`))
}

type Found =
  | { readonly error: Fault }
  | { readonly requires: readonly { name: string; isImport: boolean; line: number; column: number }[] }

function parseFound(json: string): Found {
  return JSON.parse(json) as Found
}
