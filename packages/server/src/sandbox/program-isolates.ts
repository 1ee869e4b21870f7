/** The isolates of one runner, one per program, least recently used first to go. */
import type ivm from 'isolated-vm'
import type { Backlog } from './backlog.ts'
import { type Engine, ProgramIsolate } from './isolate.ts'
import { ProgramCell } from './program-cell.ts'
import { hashProgram } from './program-hash.ts'
import { type Call, type Lane, toPool } from './protocol.ts'
import { createMarkerWriter } from './slice-marker.ts'

export interface RunnerSettings {
  readonly memoryMb: number
}

interface Given {
  /** Scripts that isolates load when they first touch a name. */
  readonly bundles: Readonly<Record<string, string>>
  readonly settings: RunnerSettings
}

const maxIsolates = 250
/** Resident bytes above which isolates without work are given up. */
const trimAboveBytes = 420_000_000

export class ProgramIsolates {
  readonly #cells = new Map<string, ProgramCell>()
  /** Where each invocation runs. */
  readonly #homes = new Map<number, ProgramCell>()
  readonly #awaitingCode = new Map<string, Call[]>()
  readonly #engine: Engine
  readonly #snapshot: ivm.ExternalCopy<ArrayBuffer>
  readonly #given: Given
  readonly #backlog: Backlog
  readonly #send: (line: string) => void
  readonly #mark = createMarkerWriter()
  #lane: Lane = 'fast'

  constructor(
    engine: Engine,
    snapshot: ivm.ExternalCopy<ArrayBuffer>,
    given: Given,
    backlog: Backlog,
    send: (line: string) => void,
  ) {
    this.#engine = engine
    this.#snapshot = snapshot
    this.#given = given
    this.#backlog = backlog
    this.#send = send
  }

  serve(lane: Lane): void {
    this.#lane = lane
  }

  call(call: Call): void {
    const cell = this.#cells.get(call.program)
    if (cell?.isFaulty && cell.isIdle) cell.discard()
    else if (cell !== undefined) {
      this.#cells.delete(call.program)
      this.#cells.set(call.program, cell)
      this.#begin(cell, call)
      return
    }
    const waiting = this.#awaitingCode.get(call.program)
    if (waiting === undefined) {
      this.#awaitingCode.set(call.program, [call])
      this.#send(`${toPool.needsCode} ${call.invocationId}`)
    } else waiting.push(call)
  }

  /** `-` when the code cannot be had; the pool knows what that means for the calls. */
  provideCode(program: string, codeJson: string): void {
    const calls = this.#awaitingCode.get(program) ?? []
    this.#awaitingCode.delete(program)
    if (calls.length === 0 || codeJson === '-') return
    const cell = this.#createCell(program)
    for (const call of calls) this.#begin(cell, call)
    cell.compile(JSON.parse(codeJson))
  }

  answer(invocationId: number, waitingId: number, answerJson: string): void {
    this.#homes.get(invocationId)?.resume(invocationId, waitingId, answerJson)
  }

  drop(invocationId: number): void {
    const home = this.#homes.get(invocationId)
    if (home !== undefined) {
      home.drop(invocationId)
      return
    }
    for (const [program, calls] of this.#awaitingCode) {
      const kept = calls.filter((call) => call.invocationId !== invocationId)
      if (kept.length > 0) this.#awaitingCode.set(program, kept)
      else this.#awaitingCode.delete(program)
    }
    this.#send(`${toPool.over} ${invocationId} `)
  }

  /** Gives up isolates without work while the process is large. */
  trim(): void {
    if (process.memoryUsage.rss() < trimAboveBytes) return
    this.#discardIdle(Math.floor(this.#cells.size / 2))
  }

  #begin(cell: ProgramCell, call: Call): void {
    this.#homes.set(call.invocationId, cell)
    cell.begin(call)
  }

  #createCell(program: string): ProgramCell {
    this.#discardIdle(maxIsolates - 1)
    const programHash = hashProgram(decodeURIComponent(program))
    const cell = new ProgramCell({
      lane: this.#lane,
      backlog: this.#backlog,
      createIsolate: (host) =>
        new ProgramIsolate(this.#engine, {
          snapshot: this.#snapshot,
          memoryMb: this.#given.settings.memoryMb,
          host: { ...host, bundleSource: (name) => this.#given.bundles[name] ?? '' },
        }),
      mark: () => this.#mark(programHash),
      send: this.#send,
      onLeft: (invocationId) => this.#homes.delete(invocationId),
      onGone: (gone) => {
        if (this.#cells.get(program) === gone) this.#cells.delete(program)
      },
    })
    this.#cells.set(program, cell)
    return cell
  }

  #discardIdle(keep: number): void {
    for (const cell of this.#cells.values()) {
      if (this.#cells.size <= keep) return
      if (cell.isIdle) cell.discard()
    }
  }
}
