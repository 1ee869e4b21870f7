/**
 * Which runners there are: some in the fast lane, one in the slow lane, and a spare that takes the place
 * of whichever dies, while another is started behind it.
 */
import type { RunnerPayload } from './bundle.ts'
import { hashProgram } from './program-hash.ts'
import type { Lane } from './protocol.ts'
import { type EndCause, RunnerProcess } from './runner-process.ts'

export interface LanesOptions {
  readonly payload: RunnerPayload
  readonly fastRunners: number
  readonly memoryMb: number
  readonly onLine: (runner: RunnerProcess, line: string) => void
  readonly onEnd: (runner: RunnerProcess, cause: EndCause) => void
  /** A lane that had no runner has one again. */
  readonly onRefilled: () => void
}

const respawnPauseMs = 200

export class Lanes {
  readonly #options: LanesOptions
  readonly #fast: (RunnerProcess | undefined)[]
  #slow: RunnerProcess | undefined
  #spare: RunnerProcess | undefined
  readonly #all = new Set<RunnerProcess>()
  readonly #starting = new Set<Promise<void>>()
  #isClosing = false

  constructor(options: LanesOptions) {
    this.#options = options
    this.#fast = Array.from({ length: options.fastRunners }, () => undefined)
  }

  /** Resolves when each lane has its runners; the spare follows. */
  async start(): Promise<void> {
    const runners = await Promise.all(this.#fast.map(() => this.#spawn()).concat(this.#spawn()))
    for (const runner of runners) this.#place(runner)
    this.#refill()
  }

  /** Programs spread over runners, and each stays where its isolate is. Undefined while a dead runner is being replaced. */
  pick(lane: Lane, programId: string): RunnerProcess | undefined {
    return lane === 'slow' ? this.#slow : this.#fast[hashProgram(programId) % this.#fast.length]
  }

  get isReady(): boolean {
    return this.#slow !== undefined && this.#fast.every((runner) => runner !== undefined)
  }

  /** In use, without the spare. */
  working(): RunnerProcess[] {
    return [...this.#fast, this.#slow].filter((runner) => runner !== undefined)
  }

  pids(): number[] {
    return [...this.#all].map((runner) => runner.pid).filter((pid) => pid !== undefined)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    while (this.#starting.size > 0 || this.#all.size > 0) {
      for (const runner of this.#all) runner.kill('closed')
      await Promise.all([...[...this.#all].map((runner) => runner.ended), ...this.#starting])
    }
  }

  async #spawn(): Promise<RunnerProcess> {
    const { payload, memoryMb, onLine } = this.#options
    const runner = await RunnerProcess.start(
      payload,
      { memoryMb },
      {
        onLine,
        onEnd: (ended, cause) => this.#onEnd(ended, cause),
      },
    )
    if (!runner.isEnded) this.#all.add(runner)
    return runner
  }

  /** Where it is needed most; beyond that it waits as the spare. */
  #place(runner: RunnerProcess): void {
    if (runner.isEnded) return
    const empty = this.#fast.indexOf(undefined)
    if (empty >= 0) {
      this.#fast[empty] = runner
      runner.join('fast')
    } else if (this.#slow === undefined) {
      this.#slow = runner
      runner.join('slow')
    } else this.#spare = runner
  }

  #refill(): void {
    const spare = this.#spare
    if (spare !== undefined && !this.isReady) {
      this.#spare = undefined
      this.#place(spare)
    }
    const missing =
      this.#fast.filter((runner) => runner === undefined).length +
      (this.#slow ? 0 : 1) +
      (this.#spare ? 0 : 1)
    for (let more = missing - this.#starting.size; more > 0; more--) {
      const started = this.#replace().finally(() => {
        this.#starting.delete(started)
        if (!this.#isClosing) this.#refill()
      })
      this.#starting.add(started)
    }
  }

  async #replace(): Promise<void> {
    try {
      this.#place(await this.#spawn())
      this.#options.onRefilled()
    } catch {
      // Whatever kept it from starting was told to the log when it ended; the next attempt must not spin.
      await new Promise((resolve) => setTimeout(resolve, respawnPauseMs))
    }
  }

  #onEnd(runner: RunnerProcess, cause: EndCause): void {
    this.#all.delete(runner)
    const at = this.#fast.indexOf(runner)
    if (at >= 0) this.#fast[at] = undefined
    if (this.#slow === runner) this.#slow = undefined
    if (this.#spare === runner) this.#spare = undefined
    if (!this.#isClosing) this.#refill()
    this.#options.onEnd(runner, cause)
  }
}
