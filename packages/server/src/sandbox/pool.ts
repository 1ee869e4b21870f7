/**
 * The sandbox's door. An invocation goes to a runner of the fast lane; if its program turns out to need
 * long slices, or its runner dies, it is sent again. Every ending is an outcome, and every outcome comes
 * within the invocation's own time, whatever else goes on in the runners.
 */
import { availableParallelism } from 'node:os'
import { bundleSandbox } from './bundle.ts'
import { CompileDesk } from './compile-desk.ts'
import { createEgress, type Egress, type EgressPolicy } from './egress.ts'
import { Flight } from './flight.ts'
import type {
  CompileResult,
  Invocation,
  InvocationOutcome,
  InvocationResult,
  ProgramCode,
  Sandbox,
  SandboxLimits,
} from './invocation.ts'
import { Lanes } from './lanes.ts'
import { parseLevel, parseText, parseThrown } from './program-words.ts'
import { type Lane, parseStopReason, splitLine, toPool, toRunner, writeCall } from './protocol.ts'
import { createQuarantine, type Quarantine } from './quarantine.ts'
import { parseResult } from './result-text.ts'
import type { EndCause, RunnerProcess } from './runner-process.ts'
import { Suspects } from './suspects.ts'
import { Watchdog } from './watchdog.ts'

/** What an operator may want to know; ids only. */
export type SandboxEvent =
  | { readonly kind: 'runner_ended'; readonly cause: EndCause; readonly pid: number | undefined }
  | { readonly kind: 'program_slow'; readonly programId: string }
  | { readonly kind: 'program_quarantined'; readonly programId: string; readonly seconds: number }

export interface SandboxDeps {
  readonly limits: SandboxLimits
  readonly egress: EgressPolicy
  /** Processes of the fast lane; one less than there are processors by default. */
  readonly fastRunners?: number
  /** Wall clock in milliseconds, for what is remembered beyond an invocation. */
  readonly now?: () => number
  readonly log: (event: SandboxEvent) => void
}

const maxInFlight = 5000
const maxInFlightPerProgram = 1000
const maxResends = 10
const graceMs = 300

/** Resolves when the sandbox can be called. */
export async function createSandbox(deps: SandboxDeps): Promise<Sandbox> {
  const payload = await bundleSandbox()
  const pool = new SandboxPool(deps, (handlers) => {
    const fastRunners = deps.fastRunners ?? Math.max(1, availableParallelism() - 1)
    return new Lanes({ payload, fastRunners, memoryMb: deps.limits.memoryMb, ...handlers })
  })
  await pool.start()
  return pool
}

class SandboxPool implements Sandbox {
  readonly #deps: SandboxDeps
  readonly #lanes: Lanes
  readonly #egress: Egress
  readonly #quarantine: Quarantine
  readonly #suspects = new Suspects()
  readonly #watchdog: Watchdog
  readonly #desk: CompileDesk
  /** Not yet settled, or settled and still printing. */
  readonly #open = new Set<Flight>()
  readonly #attempts = new Map<number, Flight>()
  readonly #openPerProgram = new Map<string, number>()
  readonly #waiting = new Set<Flight>()
  #lastAttemptId = 0
  #isClosing = false

  constructor(
    deps: SandboxDeps,
    createLanes: (
      handlers: Pick<ConstructorParameters<typeof Lanes>[0], 'onLine' | 'onEnd' | 'onRefilled'>,
    ) => Lanes,
  ) {
    this.#deps = deps
    this.#egress = createEgress(deps.egress, deps.limits.maxFetchBytes)
    this.#quarantine = createQuarantine(deps.now ?? Date.now)
    this.#lanes = createLanes({
      onLine: (runner, line) => this.#onLine(runner, line),
      onEnd: (runner, cause) => this.#onEnd(runner, cause),
      onRefilled: () => this.#dispatchWaiting(),
    })
    this.#desk = new CompileDesk(() => this.#lanes.pick('slow', ''))
    this.#watchdog = new Watchdog((nowMs) => this.#tick(nowMs))
  }

  async start(): Promise<void> {
    await this.#lanes.start()
  }

  invoke(invocation: Invocation): Promise<InvocationResult> {
    const { promise, resolve, reject } = Promise.withResolvers<InvocationResult>()
    const { limits } = this.#deps
    const flight = new Flight(invocation, performance.now(), limits.timeoutMs, limits.maxConsoleBytes, {
      resolve,
      reject,
    })
    const refusal = this.#refusal(invocation.program.id)
    if (refusal !== undefined) flight.settle(refusal, performance.now())
    else this.#accept(flight)
    return promise
  }

  compile(code: ProgramCode): Promise<CompileResult> {
    return this.#desk.compile(code)
  }

  ready(): boolean {
    return !this.#isClosing && this.#lanes.isReady
  }

  runnerPids(): number[] {
    return this.#lanes.pids()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.#watchdog.stop()
    for (const flight of [...this.#open]) this.#end(flight, { kind: 'runner_lost' })
    this.#desk.close()
    await this.#lanes.close()
    await this.#egress.close()
  }

  #refusal(programId: string): InvocationOutcome | undefined {
    if (this.#isClosing) return { kind: 'runner_lost' }
    const retryAfterSeconds = this.#quarantine.retryAfterSeconds(programId)
    if (retryAfterSeconds !== undefined) return { kind: 'quarantined', retryAfterSeconds }
    const ofProgram = this.#openPerProgram.get(programId) ?? 0
    if (this.#open.size < maxInFlight && ofProgram < maxInFlightPerProgram) return undefined
    return { kind: 'overloaded', retryAfterSeconds: 1 }
  }

  #accept(flight: Flight): void {
    const { id } = flight.invocation.program
    this.#open.add(flight)
    this.#openPerProgram.set(id, (this.#openPerProgram.get(id) ?? 0) + 1)
    this.#watchdog.start()
    this.#dispatch(flight, this.#quarantine.isSlow(id) ? 'slow' : 'fast')
  }

  #dispatch(flight: Flight, lane: Lane): void {
    const { program, seed, inputJson } = flight.invocation
    flight.lane = lane
    const runner = this.#lanes.pick(lane, program.id)
    if (runner === undefined || (lane === 'slow' && !this.#suspects.admit(flight))) {
      this.#waiting.add(flight)
      return
    }
    this.#waiting.delete(flight)
    const invocationId = ++this.#lastAttemptId
    this.#attempts.set(invocationId, flight)
    flight.beginAttempt(invocationId, runner, lane)
    runner.send(
      writeCall({
        invocationId,
        consoleBytes: this.#deps.limits.maxConsoleBytes,
        remainingMs: Math.max(1, Math.ceil(flight.deadline - performance.now())),
        program: encodeURIComponent(program.id),
        seed: encodeURIComponent(seed),
        // A line break in JSON is a blank; strings write theirs as \n.
        inputJson: inputJson.replace(/[\r\n]/g, ' '),
      }),
    )
  }

  #dispatchWaiting(): void {
    for (const flight of [...this.#waiting]) this.#dispatch(flight, flight.lane)
  }

  #resend(flight: Flight, lane: Lane): void {
    this.#attempts.delete(flight.attemptId)
    flight.runner = undefined
    if (flight.resends >= maxResends) {
      this.#end(flight, { kind: 'runner_lost' })
      return
    }
    flight.resends++
    this.#dispatch(flight, this.#quarantine.isSlow(flight.invocation.program.id) ? 'slow' : lane)
  }

  #settle(flight: Flight, outcome: InvocationOutcome): void {
    flight.settle(outcome, performance.now())
  }

  /** Settles and forgets. */
  #end(flight: Flight, outcome: InvocationOutcome): void {
    this.#settle(flight, outcome)
    this.#forget(flight)
  }

  #forget(flight: Flight): void {
    if (!this.#open.delete(flight)) return
    const { id } = flight.invocation.program
    const left = (this.#openPerProgram.get(id) ?? 1) - 1
    if (left > 0) this.#openPerProgram.set(id, left)
    else this.#openPerProgram.delete(id)
    this.#attempts.delete(flight.attemptId)
    this.#waiting.delete(flight)
    flight.runner = undefined
    if (this.#suspects.leave(flight)) this.#dispatchWaiting()
  }

  #onLine(runner: RunnerProcess, line: string): void {
    if (line.startsWith(`${toPool.compiled} `)) {
      this.#desk.answer(runner, line)
      return
    }
    const [id, rest = ''] = splitLine(line, 2)
    const flight = this.#attempts.get(Number(id))
    if (flight === undefined || flight.runner !== runner) return
    switch (line[0]) {
      case toPool.returned:
        this.#returned(flight, rest)
        return
      case toPool.over:
        if (flight.isSettled) this.#forget(flight)
        return
      case toPool.consoleLine:
        this.#printed(flight, rest)
        return
      case toPool.needsCode:
        return void this.#provideCode(flight, runner)
      case toPool.fetch:
        return void this.#fetch(flight, runner, rest)
      case toPool.threw:
        this.#settle(flight, { kind: 'threw', ...parseThrown(rest) })
        return
      case toPool.refused:
        this.#settle(flight, { kind: 'result_refused', reason: parseText(rest) })
        return
      case toPool.stopped:
        this.#stopped(flight, rest.trim())
        return
      case toPool.entered:
        flight.isInSlice = true
        return
      case toPool.left:
        flight.isInSlice = false
        if (rest === 'heavy') this.#slowDown(flight.invocation.program.id, 'overran')
    }
  }

  #returned(flight: Flight, json: string): void {
    const parsed = parseResult(json)
    if (parsed.kind === 'value') this.#settle(flight, { kind: 'returned', rawValue: parsed.value })
    else this.#settle(flight, { kind: 'result_refused', reason: parsed.reason })
  }

  #printed(flight: Flight, rest: string): void {
    const at = rest.indexOf(' ')
    flight.print(parseLevel(rest.slice(0, at)), parseText(rest.slice(at + 1)))
  }

  async #provideCode(flight: Flight, runner: RunnerProcess): Promise<void> {
    const { program } = flight.invocation
    const name = encodeURIComponent(program.id)
    try {
      const { prologue, source, adapter } = await program.load()
      runner.send(`${toRunner.code} ${name} ${JSON.stringify({ prologue, source, adapter })}`)
    } catch (error) {
      const awaiting = [...this.#open].filter(
        (open) => open.runner === runner && open.invocation.program.id === program.id,
      )
      for (const open of awaiting) {
        open.fail(error)
        this.#forget(open)
      }
      runner.send(`${toRunner.code} ${name} -`)
    }
  }

  async #fetch(flight: Flight, runner: RunnerProcess, rest: string): Promise<void> {
    const { attemptId } = flight
    const at = rest.indexOf(' ')
    const answerJson = await flight.fetch(this.#egress, rest.slice(at + 1))
    if (flight.attemptId !== attemptId || flight.runner !== runner) return
    runner.send(`${toRunner.answer} ${attemptId} ${rest.slice(0, at)} ${answerJson}`)
  }

  /** The isolate was stopped under the invocation. */
  #stopped(flight: Flight, reason: string): void {
    if (flight.isSettled) {
      this.#forget(flight)
      return
    }
    const { id } = flight.invocation.program
    const why = parseStopReason(reason)
    if (why === 'memory') {
      this.#end(flight, { kind: 'out_of_memory' })
      return
    }
    if (why === 'neighbour') {
      this.#resend(flight, flight.lane)
      return
    }
    if (flight.lane === 'slow') {
      this.#end(flight, this.#timedOut())
      return
    }
    if (why !== 'preempted') this.#slowDown(id, 'overran')
    this.#resend(flight, 'slow')
  }

  #timedOut(): InvocationOutcome {
    return { kind: 'timed_out', afterMs: this.#deps.limits.timeoutMs }
  }

  #tick(nowMs: number): boolean {
    for (const flight of [...this.#open]) {
      if (nowMs < flight.deadline) continue
      if (!flight.isSettled) this.#settle(flight, this.#timedOut())
      if (flight.runner === undefined) this.#forget(flight)
      else if (flight.killAt === undefined) {
        flight.killAt = nowMs + graceMs
        flight.runner.send(`${toRunner.drop} ${flight.attemptId}`)
      } else if (nowMs >= flight.killAt) flight.runner.kill('overdue')
    }
    const busy = new Set([...this.#open].map((flight) => flight.runner))
    for (const runner of this.#lanes.working()) this.#watchdog.inspect(runner, busy.has(runner), nowMs)
    this.#desk.expire(nowMs)
    return this.#open.size > 0
  }

  #onEnd(runner: RunnerProcess, cause: EndCause): void {
    if (this.#isClosing) return
    this.#deps.log({ kind: 'runner_ended', cause, pid: runner.pid })
    const wasCompiling = this.#desk.lost(runner)
    const lost = [...this.#open].filter((flight) => flight.runner === runner)
    if (runner.lane === 'slow') this.#convict(this.#suspects.judge(lost, cause, !wasCompiling), lost, cause)
    const culprit =
      runner.lane === 'fast' && cause !== 'killed_from_outside' ? this.#markedBy(runner) : undefined
    for (const flight of lost) {
      if (!this.#open.has(flight)) continue
      if (flight.isSettled) this.#forget(flight)
      else this.#resend(flight, flight === culprit ? 'slow' : flight.lane)
    }
    this.#dispatchWaiting()
  }

  /** Whose slice brought a fast runner down. It is given to the slow lane, where a slice may take its time. */
  #markedBy(runner: RunnerProcess): Flight | undefined {
    const flight = this.#attempts.get(runner.lastSliceOf() ?? 0)
    if (flight?.runner !== runner) return undefined
    this.#slowDown(flight.invocation.program.id, 'markSlow')
    return flight
  }

  /** Tells the log when the program changes lanes by it. */
  #slowDown(programId: string, how: 'markSlow' | 'overran'): void {
    const wasSlow = this.#quarantine.isSlow(programId)
    this.#quarantine[how](programId)
    if (!wasSlow && this.#quarantine.isSlow(programId)) this.#deps.log({ kind: 'program_slow', programId })
  }

  #convict(programIds: ReadonlySet<string>, lost: Flight[], cause: EndCause): void {
    for (const programId of programIds) {
      const seconds = this.#quarantine.strike(programId)
      this.#suspects.acquit(programId)
      this.#deps.log({ kind: 'program_quarantined', programId, seconds })
    }
    const isMemory = cause === 'out_of_memory' || cause === 'memory'
    for (const flight of lost) {
      if (programIds.has(flight.invocation.program.id))
        this.#end(flight, { kind: isMemory ? 'out_of_memory' : 'runner_lost' })
    }
  }
}
