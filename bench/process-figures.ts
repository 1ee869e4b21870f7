/** What Linux knows of processes: the time they took, the memory they hold, the bytes they sent to the disk. */
import { readFileSync } from 'node:fs'
import { readStat } from '../packages/server/test/process-tree.ts'

/** Clock ticks of `/proc/<pid>/stat` are hundredths of a second on every Linux that Node runs on. */
const microsecondsPerTick = 10_000
const bytesPerKb = 1024

/** Of all of its threads, in user and kernel mode. Zero for a process that has ended. */
export function cpuMicroseconds(pid: number): number {
  const fields = readStat(pid)
  // utime and stime are fields 14 and 15; the list begins with the third.
  return fields ? (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick : 0
}

export interface Memory {
  readonly residentMb: number
  /** Pages shared by several processes count once, in parts. */
  readonly proportionalMb: number
}

export function memoryOf(pids: readonly number[]): Memory {
  const sum = (member: string) =>
    pids.reduce((total, pid) => total + readMember(`/proc/${pid}/smaps_rollup`, member), 0)
  return { residentMb: sum('Rss') / bytesPerKb, proportionalMb: sum('Pss') / bytesPerKb }
}

/** What the process made the kernel send towards the disk. */
export function bytesWritten(pid: number): number {
  return readMember(`/proc/${pid}/io`, 'write_bytes')
}

function readMember(path: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(path, 'utf8'))
  if (!found) throw new Error(`${path} does not tell ${name}.`)
  return Number(found[1])
}
