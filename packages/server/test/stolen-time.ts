/**
 * Time that the host of a virtual machine kept from it. A limit in wall time means the time that the machine had: where
 * half of what it wanted went to others, everything takes twice as long, whatever the server does.
 */
import { readFileSync } from 'node:fs'

/** However much is stolen, a limit grows no further. */
const maxFactor = 4

/** Begins to measure; the function it returns tells the factor by which limits are longer, 1 where nothing was stolen. */
export function measureStolenTime(): () => number {
  const before = readTicks()
  return () => {
    const after = readTicks()
    if (before === undefined || after === undefined) return 1
    const wanted = after.wanted - before.wanted
    const had = wanted - (after.stolen - before.stolen)
    return had > 0 ? Math.min(maxFactor, wanted / had) : 1
  }
}

/** Of all processors since the start, as Linux tells in `/proc/stat` (proc(5)); undefined elsewhere. */
function readTicks(): { wanted: number; stolen: number } | undefined {
  try {
    const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1)
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = first
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number)
    return { wanted: user + nice + system + irq + softirq + stolen, stolen }
  } catch {
    return undefined
  }
}
