/**
 * Messages between pool and runner: lines of text, a letter first. JSON of a program travels through the
 * runner unparsed. Both directions batch all lines of one turn of the event loop into one write.
 */

/** Pool to runner. */
export const toRunner = {
  /** The lane the runner is to serve; it comes first. */
  lane: 'M',
  /** Begin an invocation. */
  call: 'C',
  /** The code of a program (JSON), or `-` when it cannot be had. */
  code: 'P',
  /** What became of a fetch. */
  answer: 'A',
  /** The invocation is over for the pool. */
  drop: 'D',
  ping: 'Q',
  compile: 'V',
} as const

/** Runner to pool. */
export const toPool = {
  ready: 'Y',
  needsCode: 'N',
  consoleLine: 'L',
  fetch: 'F',
  returned: 'R',
  threw: 'E',
  refused: 'X',
  /** The runner holds nothing of the invocation any more. */
  over: 'Z',
  /** The isolate was stopped under the invocation: `slice`, `memory` or `neighbour`. */
  stopped: 'K',
  /** A slice begins and ends, told in the slow lane only. */
  entered: 'B',
  left: 'b',
  pong: 'P',
  compiled: 'V',
} as const

export type Lane = 'fast' | 'slow'
/** `preempted`: over the limit by the clock, and not by the processor time it was given. */
export type StopReason = 'slice' | 'preempted' | 'memory' | 'neighbour'

export function parseStopReason(text: string): StopReason {
  return text === 'memory' || text === 'neighbour' || text === 'preempted' ? text : 'slice'
}

export interface Call {
  readonly invocationId: number
  readonly consoleBytes: number
  readonly remainingMs: number
  readonly program: string
  readonly seed: string
  readonly inputJson: string
}

export function writeCall(call: Call): string {
  const { invocationId, consoleBytes, remainingMs, program, seed, inputJson } = call
  return `C ${invocationId} ${consoleBytes} ${remainingMs} ${program} ${seed} ${inputJson}`
}

export function parseCall(line: string): Call {
  const [invocationId, consoleBytes, remainingMs, program, seed, inputJson] = splitLine(line, 6)
  return {
    invocationId: Number(invocationId),
    consoleBytes: Number(consoleBytes),
    remainingMs: Number(remainingMs),
    program: program ?? '',
    seed: seed ?? '',
    inputJson: inputJson ?? '',
  }
}

/** The words after the letter; the last one keeps its spaces. */
export function splitLine(line: string, count: number): string[] {
  const words: string[] = []
  let from = 2
  for (let word = 1; word < count; word++) {
    const to = line.indexOf(' ', from)
    if (to < 0) break
    words.push(line.slice(from, to))
    from = to + 1
  }
  words.push(line.slice(from))
  return words
}

/** Calls back for each line of a stream of text. */
export function createLineReader(
  maxLineLength: number,
  onLine: (line: string) => void,
): (chunk: string) => void {
  let held = ''
  return (chunk) => {
    const text = held === '' ? chunk : held + chunk
    let from = 0
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      onLine(text.slice(from, to))
      from = to + 1
    }
    held = from === 0 ? text : text.slice(from)
    if (held.length > maxLineLength)
      throw new RangeError(`A line is longer than ${maxLineLength} characters.`)
  }
}

/** Gathers lines and hands them over as one text when the event loop has turned. */
export function createLineWriter(write: (text: string) => void): (line: string) => void {
  let gathered = ''
  return (line) => {
    if (gathered === '') {
      setImmediate(() => {
        const text = gathered
        gathered = ''
        write(text)
      })
    }
    gathered += `${line}\n`
  }
}
