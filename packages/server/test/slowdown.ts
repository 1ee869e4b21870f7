/**
 * How much longer everything takes because others have the processors. A limit in wall time that a neighbour of an attack
 * is held to grows by as much: the attack itself takes at most one processor, and makes nothing wait on an idle machine.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { measureStolenTime } from './stolen-time.ts'

/** However busy the machine is, a limit grows no further. */
const maxFactor = 12

interface Times {
  readonly ranMs: number
  readonly queuedMs: number
}

/**
 * Begins to measure this process and those that `processes` tells, with all of their threads; the function it returns
 * tells the factor by which what they did took longer, 1 where none of them had to wait for a processor.
 */
export function measureSlowdown(processes: () => readonly number[]): () => number {
  const stolen = measureStolenTime()
  const before = readThreads(processes())
  return () => {
    let [ran, queued] = [0, 0]
    for (const [thread, { ranMs, queuedMs }] of readThreads(processes())) {
      ran += ranMs - (before.get(thread)?.ranMs ?? 0)
      queued += queuedMs - (before.get(thread)?.queuedMs ?? 0)
    }
    return Math.min(maxFactor, (ran > 0 ? (ran + queued) / ran : 1) * stolen())
  }
}

/** By thread, where the system tells (Linux, `/proc/<pid>/task/<tid>/schedstat`). */
function readThreads(pids: readonly number[]): Map<string, Times> {
  const times = new Map<string, Times>()
  for (const pid of [process.pid, ...pids]) {
    for (const thread of namesIn(`/proc/${pid}/task`)) {
      const [ran = 0, queued = 0] = numbersIn(`/proc/${pid}/task/${thread}/schedstat`)
      times.set(thread, { ranMs: ran / 1e6, queuedMs: queued / 1e6 })
    }
  }
  return times
}

/** Processes and threads end while they are looked at. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function numbersIn(path: string): number[] {
  try {
    return readFileSync(path, 'utf8').split(' ').map(Number)
  } catch {
    return []
  }
}
