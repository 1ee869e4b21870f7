/**
 * Programs of which one has brought down the slow runner and nobody knows which. Their invocations run
 * there one at a time, so that the next death convicts its cause and the innocent are only kept waiting.
 */
import type { Flight } from './flight.ts'

export class Suspects {
  readonly #accused = new Set<string>()
  #onTrial: Flight | undefined

  accuse(programIds: Iterable<string>): void {
    for (const programId of programIds) this.#accused.add(programId)
  }

  acquit(programId: string): void {
    this.#accused.delete(programId)
  }

  /** May the flight run now? An accused one only when no other is on trial. */
  admit(flight: Flight): boolean {
    if (!this.#accused.has(flight.invocation.program.id)) return true
    if (this.#onTrial !== undefined && this.#onTrial !== flight) return false
    this.#onTrial = flight
    flight.isOnTrial = true
    return true
  }

  /** The flight is over and its runner lives: it was not this one. True when another may be tried now. */
  leave(flight: Flight): boolean {
    if (this.#onTrial !== flight) return false
    this.#onTrial = undefined
    this.acquit(flight.invocation.program.id)
    return true
  }
}
