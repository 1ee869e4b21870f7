/** An invocation as the runner knows it: until when it may go on, its timers, and what it has drawn and had computed. */
import { createKeystream, type Keystream } from './keystream.ts'
import { operate } from './operations.ts'
import type { Call } from './protocol.ts'
import { processorMs } from './slice-clock.ts'

/** The runner's main thread serves everybody; one invocation may have this much of it, in time of a processor. */
const maxComputedMs = 100
const maxRandomBytes = 4096

export class LiveInvocation {
  readonly deadline: number
  readonly #seed: string
  #keystream: Keystream | undefined
  #timers: Map<string, NodeJS.Timeout> | undefined
  #computedMs = 0

  constructor(call: Pick<Call, 'seed' | 'remainingMs'>) {
    this.deadline = performance.now() + call.remainingMs
    this.#seed = call.seed
  }

  random(count: number): string {
    this.#keystream ??= createKeystream(this.#seed)
    return this.#keystream(Math.min(Math.max(1, count), maxRandomBytes))
  }

  /** JSON in, JSON out: cryptography and URLs. */
  compute(requestJson: string): string {
    if (this.#computedMs > maxComputedMs) return refusedComputation
    const beganAt = processorMs()
    const answerJson = operate(requestJson)
    this.#computedMs += processorMs() - beganAt
    return answerJson
  }

  setTimer(waitingId: string, delayMs: number, onDue: () => void): void {
    // Whatever would come after the deadline never comes.
    if (performance.now() + delayMs > this.deadline) return
    this.#timers ??= new Map()
    const timer = setTimeout(() => {
      this.#timers?.delete(waitingId)
      onDue()
    }, delayMs)
    this.#timers.set(waitingId, timer)
  }

  clearTimer(waitingId: string): void {
    clearTimeout(this.#timers?.get(waitingId))
    this.#timers?.delete(waitingId)
  }

  end(): void {
    for (const timer of this.#timers?.values() ?? []) clearTimeout(timer)
    this.#timers = undefined
  }
}

/** Also for code that runs when no invocation does. */
export const refusedComputation = JSON.stringify({
  error: `More than ${maxComputedMs} ms of cryptography in one invocation.`,
})
