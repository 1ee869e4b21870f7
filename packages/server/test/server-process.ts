/**
 * The server as its operator starts it: the program in processes of its own, to be weighed, signalled and killed.
 * It leads a process group, so that one signal reaches it and its runners together.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readQueuedMs } from './own-time.ts'
import { processesBelow } from './process-tree.ts'
import { measureStolenTime } from './stolen-time.ts'

export interface ServerProcess {
  readonly pid: number
  readonly url: string
  /** From spawn until `/readyz` first answered 200; for what the machine withheld meanwhile it is not to blame. */
  readonly readyMs: number
  /** The server and every process it has started that lives now. */
  processes(): number[]
  /** SIGKILL to the whole group; nothing gets to clean up. */
  killGroup(): void
  /** SIGKILL to the server alone. */
  killServer(): void
  /** SIGTERM to the server; resolves with its exit code. */
  stop(): Promise<number | null>
}

const program = fileURLToPath(new URL('../bin/tallystick-server.js', import.meta.url))
const readyWithinMs = 240_000
const pollIntervalMs = 10

/** @throws Error with what the server wrote when it ends or does not get ready. */
export async function startServerProcess({
  dataDir,
  port,
  settings = {},
  nodeArguments = [],
  output,
}: {
  dataDir: string
  port: number
  settings?: Readonly<Record<string, string>>
  nodeArguments?: readonly string[]
  /** A file that takes what it prints; otherwise standard error is told when it does not start. */
  output?: number
}): Promise<ServerProcess> {
  const url = `http://127.0.0.1:${port}`
  const spawnedAt = performance.now()
  const child = spawn(process.execPath, [...nodeArguments, program], {
    detached: true,
    // Standard output holds the credentials of a first start: nobody reads it here.
    stdio: ['ignore', output ?? 'ignore', output ?? 'pipe'],
    env: {
      PATH: process.env.PATH,
      TALLYSTICK_DATA_DIR: dataDir,
      TALLYSTICK_PORT: String(port),
      TALLYSTICK_STARTER: 'off',
      TALLYSTICK_LOG_LEVEL: 'warn',
      TALLYSTICK_RULE_TIMEOUT_MS: '20000',
      ...settings,
    },
  })
  const written = collect(child)
  const { pid } = child
  if (pid === undefined) throw new Error('The server could not be spawned.')
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const stolen = measureStolenTime()
  let queuedMs = 0
  while (!(await isReady(url))) {
    queuedMs = readQueuedMs(pid)
    if (child.exitCode !== null) throw new Error(`The server ended: ${written()}`)
    if (performance.now() - spawnedAt > readyWithinMs) {
      process.kill(-pid, 'SIGKILL')
      throw new Error(`The server did not get ready: ${written()}`)
    }
    await delay(pollIntervalMs)
  }
  return {
    pid,
    url,
    readyMs: (performance.now() - spawnedAt - queuedMs) / stolen(),
    processes: () => [pid, ...processesBelow(pid)],
    killGroup: () => void process.kill(-pid, 'SIGKILL'),
    killServer: () => void process.kill(pid, 'SIGKILL'),
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

function collect({ stderr }: ChildProcess): () => string {
  let written = ''
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    written = (written + text).slice(-10_000)
  })
  return () => written.trim()
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1000) })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}
