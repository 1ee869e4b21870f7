/**
 * Time that the host of a virtual machine kept from it. A limit in wall time means the time that the machine had: where
 * half of what it wanted went to others, everything takes twice as long, whatever the server does.
 */
import { readFileSync } from 'node:fs'

/** However much is stolen, a limit grows no further. */
const maxFactor = 4

const maxAttempts = 3

/**
 * A trial tells what took how long, and the limit of each. A busy machine has bad moments: what was too slow is tried anew, and
 * has to be in time once. What is wrong in another way fails at once, by what the trial throws.
 */
export async function inTime(
  trial: (attempt: number) => Promise<readonly (readonly [tookMs: number, limitMs: number])[]>,
): Promise<void> {
  const tooSlow: string[] = []
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const late = (await trial(attempt)).filter(([tookMs, limitMs]) => tookMs >= limitMs)
    if (late.length === 0) return
    tooSlow.push(...late.map(([tookMs, limitMs]) => `${Math.round(tookMs)} of ${Math.round(limitMs)} ms`))
  }
  throw new Error(`Too slow each time: ${tooSlow.join(', ')}`)
}

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
