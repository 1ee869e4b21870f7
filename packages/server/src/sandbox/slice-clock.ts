/** How long a slice may take, and whether one that took too long had the processor all that time. */
import type { Lane, StopReason } from './protocol.ts'

/** In the fast lane a slice holds up everybody; only a program's first, on code never run before, may take longer. */
export const fastSliceMs = 10
export const fastColdSliceMs = 50
/** A slice of the slow lane that takes more would not have fitted into the fast one. */
export const heavySliceMs = 10

export class SliceClock {
  readonly #lane: Lane
  #beganAt = 0

  constructor(lane: Lane) {
    this.#lane = lane
  }

  /** Fast lane: the slice runs on this thread. */
  begin(): void {
    this.#beganAt = processorMs()
  }

  describeStop(reason: 'time' | 'memory'): StopReason {
    if (reason === 'memory') return 'memory'
    const wasPreempted = this.#lane === 'fast' && processorMs() - this.#beganAt < fastSliceMs / 2
    return wasPreempted ? 'preempted' : 'slice'
  }
}

/** What this thread has had of a processor: a busy machine makes it no longer. */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
