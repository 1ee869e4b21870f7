/**
 * The isolates of one runner, one per program, least recently used first to go. It routes calls, timers
 * and fetch answers into them as slices and passes on what comes out, each command only for an invocation
 * that lives in the isolate it came from.
 */
import type ivm from 'isolated-vm'
import { type Engine, ProgramIsolate, type SliceEnd } from './isolate.ts'
import { createKeystream, type Keystream } from './keystream.ts'
import { operate } from './operations.ts'
import { type Call, type Lane, splitLine, toPool } from './protocol.ts'
import { createMarkerWriter } from './slice-marker.ts'

export interface RunnerSettings {
  readonly memoryMb: number
}

/** In the fast lane a slice holds up everybody; only a program's first may take longer. */
const fastSliceMs = 10
const fastLoadMs = 50
const maxIsolates = 250
/** Resident bytes above which isolates without work are given up. */
const trimAboveBytes = 420_000_000
const heavySliceMs = 10

interface Live {
  readonly call: Call
  readonly cell: Cell
  readonly deadline: number
  keystream: Keystream | undefined
}

interface Slice {
  readonly invocationId: number
  readonly entry: 'load' | 'start' | 'resume' | 'drop'
  readonly args: (string | number | boolean)[]
  /** The first slices of an isolate run code that was never run before. */
  readonly isCold?: boolean
}

/** A program's isolate and what goes on in it. */
interface Cell {
  readonly program: string
  readonly isolate: ProgramIsolate
  readonly live: Set<number>
  readonly timers: Map<string, NodeJS.Timeout>
  readonly queue: Slice[]
  running: Slice | undefined
  isGone: boolean
}

export class ProgramIsolates {
  readonly #cells = new Map<string, Cell>()
  readonly #live = new Map<number, Live>()
  readonly #awaitingCode = new Map<string, Call[]>()
  readonly #engine: Engine
  readonly #snapshot: ivm.ExternalCopy<ArrayBuffer>
  readonly #bundles: Readonly<Record<string, string>>
  readonly #settings: RunnerSettings
  readonly #send: (line: string) => void
  readonly #mark = createMarkerWriter()
  #lane: Lane = 'fast'

  constructor(
    engine: Engine,
    snapshot: ivm.ExternalCopy<ArrayBuffer>,
    bundles: Readonly<Record<string, string>>,
    settings: RunnerSettings,
    send: (line: string) => void,
  ) {
    this.#engine = engine
    this.#snapshot = snapshot
    this.#bundles = bundles
    this.#settings = settings
    this.#send = send
  }

  serve(lane: Lane): void {
    this.#lane = lane
  }

  call(call: Call): void {
    const cell = this.#cells.get(call.program)
    if (cell !== undefined) {
      this.#cells.delete(call.program)
      this.#cells.set(call.program, cell)
      this.#begin(cell, call, false)
      return
    }
    const waiting = this.#awaitingCode.get(call.program)
    if (waiting !== undefined) {
      waiting.push(call)
      return
    }
    this.#awaitingCode.set(call.program, [call])
    this.#send(`${toPool.needsCode} ${call.invocationId}`)
  }

  provideCode(program: string, codeJson: string): void {
    const calls = this.#awaitingCode.get(program) ?? []
    this.#awaitingCode.delete(program)
    const [first] = calls
    if (first === undefined) return
    if (codeJson === '-') {
      for (const call of calls) this.#send(`${toPool.stopped} ${call.invocationId} neighbour`)
      return
    }
    const cell = this.#createCell(program)
    const code = JSON.parse(codeJson)
    if (this.#lane === 'fast') {
      const fault = cell.isolate.compileNow(code)
      this.#loaded(cell, calls, fault)
      return
    }
    void cell.isolate
      .compileLater(code, Math.max(1, first.remainingMs))
      .then((fault) => this.#loaded(cell, calls, fault))
  }

  answer(invocationId: number, waitingId: number, answerJson: string): void {
    const live = this.#live.get(invocationId)
    if (live !== undefined)
      this.#enter(live.cell, { invocationId, entry: 'resume', args: [waitingId, answerJson] })
  }

  /** Answered with `over` once the isolate is done with the invocation, which may be never: then the pool kills. */
  drop(invocationId: number): void {
    for (const [program, calls] of this.#awaitingCode) {
      this.#awaitingCode.set(
        program,
        calls.filter((call) => call.invocationId !== invocationId),
      )
    }
    const live = this.#live.get(invocationId)
    if (live === undefined) {
      this.#send(`${toPool.over} ${invocationId}`)
      return
    }
    const { cell } = live
    cell.live.delete(invocationId)
    for (let at = cell.queue.length - 1; at >= 0; at--) {
      if (cell.queue[at]?.invocationId === invocationId) cell.queue.splice(at, 1)
    }
    this.#enter(cell, { invocationId, entry: 'drop', args: [invocationId] })
  }

  /** Gives up isolates without work while the process is large. */
  trim(): void {
    if (process.memoryUsage.rss() < trimAboveBytes) return
    let spare = Math.ceil(this.#cells.size / 2)
    for (const cell of this.#cells.values()) {
      if (spare-- <= 0) return
      if (isIdle(cell)) this.#discard(cell)
    }
  }

  #createCell(program: string): Cell {
    for (const cell of this.#cells.values()) {
      if (this.#cells.size < maxIsolates) break
      if (isIdle(cell)) this.#discard(cell)
    }
    const isolate = new ProgramIsolate(this.#engine, {
      snapshot: this.#snapshot,
      memoryMb: this.#settings.memoryMb,
      host: {
        random: (invocationId, count) => this.#randomText(cell, invocationId, count),
        operate,
        bundleSource: (name) => this.#bundles[name] ?? '',
      },
    })
    const cell: Cell = {
      program,
      isolate,
      live: new Set(),
      timers: new Map(),
      queue: [],
      running: undefined,
      isGone: false,
    }
    this.#cells.set(program, cell)
    return cell
  }

  #loaded(cell: Cell, calls: Call[], fault: ReturnType<ProgramIsolate['compileNow']>): void {
    // Some may have been dropped while the code was on its way or compiled.
    const stopped = cell.isolate.isDisposed
    if (fault === undefined && !stopped) {
      calls.forEach((call, at) => {
        this.#begin(cell, call, at === 0)
      })
      return
    }
    for (const { invocationId } of calls) {
      if (stopped) this.#send(`${toPool.stopped} ${invocationId} memory`)
      else if (/timed out/.test(fault?.message ?? '')) this.#send(`${toPool.stopped} ${invocationId} slice`)
      else
        this.#send(
          `${toPool.threw} ${invocationId} ${JSON.stringify(fault)}\n${toPool.over} ${invocationId} `,
        )
    }
    this.#discard(cell)
  }

  #begin(cell: Cell, call: Call, isFirst: boolean): void {
    const { invocationId, consoleBytes, inputJson } = call
    if (cell.isGone) {
      this.#send(`${toPool.stopped} ${invocationId} neighbour`)
      return
    }
    this.#live.set(invocationId, {
      call,
      cell,
      deadline: performance.now() + call.remainingMs,
      keystream: undefined,
    })
    cell.live.add(invocationId)
    if (isFirst)
      this.#enter(cell, { invocationId, entry: 'load', args: [invocationId, consoleBytes], isCold: true })
    this.#enter(cell, {
      invocationId,
      entry: 'start',
      args: [invocationId, consoleBytes, inputJson, isFirst],
      isCold: isFirst,
    })
  }

  #enter(cell: Cell, slice: Slice): void {
    if (cell.isGone) return
    if (this.#lane === 'fast') {
      this.#mark(slice.invocationId)
      const limitMs = slice.isCold ? fastLoadMs : fastSliceMs
      const args = slice.entry === 'load' ? [...slice.args, ...cell.isolate.programArguments()] : slice.args
      this.#left(cell, slice, cell.isolate.enterNow(slice.invocationId, slice.entry, args, limitMs))
      return
    }
    cell.queue.push(slice)
    if (cell.running === undefined) void this.#work(cell)
  }

  /** The slow lane: slices of one isolate one after the other, isolates beside one another. */
  async #work(cell: Cell): Promise<void> {
    for (let slice = cell.queue.shift(); slice !== undefined && !cell.isGone; slice = cell.queue.shift()) {
      const live = this.#live.get(slice.invocationId)
      if (live === undefined) continue
      cell.running = slice
      const cpuBefore = cell.isolate.cpuMs
      const limitMs = slice.entry === 'drop' ? 100 : Math.max(1, Math.ceil(live.deadline - performance.now()))
      const args = slice.entry === 'load' ? [...slice.args, ...cell.isolate.programArguments()] : slice.args
      this.#send(`${toPool.entered} ${slice.invocationId}`)
      const end = await cell.isolate.enterLater(slice.invocationId, slice.entry, args, limitMs)
      const isHeavy = end.kind === 'stopped' || cell.isolate.cpuMs - cpuBefore > heavySliceMs
      this.#send(`${toPool.left} ${slice.invocationId} ${isHeavy ? 'heavy' : 'light'}`)
      cell.running = undefined
      this.#left(cell, slice, end)
    }
  }

  #left(cell: Cell, slice: Slice, end: SliceEnd): void {
    if (end.kind === 'stopped') {
      this.#stop(cell, slice, end.reason)
      return
    }
    let from = 0
    for (let to = end.text.indexOf('\n'); to >= 0; to = end.text.indexOf('\n', from)) {
      this.#obey(cell, end.text.slice(from, to))
      from = to + 1
    }
    if (slice.entry === 'drop') this.#over(cell, slice.invocationId)
  }

  /** One command of the isolate: `letter invocation rest`. */
  #obey(cell: Cell, line: string): void {
    const [id, rest = ''] = splitLine(line, 2)
    const invocationId = Number(id)
    if (!cell.live.has(invocationId)) return
    if (line[0] === 'S') {
      this.#setTimer(cell, invocationId, rest)
      return
    }
    if (line[0] === 'U') {
      clearTimeout(cell.timers.get(rest))
      cell.timers.delete(rest)
      return
    }
    if (line[0] === toPool.over) {
      this.#over(cell, invocationId)
      return
    }
    this.#send(line)
  }

  #setTimer(cell: Cell, invocationId: number, rest: string): void {
    const [waitingId = '', delay = '1'] = rest.split(' ')
    const delayMs = Number(delay)
    const deadline = this.#live.get(invocationId)?.deadline ?? 0
    // Whatever would come after the deadline never comes.
    if (performance.now() + delayMs > deadline) return
    const timer = setTimeout(() => {
      cell.timers.delete(waitingId)
      if (cell.live.has(invocationId))
        this.#enter(cell, { invocationId, entry: 'resume', args: [Number(waitingId), ''] })
    }, delayMs)
    cell.timers.set(waitingId, timer)
  }

  #over(cell: Cell, invocationId: number): void {
    cell.live.delete(invocationId)
    this.#live.delete(invocationId)
    this.#send(`${toPool.over} ${invocationId} `)
  }

  /** The isolate was stopped in the middle of something, so nothing in it can be relied on. */
  #stop(cell: Cell, slice: Slice, reason: 'time' | 'memory'): void {
    const ids = new Set([
      slice.invocationId,
      ...cell.live,
      ...cell.queue.map((queued) => queued.invocationId),
    ])
    this.#discard(cell)
    for (const invocationId of ids) {
      this.#live.delete(invocationId)
      const why = invocationId !== slice.invocationId ? 'neighbour' : reason === 'time' ? 'slice' : 'memory'
      this.#send(`${toPool.stopped} ${invocationId} ${why}`)
    }
  }

  #discard(cell: Cell): void {
    cell.isGone = true
    if (this.#cells.get(cell.program) === cell) this.#cells.delete(cell.program)
    for (const timer of cell.timers.values()) clearTimeout(timer)
    cell.isolate.dispose()
  }

  #randomText(cell: Cell, invocationId: number, count: number): string {
    const live = this.#live.get(invocationId)
    if (live === undefined || live.cell !== cell) throw new Error('There is no such invocation.')
    live.keystream ??= createKeystream(live.call.seed)
    return live.keystream(Math.min(Math.max(1, count), 4096))
  }
}

function isIdle(cell: Cell): boolean {
  return cell.live.size === 0 && cell.running === undefined && cell.queue.length === 0
}
