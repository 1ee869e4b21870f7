/**
 * One invocation on its way: what it has printed and fetched so far, and which attempt of it runs where.
 * An attempt can be lost with its runner. The next one draws the same randomness and is handed the same
 * answers to the same fetches, so that nothing in the world outside happens twice.
 */
import { createHash } from 'node:crypto'
import { type Egress, type EgressAnswer, type EgressRequest, parseEgressRequest } from './egress.ts'
import type {
  ConsoleLevel,
  ConsoleLine,
  FetchTrace,
  Invocation,
  InvocationOutcome,
  InvocationResult,
} from './invocation.ts'
import { type Lane, writeCall } from './protocol.ts'
import type { RunnerProcess } from './runner-process.ts'

/** Fetches of one invocation; the next one is refused. */
const maxFetches = 30
const maxBodyHeadBytes = 16_384

interface DoneFetch {
  readonly requestJson: string
  readonly answer: Promise<EgressAnswer>
}

interface FlightEnds {
  readonly resolve: (result: InvocationResult) => void
  readonly reject: (error: unknown) => void
}

export class Flight {
  readonly invocation: Invocation
  readonly startedAt: number
  readonly deadline: number
  /** What it can still be killed for after its deadline. */
  killAt: number | undefined
  lane: Lane = 'fast'
  runner: RunnerProcess | undefined
  /** Of the running attempt; lines of earlier ones are not listened to. */
  attemptId = 0
  resends = 0
  isSettled = false
  /** A slice of it runs, as far as the slow lane has told. */
  isInSlice = false
  isOnTrial = false
  readonly #ends: FlightEnds
  readonly #console: ConsoleLine[] = []
  readonly #traces: FetchTrace[] = []
  readonly #fetches: DoneFetch[] = []
  /** Bytes; each line costs one more than its text. */
  #consoleLeft: number
  /** Lines of the running attempt. */
  #linesSeen = 0
  #linesToSkip = 0
  #nextFetch = 0

  constructor(
    invocation: Invocation,
    startedAt: number,
    timeoutMs: number,
    maxConsoleBytes: number,
    ends: FlightEnds,
  ) {
    this.invocation = invocation
    this.startedAt = startedAt
    this.deadline = startedAt + timeoutMs
    this.#consoleLeft = maxConsoleBytes
    this.#ends = ends
  }

  beginAttempt(attemptId: number, runner: RunnerProcess): void {
    this.attemptId = attemptId
    this.runner = runner
    this.isInSlice = false
    this.#linesToSkip = Math.max(this.#linesToSkip, this.#linesSeen)
    this.#linesSeen = 0
    this.#nextFetch = 0
  }

  /** The line that begins an attempt in a runner. */
  writeCall(attemptId: number, consoleBytes: number, nowMs: number): string {
    const { program, seed, inputJson } = this.invocation
    return writeCall({
      invocationId: attemptId,
      consoleBytes,
      remainingMs: Math.max(1, Math.ceil(this.deadline - nowMs)),
      program: encodeURIComponent(program.id),
      seed: encodeURIComponent(seed),
      // A line break in JSON is a space; strings write theirs as \n.
      inputJson: inputJson.replace(/[\r\n]/g, ' '),
    })
  }

  print(level: ConsoleLevel, text: string): void {
    // An attempt that repeats an earlier one prints the same again.
    if (this.#linesSeen++ < this.#linesToSkip || this.#consoleLeft <= 0) return
    const bytes = Buffer.byteLength(text)
    if (bytes < this.#consoleLeft) {
      this.#consoleLeft -= bytes + 1
      this.#addLine({ level, text })
      return
    }
    const fitting = beginningOf(Buffer.from(text), this.#consoleLeft)
    this.#consoleLeft = 0
    this.#addLine({ level, text: fitting, isCut: true })
    this.#addLine({ level: 'warn', text: '[console output cut: the limit of this invocation is reached]' })
  }

  #addLine(line: ConsoleLine): void {
    this.#console.push(line)
    this.invocation.onConsole(line)
  }

  /** JSON in, JSON out. Carries out a fetch, or repeats the answer that an earlier attempt was given to it. */
  async fetch(egress: Egress, requestJson: string): Promise<string> {
    const answer = await this.#answer(egress, requestJson)
    return JSON.stringify('error' in answer ? answer : { ...answer, body: answer.body.toString('base64') })
  }

  async #answer(egress: Egress, requestJson: string): Promise<EgressAnswer> {
    const at = this.#nextFetch++
    const done = this.#fetches[at]
    if (done !== undefined) {
      if (done.requestJson === requestJson) return done.answer
      return { error: 'The program did not repeat itself after its runner was lost.' }
    }
    if (at >= maxFetches) return { error: `More than ${maxFetches} fetches in one invocation.` }
    const request = parseEgressRequest(requestJson)
    if (request === undefined) return { error: 'The request cannot be read.' }
    const startedAt = performance.now()
    const answer = egress.fetch(request, this.invocation.egressAllow, this.deadline - startedAt)
    this.#fetches.push({ requestJson, answer })
    const answered = await answer
    this.#traces.push(this.#trace(request, answered, startedAt, performance.now()))
    return answered
  }

  settle(outcome: InvocationOutcome): void {
    if (this.isSettled) return
    this.isSettled = true
    this.#ends.resolve({
      outcome,
      console: [...this.#console],
      fetches: [...this.#traces],
      lane: this.lane,
      durationMs: performance.now() - this.startedAt,
      resends: this.resends,
    })
  }

  /** The code could not be had: a broken part, not an outcome. */
  fail(error: unknown): void {
    this.isSettled = true
    this.#ends.reject(error)
  }

  #trace(request: EgressRequest, answer: EgressAnswer, startedAt: number, endedAt: number): FetchTrace {
    const isAnswered = !('error' in answer)
    return {
      method: request.method,
      url: request.url,
      status: isAnswered ? answer.status : undefined,
      error: isAnswered ? undefined : answer.error,
      startedAtMs: startedAt - this.startedAt,
      durationMs: endedAt - startedAt,
      bodyHead: isAnswered ? beginningOf(answer.body, maxBodyHeadBytes) : '',
      isBodyCut: isAnswered && answer.body.length > maxBodyHeadBytes,
      bodySha256: isAnswered ? createHash('sha256').update(answer.body).digest('hex') : '',
    }
  }
}

/** Whole characters: half of one at the end would hide what the text ends with. */
function beginningOf(text: Buffer, maxBytes: number): string {
  const isCut = text.length > maxBytes
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(text.subarray(0, maxBytes), { stream: isCut })
}
