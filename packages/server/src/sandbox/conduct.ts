/**
 * How programs have behaved, and what that means for their next invocation: which lane, or none for a while.
 * Whatever changes a program's standing is told to the operator.
 */
import type { Flight } from './flight.ts'
import type { Lane } from './protocol.ts'
import { createQuarantine } from './quarantine.ts'
import type { EndCause } from './runner-process.ts'
import { Suspects } from './suspects.ts'

/** What an operator may want to know; ids only. */
export type SandboxEvent =
  | { readonly kind: 'runner_ended'; readonly cause: EndCause; readonly pid: number | undefined }
  | { readonly kind: 'program_slow'; readonly programId: string }
  | { readonly kind: 'program_quarantined'; readonly programId: string; readonly seconds: number }

export interface Conduct {
  laneOf(programId: string): Lane
  /** Undefined when the program may run. */
  retryAfterSeconds(programId: string): number | undefined
  /** A slice of it took what the fast lane does not have. */
  overran(programId: string): void
  /** It held a fast runner until that was killed. */
  stuck(programId: string): void
  /** May it enter the slow lane now? */
  admit(flight: Flight): boolean
  /** It has left the slow lane. True when another may enter. */
  leave(flight: Flight): boolean
  /** Who of them brought the slow runner down: those programs rest from now on. */
  judge(lost: readonly Flight[], cause: EndCause, isAlone: boolean): ReadonlySet<string>
}

/** `now` in milliseconds. */
export function createConduct(now: () => number, log: (event: SandboxEvent) => void): Conduct {
  const quarantine = createQuarantine(now)
  const suspects = new Suspects()

  function slowDown(programId: string, how: 'markSlow' | 'overran'): void {
    const wasSlow = quarantine.isSlow(programId)
    quarantine[how](programId)
    if (!wasSlow && quarantine.isSlow(programId)) log({ kind: 'program_slow', programId })
  }

  return {
    laneOf: (programId) => (quarantine.isSlow(programId) ? 'slow' : 'fast'),
    retryAfterSeconds: (programId) => quarantine.retryAfterSeconds(programId),
    overran: (programId) => slowDown(programId, 'overran'),
    stuck: (programId) => slowDown(programId, 'markSlow'),
    admit: (flight) => suspects.admit(flight),
    leave: (flight) => suspects.leave(flight),
    judge(lost, cause, isAlone) {
      const convicted = suspects.judge(lost, cause, isAlone)
      for (const programId of convicted) {
        suspects.acquit(programId)
        log({ kind: 'program_quarantined', programId, seconds: quarantine.strike(programId) })
      }
      return convicted
    },
  }
}
