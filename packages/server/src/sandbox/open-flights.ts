/**
 * The book of invocations that are under way: not yet settled, or settled and still printing. Each is found
 * by its running attempt, by its runner and by its program.
 */
import type { Flight } from './flight.ts'
import type { RunnerProcess } from './runner-process.ts'

const maxInFlight = 5000
const maxInFlightPerProgram = 1000

export class OpenFlights {
  readonly #open = new Set<Flight>()
  readonly #attempts = new Map<number, Flight>()
  readonly #perProgram = new Map<string, number>()
  readonly #waiting = new Set<Flight>()
  #lastAttemptId = 0

  get size(): number {
    return this.#open.size
  }

  /** False when too many are under way already. */
  hasRoom(programId: string): boolean {
    const ofProgram = this.#perProgram.get(programId) ?? 0
    return this.#open.size < maxInFlight && ofProgram < maxInFlightPerProgram
  }

  add(flight: Flight): void {
    const { id } = flight.invocation.program
    this.#open.add(flight)
    this.#perProgram.set(id, (this.#perProgram.get(id) ?? 0) + 1)
  }

  has(flight: Flight): boolean {
    return this.#open.has(flight)
  }

  /** False when it was gone already. */
  remove(flight: Flight): boolean {
    if (!this.#open.delete(flight)) return false
    const { id } = flight.invocation.program
    const left = (this.#perProgram.get(id) ?? 1) - 1
    if (left > 0) this.#perProgram.set(id, left)
    else this.#perProgram.delete(id)
    this.#waiting.delete(flight)
    this.endAttempt(flight)
    return true
  }

  /** It waits for a runner. */
  wait(flight: Flight): void {
    this.#waiting.add(flight)
  }

  waiting(): Flight[] {
    return [...this.#waiting]
  }

  /** @returns the attempt's id. */
  beginAttempt(flight: Flight, runner: RunnerProcess): number {
    this.#waiting.delete(flight)
    const attemptId = ++this.#lastAttemptId
    this.#attempts.set(attemptId, flight)
    flight.beginAttempt(attemptId, runner)
    return attemptId
  }

  endAttempt(flight: Flight): void {
    this.#attempts.delete(flight.attemptId)
    flight.runner = undefined
  }

  ofAttempt(attemptId: number): Flight | undefined {
    return this.#attempts.get(attemptId)
  }

  /** A copy: what is done with them changes the book. */
  all(): Flight[] {
    return [...this.#open]
  }

  in(runner: RunnerProcess): Flight[] {
    return this.all().filter((flight) => flight.runner === runner)
  }

  busyRunners(): ReadonlySet<RunnerProcess | undefined> {
    return new Set(this.all().map((flight) => flight.runner))
  }
}
