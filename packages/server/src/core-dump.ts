import { writeFileSync } from 'node:fs'

/**
 * Keeps memory, and so every key in it, out of core dumps
 * (core(5)). Where the system has no such switch, nothing happens.
 */
export function keepOutOfCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0')
  } catch {
    // Not Linux, or a sandbox around us: then it is that one's to decide.
  }
}
