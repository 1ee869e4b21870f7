/**
 * The pool's side of one runner: a process born with no environment, no files and no rights but to load
 * the engine, spoken to over its standard input and output, and gone when these close.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { dirname } from 'node:path'
import { Writable } from 'node:stream'
import type { RunnerPayload } from './bundle.ts'
import type { RunnerSettings } from './program-isolates.ts'
import { createLineReader, createLineWriter, type Lane, toPool, toRunner } from './protocol.ts'
import { SliceMarker } from './slice-marker.ts'

/** Why a runner ended: what the pool killed it for, or what befell it. */
export type EndCause =
  | 'closed'
  | 'overdue'
  | 'silent'
  | 'memory'
  | 'broke_protocol'
  | 'crashed'
  | 'out_of_memory'
  | 'killed_from_outside'

export interface RunnerEvents {
  readonly onLine: (runner: RunnerProcess, line: string) => void
  readonly onEnd: (runner: RunnerProcess, cause: EndCause) => void
}

const maxLineLength = 8_000_000
const slowLaneNiceness = 5
const startLimitMs = 10_000
/** Old-space of the process itself; isolates have their own limit. */
const maxOldSpaceMb = 128

// The program comes through a pipe of its own, not in the arguments, and is run as a function.
const bootstrap =
  "const fs=require('node:fs');const payload=JSON.parse(fs.readFileSync(3,'utf8'));fs.closeSync(3);" +
  "new Function('require','payload',payload.runner)(require,payload)"

export class RunnerProcess {
  /** Undefined while it is the spare. */
  lane: Lane | undefined
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #marker: SliceMarker
  readonly #write: (line: string) => void
  #cause: EndCause | undefined
  #isEnded = false
  /** When the unanswered ping left, on the performance clock. */
  pingedAt: number | undefined

  private constructor(child: ChildProcess, marker: SliceMarker, onReady: () => void, events: RunnerEvents) {
    this.#child = child
    this.#marker = marker
    this.#write = createLineWriter((text) => child.stdin?.write(text))
    const read = createLineReader(maxLineLength, (line) => {
      if (line === toPool.ready) onReady()
      else if (line === toPool.pong) this.pingedAt = undefined
      else if (!this.#isEnded) events.onLine(this, line)
    })
    child.stdin?.on('error', () => undefined)
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      try {
        read(chunk)
      } catch {
        this.kill('broke_protocol')
      }
    })
    this.ended = new Promise((resolve) => {
      const onGone = (code: number | null, signal: NodeJS.Signals | null) => {
        if (this.#isEnded) return
        this.#isEnded = true
        resolve()
        events.onEnd(this, this.#cause ?? befell(code, signal))
        this.#marker.close()
      }
      child.once('exit', onGone)
      child.once('error', () => onGone(1, null))
    })
  }

  /** Resolves when the runner can take calls. */
  static async start(
    payload: RunnerPayload,
    settings: RunnerSettings,
    events: RunnerEvents,
  ): Promise<RunnerProcess> {
    const marker = new SliceMarker()
    const child = spawn(process.execPath, flags(payload.enginePath), {
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'ignore', 'pipe', marker.descriptor],
    })
    let timer: NodeJS.Timeout | undefined
    const started = await new Promise<RunnerProcess>((resolve, reject) => {
      const runner = new RunnerProcess(child, marker, () => resolve(runner), {
        onLine: events.onLine,
        onEnd: (ended, cause) => {
          reject(new Error(`A sandbox runner ended while it started (${cause}).`))
          events.onEnd(ended, cause)
        },
      })
      timer = setTimeout(() => runner.kill('silent'), startLimitMs)
      harden(child.pid)
      const pipe = child.stdio[3]
      if (pipe instanceof Writable)
        pipe.on('error', () => undefined).end(JSON.stringify({ ...payload, settings }))
    }).finally(() => clearTimeout(timer))
    return started
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get isEnded(): boolean {
    return this.#isEnded || this.#cause !== undefined
  }

  join(lane: Lane): void {
    this.lane = lane
    this.send(`${toRunner.lane} ${lane}`)
    const { pid } = this
    // Long slices give way to short ones.
    if (lane === 'slow' && pid !== undefined) attempt(() => setPriority(pid, slowLaneNiceness))
  }

  /** Fast lane: the hash of the program whose slice ran last. */
  lastProgram(): number | undefined {
    return this.#marker.read()
  }

  send(line: string): void {
    if (!this.#isEnded) this.#write(line)
  }

  ping(nowMs: number): void {
    this.pingedAt = nowMs
    this.send(toRunner.ping)
  }

  kill(cause: EndCause): void {
    this.#cause ??= cause
    this.#child.kill('SIGKILL')
  }

  /** How long its main thread was ready to run and had no processor, where the system tells (Linux); else undefined. */
  queuedMs(): number | undefined {
    try {
      return Number(readFileSync(`/proc/${this.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
    } catch {
      return undefined
    }
  }

  /** Resident bytes, where the system tells (Linux); else undefined. */
  residentBytes(): number | undefined {
    try {
      return Number(readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1]) * 4096
    } catch {
      return undefined
    }
  }
}

function flags(enginePath: string): string[] {
  const engineFolder = dirname(enginePath)
  return [
    // The engine's isolates cannot live beside Node's own startup snapshot.
    '--no-node-snapshot',
    '--no-warnings',
    `--max-old-space-size=${maxOldSpaceMb}`,
    '--max-semi-space-size=1',
    '--permission',
    '--allow-addons',
    `--allow-fs-read=${engineFolder}`,
    `--allow-fs-read=${dirname(engineFolder)}/node-gyp-build`,
    '--allow-fs-read=/etc/alpine-release',
    '-e',
    bootstrap,
  ]
}

/** Where the system lets us: no memory in core dumps, and first to go when memory is short. */
function harden(pid: number | undefined): void {
  if (pid === undefined) return
  attempt(() => writeFileSync(`/proc/${pid}/coredump_filter`, '0'))
  attempt(() => writeFileSync(`/proc/${pid}/oom_score_adj`, '900'))
}

function attempt(action: () => void): void {
  try {
    action()
  } catch {
    // Another system, or fewer rights: the runner is contained without it.
  }
}

function befell(code: number | null, signal: NodeJS.Signals | null): EndCause {
  if (signal === 'SIGABRT' || code === 134) return 'out_of_memory'
  if (signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGINT') return 'killed_from_outside'
  return 'crashed'
}
