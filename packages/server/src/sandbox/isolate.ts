/**
 * One program in one isolate, on the runner's side. A slice is entry, microtasks and `collect`, and must
 * not be mixed with another of the same isolate; the same steps are walked at once in the fast lane and on
 * the engine's own threads in the slow one.
 */
import type ivm from 'isolated-vm'
import type { ProgramCode } from './invocation.ts'

export type Engine = typeof ivm

/** The entries of `prelude.js`. */
type Entry = 'load' | 'start' | 'resume' | 'reject' | 'drop'
type Argument = string | number | boolean | ivm.Dereference<unknown>

export interface IsolateHost {
  random(invocationId: number, count: number): string
  operate(requestJson: string): string
  bundleSource(name: string): string
}

export type SliceEnd =
  | { readonly kind: 'commands'; readonly text: string }
  /** The isolate is of no use any more. */
  | { readonly kind: 'stopped'; readonly reason: 'time' | 'memory' }

interface Rejection {
  readonly name: string
  readonly message: string
  readonly stack: string
}

/** The program could not even be compiled. */
export interface LoadFault {
  readonly name: string
  readonly message: string
  readonly line: number | undefined
  readonly isTimeout: boolean
}

const loadLimitMs = 50
const fileName = 'program.js'

export class ProgramIsolate {
  readonly #isolate: ivm.Isolate
  readonly #context: ivm.Context
  readonly #entries: Record<Entry | 'collect', ivm.Reference<(...args: Argument[]) => string | undefined>>
  #program: [ivm.Reference, ivm.Reference] | undefined
  /** Handed over when the program first requires one of its modules. */
  #modulesSource = ''

  constructor(
    engine: Engine,
    options: { snapshot: ivm.ExternalCopy<ArrayBuffer>; memoryMb: number; host: IsolateHost },
  ) {
    this.#isolate = new engine.Isolate({ memoryLimit: options.memoryMb, snapshot: options.snapshot })
    this.#context = this.#isolate.createContextSync()
    const { host } = options
    const callbacks = [
      new engine.Callback((id: unknown, count: unknown) => host.random(Number(id), Number(count))),
      new engine.Callback((request: unknown) => host.operate(String(request))),
      new engine.Callback((name: unknown) => host.bundleSource(String(name))),
      new engine.Callback(() => this.#modulesSource),
    ]
    const prelude = this.#context.evalClosureSync(
      'const boot = globalThis.__tallystickBoot; delete globalThis.__tallystickBoot;' +
        'return boot({ random: $0, operate: $1, bundleSource: $2, modulesSource: $3 })',
      callbacks,
      { result: { reference: true } },
    )
    const entry = (name: string) => prelude.getSync(name, { reference: true })
    this.#entries = {
      load: entry('load'),
      start: entry('start'),
      resume: entry('resume'),
      reject: entry('reject'),
      drop: entry('drop'),
      collect: entry('collect'),
    }
  }

  get isDisposed(): boolean {
    return this.#isolate.isDisposed
  }

  get cpuMs(): number {
    return Number(this.#isolate.cpuTime) / 1e6
  }

  dispose(): void {
    if (!this.#isolate.isDisposed) this.#isolate.dispose()
  }

  compileNow(code: ProgramCode): LoadFault | undefined {
    this.#modulesSource = code.modules?.code ?? ''
    try {
      this.#program = [
        this.#isolate
          .compileScriptSync(composeSource(code), sourceOrigin)
          .runSync(this.#context, { reference: true, timeout: loadLimitMs }),
        this.#isolate
          .compileScriptSync(`(${code.adapter}\n)`, { filename: 'adapter.js' })
          .runSync(this.#context, { reference: true, timeout: loadLimitMs }),
      ]
      return undefined
    } catch (error) {
      return toLoadFault(error, code.source)
    }
  }

  async compileLater(code: ProgramCode, limitMs: number): Promise<LoadFault | undefined> {
    this.#modulesSource = code.modules?.code ?? ''
    try {
      const script = await this.#isolate.compileScript(composeSource(code), sourceOrigin)
      const program = await script.run(this.#context, { reference: true, timeout: limitMs })
      const adapter = await this.#isolate.compileScript(`(${code.adapter}\n)`, { filename: 'adapter.js' })
      this.#program = [program, await adapter.run(this.#context, { reference: true, timeout: limitMs })]
      return undefined
    } catch (error) {
      return toLoadFault(error, code.source)
    }
  }

  /** What `load` is called with beside the invocation. */
  programArguments(): Argument[] {
    if (this.#program === undefined) throw new Error('The program is not compiled.')
    return this.#program.map((reference) => reference.derefInto())
  }

  enterNow(invocationId: number, entry: Entry, args: Argument[], limitMs: number): SliceEnd {
    try {
      const rejection = this.#applyNow(entry, args, limitMs)
      if (rejection !== undefined) this.#applyNow('reject', rejectArguments(invocationId, rejection), limitMs)
      const text = this.#entries.collect.applySync(undefined, [])
      return { kind: 'commands', text: text ?? '' }
    } catch (error) {
      return this.#stopped(error)
    }
  }

  async enterLater(invocationId: number, entry: Entry, args: Argument[], limitMs: number): Promise<SliceEnd> {
    try {
      const rejection = await this.#applyLater(entry, args, limitMs)
      if (rejection !== undefined) {
        await this.#applyLater('reject', rejectArguments(invocationId, rejection), limitMs)
      }
      const text = await this.#entries.collect.apply(undefined, [])
      return { kind: 'commands', text: text ?? '' }
    } catch (error) {
      return this.#stopped(error)
    }
  }

  #applyNow(entry: Entry, args: Argument[], limitMs: number): Rejection | undefined {
    try {
      this.#entries[entry].applySync(undefined, args, { timeout: limitMs })
      return undefined
    } catch (error) {
      return this.#toRejection(error)
    }
  }

  async #applyLater(entry: Entry, args: Argument[], limitMs: number): Promise<Rejection | undefined> {
    try {
      await this.#entries[entry].apply(undefined, args, { timeout: limitMs })
      return undefined
    } catch (error) {
      return this.#toRejection(error)
    }
  }

  /** The prelude catches what a program throws; what still arrives is a promise rejected and not looked after. */
  #toRejection(error: unknown): Rejection {
    if (this.#isolate.isDisposed || isTimeout(error)) throw error
    if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: '' }
    return { name: String(error.name), message: String(error.message), stack: String(error.stack) }
  }

  #stopped(error: unknown): SliceEnd {
    const isMemory = this.#isolate.isDisposed || /memory/i.test(String(error))
    return { kind: 'stopped', reason: isTimeout(error) || !isMemory ? 'time' : 'memory' }
  }
}

function rejectArguments(invocationId: number, rejection: Rejection): Argument[] {
  return [invocationId, rejection.name, rejection.message, rejection.stack]
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Script execution timed out')
}

/**
 * One function body: the prologue and the source on lines of their own, so that names they both declare
 * clash. The semicolon in front makes a leading "use strict" a plain text.
 */
export function composeSource(code: Pick<ProgramCode, 'prologue' | 'source'>): string {
  return `(function (module, exports, require, __filename, __dirname) {;${code.prologue}\n${code.source}\n})`
}

/** Lines are counted from the source's first. */
export const sourceOrigin = { filename: fileName, lineOffset: -1 }

/** The engine writes the place behind the message: `Unexpected token '}' [program.js:3:10]`. */
const place = / \[(?:program|adapter)\.js:(-?\d+):(\d+)\]$/

/** The place is one of the source's: what is missing at its end is missing after its last character. */
export function toLoadFault(error: unknown, source: string): LoadFault & { column: number } {
  const name = error instanceof Error ? error.name : 'Error'
  const text = error instanceof Error ? error.message : String(error)
  const found = place.exec(text)
  const known = { name, message: text.replace(place, ''), isTimeout: isTimeout(error) }
  if (found === null) return { ...known, line: undefined, column: 1 }
  const lines = source.split(/\r\n|[\r\n\u2028\u2029]/)
  const line = Math.max(1, Number(found[1]))
  const lastColumn = (lines[Math.min(line, lines.length) - 1]?.length ?? 0) + 1
  if (line > lines.length) return { ...known, line: lines.length, column: lastColumn }
  return { ...known, line, column: Math.min(Number(found[2]), lastColumn) }
}
