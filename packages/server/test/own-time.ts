/** Time as this process had it, for limits that a busy machine must not break: what others took is not its own. */
import { readFileSync } from 'node:fs'
import { measureStolenTime } from './stolen-time.ts'

/**
 * Begins to measure; the function it returns tells the milliseconds since, without those in which this process was ready
 * to run and others had the processors.
 */
export function startWatch(): () => number {
  const stolen = measureStolenTime()
  const queuedBefore = readQueuedMs('self')
  const startedAt = performance.now()
  return () => (performance.now() - startedAt - (readQueuedMs('self') - queuedBefore)) / stolen()
}

/** How long the main thread of a process was ready to run and had no processor, where the system tells (Linux). */
export function readQueuedMs(pid: number | 'self' | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}
