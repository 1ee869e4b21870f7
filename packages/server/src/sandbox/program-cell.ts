/**
 * A program's isolate with what goes on in it: its invocations, their timers, and in the slow lane the
 * slices that wait for one another. Commands that come out are obeyed only for invocations that live here.
 */
import type { Backlog } from './backlog.ts'
import type { ProgramCode } from './invocation.ts'
import type { IsolateHost, LoadFault, ProgramIsolate, SliceEnd } from './isolate.ts'
import { LiveInvocation, refusedComputation } from './live-invocation.ts'
import { type Call, type Lane, splitLine, toPool } from './protocol.ts'
import { fastColdSliceMs, fastSliceMs, heavySliceMs, SliceClock } from './slice-clock.ts'

const dropLimitMs = 100
interface Slice {
  readonly invocationId: number
  readonly entry: 'start' | 'resume' | 'drop'
  readonly args: (string | number | boolean)[]
}

export interface CellDeps {
  readonly lane: Lane
  /** Where slices of the fast lane wait for their turn. */
  readonly backlog: Backlog
  readonly createIsolate: (host: Pick<IsolateHost, 'random' | 'operate'>) => ProgramIsolate
  /** Told before each slice of the fast lane. */
  readonly mark: () => void
  readonly send: (line: string) => void
  /** The cell holds nothing of the invocation any more. */
  readonly onLeft: (invocationId: number) => void
  readonly onGone: (cell: ProgramCell) => void
}

const nothing: SliceEnd = { kind: 'commands', text: '' }

export class ProgramCell {
  readonly #deps: CellDeps
  readonly #isolate: ProgramIsolate
  readonly #live = new Map<number, LiveInvocation>()
  readonly #queue: Slice[] = []
  readonly #clock: SliceClock
  #isCompiled = false
  #isLoaded = false
  #isGone = false
  #runningSlice: Slice | undefined
  /** Evaluating the program threw; every invocation here ends with that, and the next comer gets a new cell. */
  isFaulty = false

  constructor(deps: CellDeps) {
    this.#deps = deps
    this.#clock = new SliceClock(deps.lane)
    this.#isolate = deps.createIsolate({
      random: (invocationId, count) => this.#owner(invocationId).random(count),
      operate: (requestJson) =>
        this.#live.get(this.#runningSlice?.invocationId ?? 0)?.compute(requestJson) ?? refusedComputation,
    })
  }

  get isIdle(): boolean {
    return this.#live.size === 0 && this.#queue.length === 0 && this.#runningSlice === undefined
  }

  compile(code: ProgramCode): void {
    if (this.#deps.lane === 'fast') this.#compiled(this.#isolate.compileNow(code))
    else {
      const leftMs = [...this.#live.values()].map(({ deadline }) => deadline - performance.now())
      void this.#isolate
        .compileLater(code, Math.ceil(Math.max(1, ...leftMs)))
        .then((fault) => this.#compiled(fault))
    }
  }

  /** May be called before the code is there; the invocation waits. */
  begin(call: Call): void {
    const { invocationId, consoleBytes, inputJson } = call
    this.#live.set(invocationId, new LiveInvocation(call))
    this.#enter({ invocationId, entry: 'start', args: [invocationId, consoleBytes, inputJson] })
  }

  resume(invocationId: number, waitingId: number, answerJson: string): void {
    if (this.#live.has(invocationId))
      this.#enter({ invocationId, entry: 'resume', args: [waitingId, answerJson] })
  }

  /** Ends with `over` once the isolate has let go of the invocation, which may be never: then the pool kills. */
  drop(invocationId: number): void {
    const kept = this.#queue.filter((slice) => slice.invocationId !== invocationId)
    this.#queue.splice(0, this.#queue.length, ...kept)
    const slice: Slice = { invocationId, entry: 'drop', args: [invocationId] }
    if (!this.#isCompiled) this.#over(invocationId)
    else if (this.#deps.lane === 'slow') this.#enter(slice)
    // It takes next to nothing and waits for nobody.
    else this.#runNow(slice)
  }

  discard(): void {
    if (this.#isGone) return
    this.#isGone = true
    for (const live of this.#live.values()) live.end()
    this.#isolate.dispose()
    this.#deps.onGone(this)
  }

  #compiled(fault: LoadFault | undefined): void {
    if (this.#isGone) return
    this.#isCompiled = true
    if (fault === undefined && !this.#isolate.isDisposed) {
      if (this.#deps.lane === 'slow') void this.#work()
      else for (const slice of this.#queue.splice(0)) this.#enter(slice)
      return
    }
    const ids = [...this.#live.keys()]
    for (const invocationId of ids) {
      if (fault === undefined || this.#isolate.isDisposed)
        this.#deps.send(`${toPool.stopped} ${invocationId} memory`)
      else if (fault.isTimeout) this.#deps.send(`${toPool.stopped} ${invocationId} slice`)
      else this.#deps.send(`${toPool.threw} ${invocationId} ${JSON.stringify(fault)}`)
      this.#over(invocationId)
    }
    this.discard()
  }

  #enter(slice: Slice): void {
    if (this.#isGone) return
    if (this.#isCompiled && this.#deps.lane === 'fast') {
      this.#deps.backlog.add(() => this.#runNow(slice))
      return
    }
    this.#queue.push(slice)
    if (this.#isCompiled && this.#runningSlice === undefined) void this.#work()
  }

  /** The fast lane: a slice holds the thread until it is over. */
  #runNow(slice: Slice): void {
    const { invocationId, entry } = slice
    if (this.#isGone || !this.#live.has(invocationId)) return
    this.#deps.mark()
    this.#clock.begin()
    const isCold = !this.#isLoaded && entry === 'start'
    this.#runningSlice = slice
    if (isCold) {
      const loaded = this.#isolate.enterNow(invocationId, 'load', this.#loadArguments(slice), fastColdSliceMs)
      if (!this.#left(slice, loaded) || this.isFaulty) return
      this.#runningSlice = slice
    }
    const limitMs = isCold ? fastColdSliceMs : fastSliceMs
    this.#finish(slice, this.#isolate.enterNow(invocationId, entry, slice.args, limitMs))
  }

  /** The slow lane: slices of one isolate one after the other, isolates beside one another. */
  async #work(): Promise<void> {
    for (let slice = this.#queue.shift(); slice !== undefined && !this.#isGone; slice = this.#queue.shift()) {
      if (!this.#live.has(slice.invocationId)) continue
      this.#runningSlice = slice
      const isCold = !this.#isLoaded
      const cpuBefore = this.#isolate.cpuMs
      this.#deps.send(`${toPool.entered} ${slice.invocationId}`)
      const end = await this.#runLater(slice)
      const isHeavy = end.kind === 'stopped' || (!isCold && this.#isolate.cpuMs - cpuBefore > heavySliceMs)
      this.#deps.send(`${toPool.left} ${slice.invocationId} ${isHeavy ? 'heavy' : 'light'}`)
      this.#finish(slice, end)
    }
  }

  async #runLater(slice: Slice): Promise<SliceEnd> {
    const { invocationId, entry } = slice
    const deadline = this.#live.get(invocationId)?.deadline ?? 0
    const limitMs = () =>
      entry === 'drop' ? dropLimitMs : Math.max(1, Math.ceil(deadline - performance.now()))
    if (!this.#isLoaded && entry === 'start') {
      const args = this.#loadArguments(slice)
      const loaded = await this.#isolate.enterLater(invocationId, 'load', args, limitMs())
      if (loaded.kind === 'stopped') return loaded
      this.#left(slice, loaded)
      if (this.isFaulty) return nothing
      this.#runningSlice = slice
    }
    return this.#isolate.enterLater(invocationId, entry, slice.args, limitMs())
  }

  #loadArguments(slice: Slice): Parameters<ProgramIsolate['enterNow']>[2] {
    return [...slice.args.slice(0, 2), ...this.#isolate.programArguments()]
  }

  /** After the slice that evaluates the program. False when the isolate is gone. */
  #left(slice: Slice, end: SliceEnd): boolean {
    this.#isLoaded = true
    const threw = `${toPool.threw} ${slice.invocationId} `
    // At the beginning of a line: what a program prints stands in the middle of one.
    if (end.kind === 'commands' && (end.text.startsWith(threw) || end.text.includes(`\n${threw}`)))
      this.isFaulty = true
    return this.#finish(slice, end)
  }

  #finish(slice: Slice, end: SliceEnd): boolean {
    this.#runningSlice = undefined
    if (end.kind === 'stopped') {
      this.#stop(slice, end.reason)
      return false
    }
    let from = 0
    for (let to = end.text.indexOf('\n'); to >= 0; to = end.text.indexOf('\n', from)) {
      this.#obey(end.text.slice(from, to))
      from = to + 1
    }
    if (slice.entry === 'drop') this.#over(slice.invocationId)
    return true
  }

  /** One command of the isolate: `letter invocation rest`. */
  #obey(line: string): void {
    const [id, rest = ''] = splitLine(line, 2)
    const invocationId = Number(id)
    if (!this.#live.has(invocationId)) return
    if (line[0] === 'S') this.#setTimer(invocationId, rest)
    else if (line[0] === 'U') this.#owner(invocationId).clearTimer(rest)
    else if (line[0] === toPool.over) this.#over(invocationId)
    else this.#deps.send(line)
  }

  #setTimer(invocationId: number, rest: string): void {
    const [waitingId = '', delay = '1'] = rest.split(' ')
    this.#owner(invocationId).setTimer(waitingId, Number(delay), () =>
      this.resume(invocationId, Number(waitingId), ''),
    )
  }

  #owner(invocationId: number): LiveInvocation {
    const live = this.#live.get(invocationId)
    if (live === undefined) throw new Error('There is no such invocation.')
    return live
  }

  #over(invocationId: number): void {
    this.#live.get(invocationId)?.end()
    this.#live.delete(invocationId)
    this.#deps.onLeft(invocationId)
    this.#deps.send(`${toPool.over} ${invocationId} `)
  }

  /** The isolate was stopped in the middle of something, so nothing in it can be relied on. */
  #stop(slice: Slice, reason: 'time' | 'memory'): void {
    const ids = new Set([slice.invocationId, ...this.#live.keys()])
    this.discard()
    for (const invocationId of ids) {
      this.#live.delete(invocationId)
      this.#deps.onLeft(invocationId)
      const why = invocationId !== slice.invocationId ? 'neighbour' : this.#clock.describeStop(reason)
      this.#deps.send(`${toPool.stopped} ${invocationId} ${why}`)
    }
  }
}
