/**
 * What a fast runner has still to run. It runs for some milliseconds and then looks up: what it has to say
 * leaves, what came in is read, a ping is answered, however much waits. A long queue of honest work is thus
 * told from a program that does not let go.
 */

const turnMs = 5

export class Backlog {
  readonly #nowMs: () => number
  #tasks: (() => void)[] = []
  #next = 0
  #isScheduled = false

  /** `nowMs` is a monotonic clock. */
  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs
  }

  add(task: () => void): void {
    this.#tasks.push(task)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    const endsAt = this.#nowMs() + turnMs
    for (let task = this.#take(); task !== undefined; task = this.#take()) {
      task()
      if (this.#nowMs() >= endsAt) break
    }
    this.#isScheduled = this.#next < this.#tasks.length
    if (this.#isScheduled) setImmediate(() => this.#turn())
    else {
      this.#tasks = []
      this.#next = 0
    }
  }

  #take(): (() => void) | undefined {
    const task = this.#tasks[this.#next]
    if (task !== undefined) this.#next++
    return task
  }
}
