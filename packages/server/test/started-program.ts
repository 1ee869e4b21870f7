/** The program as its operator starts it, in a process of its own that is told its settings and nothing else. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { readQueuedMs } from './own-time.ts'
import { measureStolenTime } from './stolen-time.ts'

export const programPath = fileURLToPath(new URL('../bin/tallystick-server.js', import.meta.url))

export interface StartedProgram {
  readonly child: ChildProcess
  readonly output: () => string
  readonly errors: () => string
  readonly exited: Promise<number | null>
  /**
   * Milliseconds from its start until it ended, or now: those in which it was ready to run and others had the processors
   * are not its own.
   */
  tookMs(): number
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
}

/** The program alone, which may well refuse to start. */
export function startProgram(env: Readonly<Record<string, string>>, path = programPath): StartedProgram {
  const stolen = measureStolenTime()
  const spawnedAt = performance.now()
  const child = spawn(process.execPath, [path], {
    env: { TALLYSTICK_PORT: '0', TALLYSTICK_LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { output: '', errors: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.errors += text
  })
  let [queuedMs, endedAt] = [0, Number.NaN]
  const sampling = setInterval(() => {
    queuedMs = Math.max(queuedMs, readQueuedMs(child.pid))
  }, 20)
  const exited = once(child, 'exit').then(([code]): number | null => {
    clearInterval(sampling)
    endedAt = performance.now()
    return code
  })
  return {
    child,
    output: () => written.output,
    errors: () => written.errors,
    exited,
    tookMs: () => ((Number.isNaN(endedAt) ? performance.now() : endedAt) - spawnedAt - queuedMs) / stolen(),
    stop() {
      child.kill('SIGTERM')
      return exited
    },
  }
}

/** @throws Error with what the program wrote when it ends instead. */
export async function untilReady(started: StartedProgram): Promise<void> {
  let ended = false
  void started.exited.then(() => {
    ended = true
  })
  while (!started.output().includes('is ready at')) {
    if (ended) throw new Error(`The server ended: ${started.errors()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
