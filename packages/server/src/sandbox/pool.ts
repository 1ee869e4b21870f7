/**
 * The sandbox's door. An invocation goes to a runner of the fast lane; if its program turns out to need
 * long slices, or its runner dies, it is sent again. Every ending is an outcome, and every outcome comes
 * within the invocation's own time, whatever else goes on in the runners.
 */
import { availableParallelism } from 'node:os'
import { bundleSandbox } from './bundle.ts'
import { CompileDesk } from './compile-desk.ts'
import { createEgress, type Egress, type EgressPolicy, parseEgressRequest } from './egress.ts'
import { Flight } from './flight.ts'
import type {
  CompileResult,
  ConsoleLevel,
  Invocation,
  InvocationOutcome,
  InvocationResult,
  ProgramCode,
  Sandbox,
  SandboxLimits,
} from './invocation.ts'
import { Lanes } from './lanes.ts'
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

  /** Of every runner process, the spare included. */
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
    if (flight.resends >= maxResends) return this.#end(flight, { kind: 'runner_lost' })
    flight.resends++
    this.#dispatch(flight, lane)
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
    if (line.startsWith(`${toPool.compiled} `)) return this.#desk.answer(line)
    const [id, rest = ''] = splitLine(line, 2)
    const flight = this.#attempts.get(Number(id))
    if (flight === undefined || flight.runner !== runner) return
    switch (line[0]) {
      case toPool.returned:
        return this.#returned(flight, rest)
      case toPool.over:
        if (flight.isSettled) this.#forget(flight)
        return
      case toPool.consoleLine:
        return this.#printed(flight, rest)
      case toPool.needsCode:
        return void this.#provideCode(flight, runner)
      case toPool.fetch:
        return void this.#fetch(flight, runner, rest)
      case toPool.threw:
        return this.#settle(flight, { kind: 'threw', ...parseThrown(rest) })
      case toPool.refused:
        return this.#settle(flight, { kind: 'result_refused', reason: parseText(rest) })
      case toPool.stopped:
        return this.#stopped(flight, rest.trim())
      case toPool.entered:
        flight.isInSlice = true
        return
      case toPool.left:
        flight.isInSlice = false
        if (rest === 'heavy') this.#quarantine.markSlow(flight.invocation.program.id)
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
    try {
      const { prologue, source, adapter } = await program.load()
      const codeJson = JSON.stringify({ prologue, source, adapter })
      runner.send(`${toRunner.code} ${encodeURIComponent(program.id)} ${codeJson}`)
    } catch (error) {
      for (const open of [...this.#open]) {
        if (open.runner !== runner || open.invocation.program.id !== program.id) continue
        open.fail(error)
        this.#forget(open)
      }
      runner.send(`${toRunner.code} ${encodeURIComponent(program.id)} -`)
    }
  }

  async #fetch(flight: Flight, runner: RunnerProcess, rest: string): Promise<void> {
    const { attemptId } = flight
    const [waitingId, requestJson = ''] = splitLine(`F ${rest}`, 2)
    const request = parseEgressRequest(requestJson)
    const answer =
      request === undefined
        ? { error: 'The request cannot be read.' }
        : await flight.fetch(this.#egress, request, () => performance.now())
    if (flight.attemptId !== attemptId || flight.runner !== runner) return
    const json = JSON.stringify(
      'error' in answer ? answer : { ...answer, body: answer.body.toString('base64') },
    )
    runner.send(`${toRunner.answer} ${attemptId} ${waitingId} ${json}`)
  }

  /** The isolate was stopped under the invocation. */
  #stopped(flight: Flight, reason: string): void {
    if (flight.isSettled) return this.#forget(flight)
    const { id } = flight.invocation.program
    const why = parseStopReason(reason)
    if (why === 'memory') return this.#end(flight, { kind: 'out_of_memory' })
    if (why === 'neighbour') return this.#resend(flight, flight.lane)
    if (flight.lane === 'slow') return this.#end(flight, this.#timedOut())
    if (!this.#quarantine.isSlow(id)) this.#deps.log({ kind: 'program_slow', programId: id })
    this.#quarantine.markSlow(id)
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
    this.#desk.lost(runner)
    const lost = [...this.#open].filter((flight) => flight.runner === runner)
    if (runner.lane === 'slow') this.#judge(lost, cause)
    for (const flight of lost) {
      if (!this.#open.has(flight)) continue
      if (flight.isSettled) this.#forget(flight)
      // Whoever brought a fast runner down is found out in the slow lane, where slices are told apart.
      else this.#resend(flight, cause === 'killed_from_outside' ? flight.lane : 'slow')
    }
    this.#dispatchWaiting()
  }

  /** Who brought the slow runner down? Whoever is convicted rests; whoever may be innocent is tried alone. */
  #judge(lost: Flight[], cause: EndCause): void {
    if (cause === 'killed_from_outside') return
    const inSlice = lost.filter((flight) => flight.isInSlice)
    if (cause === 'overdue') {
      const late = inSlice.filter((flight) => flight.killAt !== undefined)
      return this.#convict(new Set(late.map((flight) => flight.invocation.program.id)), lost, cause)
    }
    const candidates = inSlice.length > 0 ? inSlice : lost
    const tried = candidates.filter((flight) => flight.isOnTrial)
    const programIds = new Set(
      (tried.length > 0 ? tried : candidates).map((flight) => flight.invocation.program.id),
    )
    if (programIds.size === 1) this.#convict(programIds, lost, cause)
    else this.#suspects.accuse(programIds)
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

const levels: ReadonlySet<string> = new Set<ConsoleLevel>(['debug', 'info', 'warn', 'error'])

function parseLevel(text: string): ConsoleLevel {
  return levels.has(text) ? (text as ConsoleLevel) : 'info'
}

function parseText(json: string): string {
  try {
    return String(JSON.parse(json))
  } catch {
    return ''
  }
}

const maxThrownLength = 2000

function parseThrown(json: string): { name: string; message: string; line?: number } {
  try {
    const { name, message, line } = JSON.parse(json)
    return {
      name: String(name).slice(0, 100),
      message: String(message).slice(0, maxThrownLength),
      ...(Number.isInteger(line) && line >= 1 ? { line } : {}),
    }
  } catch {
    return { name: 'Error', message: 'The program threw something that cannot be read.' }
  }
}
