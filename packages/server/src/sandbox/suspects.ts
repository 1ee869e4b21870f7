/**
 * Programs of which one has brought down the slow runner and nobody knows which. Their invocations run
 * there one at a time, so that the next death convicts its cause and the innocent are only kept waiting.
 */
import type { Flight } from './flight.ts'
import type { EndCause } from './runner-process.ts'

export class Suspects {
  readonly #accused = new Set<string>()
  /** Once it was on trial when the runner went down, and not alone: a stranger may have done it. */
  readonly #doubted = new Set<string>()
  #onTrial: Flight | undefined

  /**
   * Who brought the slow runner down? Returns the convicted programs; those among whom the culprit must be
   * are accused.
   * @param isAlone whether these flights were all that the runner had to do.
   */
  judge(lost: readonly Flight[], cause: EndCause, isAlone: boolean): ReadonlySet<string> {
    if (cause === 'killed_from_outside') return new Set()
    const inSlice = lost.filter((flight) => flight.isInSlice)
    // It did not let go of what had run out of time.
    if (cause === 'overdue') return programsOf(inSlice.filter((flight) => flight.killAt !== undefined))
    const candidates = programsOf(inSlice.length > 0 ? inSlice : lost)
    if (candidates.size === 1 && isAlone) return candidates
    const tried = programsOf(lost.filter((flight) => flight.isOnTrial && candidates.has(idOf(flight))))
    for (const programId of candidates) this.#accused.add(programId)
    const again = new Set([...tried].filter((programId) => this.#doubted.has(programId)))
    for (const programId of tried) this.#doubted.add(programId)
    return again
  }

  acquit(programId: string): void {
    this.#accused.delete(programId)
    this.#doubted.delete(programId)
  }

  /** May the flight run now? An accused one only when no other is on trial. */
  admit(flight: Flight): boolean {
    if (!this.#accused.has(idOf(flight))) return true
    if (this.#onTrial !== undefined && this.#onTrial !== flight) return false
    this.#onTrial = flight
    flight.isOnTrial = true
    return true
  }

  /** The flight is over and its runner lives: it was not this one. True when another may be tried now. */
  leave(flight: Flight): boolean {
    if (this.#onTrial !== flight) return false
    this.#onTrial = undefined
    this.acquit(idOf(flight))
    return true
  }
}

function idOf(flight: Flight): string {
  return flight.invocation.program.id
}

function programsOf(flights: readonly Flight[]): ReadonlySet<string> {
  return new Set(flights.map(idOf))
}
