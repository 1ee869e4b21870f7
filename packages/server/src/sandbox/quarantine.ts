/**
 * Programs that killed runners are not run for a while: 1 s after the first time, doubling to 30 s. Those
 * that need long slices are run in the slow lane for a while. Both are forgotten; nothing here is stored.
 */
export interface Quarantine {
  /** The program has killed a runner. Returns for how many seconds it rests. */
  strike(programId: string): number
  /** Undefined when the program may run. */
  retryAfterSeconds(programId: string): number | undefined
  /** It needs the slow lane for certain. */
  markSlow(programId: string): void
  /** It took longer than a slice of the fast lane may. Twice within a minute and it is slow: once is a hiccup. */
  overran(programId: string): void
  isSlow(programId: string): boolean
}

const maxQuarantineSeconds = 30
const slowMs = 60_000
/** A program that behaves this long starts again with a clean slate. */
const forgiveAfterMs = 300_000
const maxRemembered = 10_000

interface Record {
  strikes: number
  restsUntil: number
  slowUntil: number
  overranAt: number
  touchedAt: number
}

/** `now` in milliseconds. */
export function createQuarantine(now: () => number): Quarantine {
  const records = new Map<string, Record>()

  function touch(programId: string): Record {
    const at = now()
    const known = records.get(programId)
    const record =
      known !== undefined && at - known.touchedAt < forgiveAfterMs
        ? known
        : { strikes: 0, restsUntil: 0, slowUntil: 0, overranAt: -slowMs, touchedAt: at }
    record.touchedAt = at
    // Re-inserted, so that the map's order is the order of the last touch.
    records.delete(programId)
    records.set(programId, record)
    for (const oldest of records.keys()) {
      if (records.size <= maxRemembered) break
      records.delete(oldest)
    }
    return record
  }

  return {
    strike(programId) {
      const record = touch(programId)
      const seconds = Math.min(maxQuarantineSeconds, 2 ** record.strikes)
      record.strikes++
      record.restsUntil = now() + seconds * 1000
      record.slowUntil = record.restsUntil + slowMs
      return seconds
    },
    retryAfterSeconds(programId) {
      const record = records.get(programId)
      if (record === undefined || record.restsUntil <= now()) return undefined
      return Math.max(1, Math.ceil((record.restsUntil - now()) / 1000))
    },
    markSlow(programId) {
      const record = touch(programId)
      record.slowUntil = Math.max(record.slowUntil, now() + slowMs)
    },
    overran(programId) {
      const record = touch(programId)
      if (now() - record.overranAt < slowMs) record.slowUntil = Math.max(record.slowUntil, now() + slowMs)
      record.overranAt = now()
    },
    isSlow: (programId) => (records.get(programId)?.slowUntil ?? 0) > now(),
  }
}
