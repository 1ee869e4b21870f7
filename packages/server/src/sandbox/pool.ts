/**
 * The sandbox's door. An invocation goes to a runner of the fast lane; if its program turns out to need
 * long slices, or its runner dies, it is sent again. Every ending is an outcome, and every outcome comes
 * within the invocation's own time, whatever else goes on in the runners.
 */
import { availableParallelism } from 'node:os'
import { bundleSandbox, type RunnerPayload } from './bundle.ts'
import { CompileDesk } from './compile-desk.ts'
import { type Conduct, createConduct, type SandboxEvent } from './conduct.ts'
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
import { OpenFlights } from './open-flights.ts'
import { hashProgram } from './program-hash.ts'
import { type Lane, type StopReason, toRunner } from './protocol.ts'
import { createHearLine } from './runner-lines.ts'
import type { EndCause, RunnerProcess } from './runner-process.ts'
import { Watchdog } from './watchdog.ts'

export interface SandboxDeps {
  readonly limits: SandboxLimits
  readonly egress: EgressPolicy
  /** Processes of the fast lane; one less than there are processors by default. */
  readonly fastRunners?: number
  /** Wall clock in milliseconds, for what is remembered beyond an invocation. */
  readonly now?: () => number
  readonly log: (event: SandboxEvent) => void
}

const maxResends = 10
const graceMs = 300

/** Resolves when the sandbox can be called. */
export async function createSandbox(deps: SandboxDeps): Promise<Sandbox> {
  const payload = await bundleSandbox()
  const pool = new SandboxPool(deps, payload)
  try {
    await pool.start()
  } catch (error) {
    await pool.close()
    throw error
  }
  return pool
}

class SandboxPool implements Sandbox {
  readonly #deps: SandboxDeps
  readonly #lanes: Lanes
  readonly #egress: Egress
  readonly #conduct: Conduct
  readonly #watchdog: Watchdog
  readonly #desk: CompileDesk
  readonly #flights = new OpenFlights()
  #isClosing = false

  constructor(deps: SandboxDeps, payload: RunnerPayload) {
    this.#deps = deps
    this.#egress = createEgress(deps.egress, deps.limits.maxFetchBytes)
    this.#conduct = createConduct(deps.now ?? Date.now, deps.log)
    this.#lanes = new Lanes({
      payload,
      fastRunners: deps.fastRunners ?? Math.max(1, availableParallelism() - 1),
      memoryMb: deps.limits.memoryMb,
      onLine: createHearLine({
        flights: this.#flights,
        egress: this.#egress,
        compiled: (runner, line) => this.#desk.answer(runner, line),
        forget: (flight) => this.#forget(flight),
        stopped: (flight, reason) => this.#stopped(flight, reason),
        overran: (flight) => this.#conduct.overran(flight.invocation.program.id),
      }),
      onEnd: (runner, cause) => this.#onEnd(runner, cause),
      onRefilled: () => this.#dispatchWaiting(),
    })
    this.#desk = new CompileDesk(() => this.#lanes.pick('slow', ''))
    this.#watchdog = new Watchdog((nowMs) => this.#tick(nowMs))
  }

  start(): Promise<void> {
    return this.#lanes.start()
  }

  invoke(invocation: Invocation): Promise<InvocationResult> {
    const { promise, resolve, reject } = Promise.withResolvers<InvocationResult>()
    const { limits } = this.#deps
    const flight = new Flight(invocation, performance.now(), limits.timeoutMs, limits.maxConsoleBytes, {
      resolve,
      reject,
    })
    const refusal = this.#refusal(invocation.program.id)
    if (refusal !== undefined) flight.settle(refusal)
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
    for (const flight of this.#flights.all()) this.#end(flight, { kind: 'runner_lost' })
    this.#desk.close()
    await this.#lanes.close()
    await this.#egress.close()
  }

  #refusal(programId: string): InvocationOutcome | undefined {
    if (this.#isClosing) return { kind: 'runner_lost' }
    const retryAfterSeconds = this.#conduct.retryAfterSeconds(programId)
    if (retryAfterSeconds !== undefined) return { kind: 'quarantined', retryAfterSeconds }
    return this.#flights.hasRoom(programId) ? undefined : { kind: 'overloaded', retryAfterSeconds: 1 }
  }

  #accept(flight: Flight): void {
    this.#flights.add(flight)
    this.#watchdog.start()
    this.#dispatch(flight, this.#conduct.laneOf(flight.invocation.program.id))
  }

  #dispatch(flight: Flight, wanted: Lane): void {
    const { program } = flight.invocation
    const wantedRunner = this.#lanes.pick(wanted, program.id)
    // Rather the slow lane at once than the fast one when its runner has been replaced.
    const lane = wantedRunner === undefined ? 'slow' : wanted
    const runner = wantedRunner ?? this.#lanes.pick(lane, program.id)
    flight.lane = runner === undefined ? wanted : lane
    if (runner === undefined || (lane === 'slow' && !this.#conduct.admit(flight))) {
      this.#flights.wait(flight)
      return
    }
    const attemptId = this.#flights.beginAttempt(flight, runner)
    runner.send(flight.writeCall(attemptId, this.#deps.limits.maxConsoleBytes, performance.now()))
  }

  #dispatchWaiting(): void {
    for (const flight of this.#flights.waiting()) this.#dispatch(flight, flight.lane)
  }

  #resend(flight: Flight, lane: Lane): void {
    this.#flights.endAttempt(flight)
    if (flight.resends >= maxResends) {
      this.#end(flight, { kind: 'runner_lost' })
      return
    }
    flight.resends++
    const isSlow = this.#conduct.laneOf(flight.invocation.program.id) === 'slow'
    this.#dispatch(flight, isSlow ? 'slow' : lane)
  }

  /** Settles and forgets. */
  #end(flight: Flight, outcome: InvocationOutcome): void {
    flight.settle(outcome)
    this.#forget(flight)
  }

  #forget(flight: Flight): void {
    if (this.#flights.remove(flight) && this.#conduct.leave(flight)) this.#dispatchWaiting()
  }

  /** The isolate was stopped under the invocation. */
  #stopped(flight: Flight, reason: StopReason): void {
    if (flight.isSettled) this.#forget(flight)
    else if (reason === 'memory') this.#end(flight, { kind: 'out_of_memory' })
    else if (reason === 'neighbour') this.#resend(flight, flight.lane)
    else if (flight.lane === 'slow') this.#end(flight, this.#timedOut())
    else {
      if (reason !== 'preempted') this.#conduct.overran(flight.invocation.program.id)
      this.#resend(flight, 'slow')
    }
  }

  #timedOut(): InvocationOutcome {
    return { kind: 'timed_out', afterMs: this.#deps.limits.timeoutMs }
  }

  #tick(nowMs: number): boolean {
    for (const flight of this.#flights.all()) {
      if (nowMs < flight.deadline) continue
      if (!flight.isSettled) flight.settle(this.#timedOut())
      if (flight.runner === undefined) this.#forget(flight)
      else if (flight.killAt === undefined) {
        flight.killAt = nowMs + graceMs
        flight.runner.send(`${toRunner.drop} ${flight.attemptId}`)
      } else if (nowMs >= flight.killAt) flight.runner.kill('overdue')
    }
    const busy = this.#flights.busyRunners()
    for (const runner of this.#lanes.working()) this.#watchdog.inspect(runner, busy.has(runner), nowMs)
    this.#desk.expire(nowMs)
    return this.#flights.size > 0
  }

  #onEnd(runner: RunnerProcess, cause: EndCause): void {
    if (this.#isClosing) return
    this.#deps.log({ kind: 'runner_ended', cause, pid: runner.pid })
    const wasCompiling = this.#desk.lost(runner)
    const lost = this.#flights.in(runner)
    if (runner.lane === 'slow') this.#convict(this.#conduct.judge(lost, cause, !wasCompiling), lost, cause)
    const stuck = runner.lane === 'fast' && cause !== 'killed_from_outside' ? runner.lastProgram() : undefined
    for (const flight of lost) {
      if (!this.#flights.has(flight)) continue
      // It is given to the slow lane, where a slice may take its time.
      const { id } = flight.invocation.program
      if (hashProgram(id) === stuck) this.#conduct.stuck(id)
      if (flight.isSettled) this.#forget(flight)
      else this.#resend(flight, flight.lane)
    }
    this.#dispatchWaiting()
  }

  #convict(programIds: ReadonlySet<string>, lost: Flight[], cause: EndCause): void {
    const isMemory = cause === 'out_of_memory' || cause === 'memory'
    for (const flight of lost) {
      if (programIds.has(flight.invocation.program.id))
        this.#end(flight, { kind: isMemory ? 'out_of_memory' : 'runner_lost' })
    }
  }
}
