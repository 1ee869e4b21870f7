/**
 * Programs of which one has brought down the slow runner and nobody knows which. Their invocations run
 * there one at a time, so that the next death convicts its cause and the innocent are only kept waiting.
 */
import type { Flight } from './flight.ts'
import type { EndCause } from './runner-process.ts'

export class Suspects {
  readonly #accused = new Set<string>()
  #onTrial: Flight | undefined

  /**
   * Who brought the slow runner down? Returns the convicted programs; those among whom the culprit must be
   * are accused.
   */
  judge(lost: readonly Flight[], cause: EndCause): ReadonlySet<string> {
    if (cause === 'killed_from_outside') return new Set()
    const inSlice = lost.filter((flight) => flight.isInSlice)
    // It did not let go of what had run out of time.
    if (cause === 'overdue') return programsOf(inSlice.filter((flight) => flight.killAt !== undefined))
    const candidates = inSlice.length > 0 ? inSlice : lost
    const tried = candidates.filter((flight) => flight.isOnTrial)
    const programIds = programsOf(tried.length > 0 ? tried : candidates)
    if (programIds.size === 1) return programIds
    for (const programId of programIds) this.#accused.add(programId)
    return new Set()
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

function programsOf(flights: readonly Flight[]): ReadonlySet<string> {
  return new Set(flights.map((flight) => flight.invocation.program.id))
}
