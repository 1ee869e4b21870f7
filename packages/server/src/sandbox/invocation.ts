/**
 * The sandbox's contract: what may be asked of it and what comes back. It runs code that nobody trusts
 * and knows nothing of OAuth, tenants or rules. Everything that crosses is plain data; nothing that
 * comes back has been believed.
 */

/** Code to run. Prologue and source share one function body, so that a declaration clash is a syntax error. */
export interface ProgramCode {
  /** JavaScript put in front of the source on its own line; lines are counted without it. */
  readonly prologue: string
  /**
   * The foreign source, evaluated as a sloppy-mode function body
   * with `module`, `exports`, `require`, `__filename`, `__dirname`.
   */
  readonly source: string
  /**
   * An expression that evaluates to `(exported) => (input, settle, fail) => void`, in a scope of its own and
   * before the source runs, so that it can keep what it needs out of the source's reach. `exported` is what the
   * source returned when that is truthy, else `module.exports`. `input` is the parsed input; `settle(value)`
   * ends the invocation with `JSON.stringify(value)`, `fail(error)` ends it as if the error had been thrown;
   * only the first of these calls counts. What the function throws counts as `fail`,
   * and so does a promise rejected with nobody to handle it.
   */
  readonly adapter: string
  /** What `require` finds beside the built-in modules, which win where a name is both. */
  readonly modules: ProgramModules | undefined
}

export interface ProgramModules {
  /** A module that lies beneath one of these names (`lodash/fp`) counts as known when the program is compiled. */
  readonly names: readonly string[]
  /** A function body whose `module.exports` maps names to functions that load; evaluated at the first `require`. */
  readonly code: string
}

export interface Program {
  /** The same id means the same code, for ever. */
  readonly id: string
  /** Programs of one owner may share a runner's fate; isolates are never shared between programs. */
  readonly owner: string
  /** Asked only when no warm isolate holds the program. */
  readonly load: () => Promise<ProgramCode>
}

export interface Invocation {
  readonly program: Program
  /** JSON text; the program's one argument. */
  readonly inputJson: string
  /** 32 bytes, base64url: where the program's randomness comes from, so that a replay sees the same. */
  readonly seed: string
  /** `host` or `host:port` the program may fetch from. Empty: nowhere. */
  readonly egressAllow: readonly string[]
  /** Called for each line as its slice ends, also for lines printed after the invocation settled. */
  readonly onConsole: (line: ConsoleLine) => void
}

export type ConsoleLevel = 'debug' | 'info' | 'warn' | 'error'

export interface ConsoleLine {
  readonly level: ConsoleLevel
  /** One call of `console`, formatted; never longer than what is left of the invocation's 16 kB. */
  readonly text: string
  /** There was more. */
  readonly isCut?: true
}

/** What became of one fetch of the program. */
export interface FetchTrace {
  readonly method: string
  readonly url: string
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined
  /** Why there was no answer. */
  readonly error: string | undefined
  /** Milliseconds since dispatch. */
  readonly startedAtMs: number
  readonly durationMs: number
  /** The first 16 kB of the answer, as text. */
  readonly bodyHead: string
  /** There was more. */
  readonly isBodyCut: boolean
  /** Of the whole answer, hexadecimal; empty when there was none. */
  readonly bodySha256: string
}

/** Characters. What a program threw is cut to these: a text of this length may be the beginning of a longer one. */
export const maxThrownNameLength = 100
export const maxThrownMessageLength = 2000

export type InvocationOutcome =
  /** The program settled; the text is what it handed over, size- and depth-checked, not believed. */
  | { readonly kind: 'returned'; readonly rawValue: unknown }
  /** An exception nobody caught: while loading, synchronously, or in a timer. `line` counts the source's lines from 1. */
  | { readonly kind: 'threw'; readonly name: string; readonly message: string; readonly line?: number }
  | { readonly kind: 'timed_out'; readonly afterMs: number }
  | { readonly kind: 'out_of_memory' }
  /** The value handed over was too large or too deep. The reason may quote what was thrown and is as long at most. */
  | { readonly kind: 'result_refused'; readonly reason: string }
  /** The runner process died under the program and it could not be run again. */
  | { readonly kind: 'runner_lost' }
  /** The program killed runners before and is not run for a while. */
  | { readonly kind: 'quarantined'; readonly retryAfterSeconds: number }
  /** Too many invocations wait already. */
  | { readonly kind: 'overloaded'; readonly retryAfterSeconds: number }

export interface InvocationResult {
  readonly outcome: InvocationOutcome
  readonly console: readonly ConsoleLine[]
  readonly fetches: readonly FetchTrace[]
  readonly lane: 'fast' | 'slow'
  /** From dispatch to outcome, wall clock. */
  readonly durationMs: number
  /** How often it was sent again because a runner died or the lane changed. */
  readonly resends: number
}

export type CompileResult =
  /** `requires`: the modules that the source names and that are not built in. */
  | { readonly kind: 'compiled'; readonly requires: readonly string[] }
  | {
      readonly kind: 'syntax_error'
      readonly message: string
      readonly line: number
      readonly column: number
    }
  /** A required module that is neither built in nor bundled. */
  | {
      readonly kind: 'unknown_module'
      readonly module: string
      readonly line: number
      readonly column: number
    }

export interface Sandbox {
  invoke(invocation: Invocation): Promise<InvocationResult>
  /** Compiles without running anything, in a runner. */
  compile(code: ProgramCode): Promise<CompileResult>
  /** True when every lane has a live runner. */
  ready(): boolean
  /** Of every runner process, the spare included. */
  runnerPids(): number[]
  /** Resolves when every runner process has ended. Invocations in flight end with `runner_lost`. */
  close(): Promise<void>
}

export interface SandboxLimits {
  /** Wall clock of one invocation from dispatch, inherited by re-sends and bounding its fetches. */
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly maxFetchBytes: number
  /** UTF-8 bytes of console text of one invocation; more is cut, and one line says so. */
  readonly maxConsoleBytes: number
}
