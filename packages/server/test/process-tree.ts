/** Who descends from whom, and who lives, from Linux's `/proc`. */
import { readdirSync, readFileSync } from 'node:fs'

interface ProcessStatus {
  readonly parent: number
  readonly state: string
}

/** The pids of everything that descends from a process. */
export function processesBelow(pid: number): number[] {
  const childrenOf = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const candidate = Number(name)
    const status = Number.isInteger(candidate) ? readStatus(candidate) : undefined
    if (!status) continue
    const siblings = childrenOf.get(status.parent)
    if (siblings) siblings.push(candidate)
    else childrenOf.set(status.parent, [candidate])
  }
  const below = (parent: number): number[] =>
    (childrenOf.get(parent) ?? []).flatMap((child) => [child, ...below(child)])
  return below(pid)
}

/** A zombie has ended: it only waits for somebody to ask how. */
export function isAlive(pid: number): boolean {
  const status = readStatus(pid)
  return status !== undefined && status.state !== 'Z' && status.state !== 'X'
}

/** Undefined when there is no such process any more. */
function readStatus(pid: number): ProcessStatus | undefined {
  const fields = readStat(pid)
  return fields && { state: fields[0] ?? '', parent: Number(fields[1]) }
}

/** The fields of `/proc/<pid>/stat` from the third, the state, on; undefined when there is no such process any more. */
export function readStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in brackets, which may hold spaces and brackets itself.
    return text
      .slice(text.lastIndexOf(')') + 2)
      .trim()
      .split(' ')
  } catch {
    return undefined
  }
}
