/**
 * What kills a runner that no longer answers. A runner with work is pinged; one that stays silent is stuck
 * in something that cannot be interrupted, and its process is ended.
 */
import type { RunnerProcess } from './runner-process.ts'

const intervalMs = 20
const pingEveryMs = 25
/** The slow lane's main thread never runs a slice, but it does a program's cryptography. */
const silenceMs = { fast: 150, slow: 700 } as const
/**
 * What a silent runner queued for a processor does not count:
 * it is starved, not stuck. It is waited for this much longer.
 */
const starvedFactor = 4
const maxResidentBytes = 900_000_000
const measureEveryMs = 100

export class Watchdog {
  readonly #tick: (nowMs: number) => boolean
  readonly #nextPing = new WeakMap<RunnerProcess, number>()
  readonly #nextMeasure = new WeakMap<RunnerProcess, number>()
  /** How long it had queued for a processor when half of the silence was over. */
  readonly #queuedHalfway = new WeakMap<RunnerProcess, number>()
  #timer: NodeJS.Timeout | undefined
  #lastTickMs = 0
  /** How long this process itself was held up: for that time no answer could have been read. */
  #heldUpMs = 0

  /** @param tick is called while there is work; false when there is none. */
  constructor(tick: (nowMs: number) => boolean) {
    this.#tick = tick
  }

  start(): void {
    if (this.#timer !== undefined) return
    this.#lastTickMs = performance.now()
    this.#timer = setInterval(() => {
      const nowMs = performance.now()
      this.#heldUpMs = Math.max(0, nowMs - this.#lastTickMs - 2 * intervalMs)
      this.#lastTickMs = nowMs
      if (!this.#tick(nowMs)) this.stop()
    }, intervalMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #judgeSilence(runner: RunnerProcess, silentMs: number): void {
    const limitMs = silenceMs[runner.lane ?? 'fast']
    if (silentMs < limitMs / 2) {
      this.#queuedHalfway.delete(runner)
      return
    }
    const queuedMs = runner.queuedMs() ?? 0
    const halfwayMs = this.#queuedHalfway.get(runner) ?? queuedMs
    this.#queuedHalfway.set(runner, halfwayMs)
    const ownMs = silentMs - (queuedMs - halfwayMs)
    if (ownMs > limitMs || silentMs > limitMs * starvedFactor) runner.kill('silent')
  }

  inspect(runner: RunnerProcess, isBusy: boolean, nowMs: number): void {
    if (runner.isEnded) return
    if (runner.pingedAt !== undefined) {
      runner.pingedAt += this.#heldUpMs
      this.#judgeSilence(runner, nowMs - runner.pingedAt)
    } else if (isBusy && nowMs >= (this.#nextPing.get(runner) ?? 0)) {
      this.#nextPing.set(runner, nowMs + pingEveryMs)
      runner.ping(nowMs)
    }
    if (!isBusy || nowMs < (this.#nextMeasure.get(runner) ?? 0)) return
    this.#nextMeasure.set(runner, nowMs + measureEveryMs)
    if ((runner.residentBytes() ?? 0) > maxResidentBytes) runner.kill('memory')
  }
}
