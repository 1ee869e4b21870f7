/** A real sandbox for tests, and a short way to run a source in it. */
import type { SandboxEvent } from '../../src/sandbox/conduct.ts'
import type { EgressPolicy } from '../../src/sandbox/egress.ts'
import type { ConsoleLine, InvocationResult, Sandbox, SandboxLimits } from '../../src/sandbox/invocation.ts'
import { createSandbox, type SandboxDeps } from '../../src/sandbox/pool.ts'

export interface Run {
  /** The same name is the same program. */
  readonly name?: string
  readonly input?: unknown
  readonly seed?: string
  readonly egressAllow?: readonly string[]
  readonly onConsole?: (line: ConsoleLine) => void
}

export interface TestSandbox {
  readonly sandbox: Sandbox
  readonly events: SandboxEvent[]
  run(source: string, options?: Run): Promise<InvocationResult>
  [Symbol.asyncDispose](): Promise<void>
}

/** The program exports a function of the input that returns its result or a promise of it, or calls `settle`. */
export const testAdapter = `(exported) => (input, settle, fail) => {
  if (typeof exported !== 'function') throw new TypeError('The program exports no function.')
  const returned = exported(input, settle)
  if (returned && typeof returned.then === 'function') returned.then(settle, fail)
  else if (returned !== undefined) settle(returned)
}`

/**
 * Far more time than any program here needs that ends by itself;
 * a test of those that do not says how long they may take.
 */
export const testLimits: SandboxLimits = {
  timeoutMs: 20_000,
  memoryMb: 64,
  maxFetchBytes: 1_000_000,
  maxConsoleBytes: 16_384,
}

const nowhere: EgressPolicy = { privateCidrs: [], ownListener: () => [] }

export async function startTestSandbox(deps: Partial<SandboxDeps> = {}): Promise<TestSandbox> {
  const events: SandboxEvent[] = []
  const sandbox = await createSandbox({
    limits: testLimits,
    egress: nowhere,
    fastRunners: 1,
    log: (event) => events.push(event),
    ...deps,
  })
  let lastProgram = 0
  return {
    sandbox,
    events,
    run: (source, options = {}) =>
      sandbox.invoke({
        program: {
          id: options.name ?? `program-${++lastProgram}`,
          owner: 'tests',
          load: async () => ({ prologue: '', source, adapter: testAdapter, modules: undefined }),
        },
        inputJson: JSON.stringify(options.input ?? {}),
        seed: options.seed ?? Buffer.alloc(32, 1).toString('base64url'),
        egressAllow: options.egressAllow ?? [],
        onConsole: options.onConsole ?? (() => undefined),
      }),
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

/** Calls a harmless program again and again until stopped; tells how that went. */
export function startNeighbour(
  run: () => Promise<InvocationResult>,
  everyMs: number,
): () => Promise<NeighbourReport> {
  const durations: number[] = []
  const failures: InvocationResult['outcome'][] = []
  const calls: Promise<void>[] = []
  const call = async () => {
    const { outcome, durationMs } = await run()
    durations.push(durationMs)
    if (outcome.kind !== 'returned') failures.push(outcome)
  }
  const timer = setInterval(() => calls.push(call()), everyMs)
  return async () => {
    clearInterval(timer)
    await Promise.all(calls)
    durations.sort((left, right) => left - right)
    return { calls: durations.length, failures, p99Ms: durations[Math.floor(durations.length * 0.99)] ?? 0 }
  }
}

export interface NeighbourReport {
  readonly calls: number
  readonly failures: readonly InvocationResult['outcome'][]
  readonly p99Ms: number
}
