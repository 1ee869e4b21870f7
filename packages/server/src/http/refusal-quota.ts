/**
 * Refused changes of callers who proved nothing: anyone can send them, so only so many a minute are recorded for one
 * address. The rest are counted, and one entry, that of the last of them, says how many were left out.
 */
import type { ManagementLogEntry } from '../domain/log-entry.ts'
import { networkOf } from '../domain/network.ts'

/** In a window, of one tenant and address. */
export const maxRefusalsOnRecord = 60
export const windowMs = 60_000
/** Addresses that are counted separately; all others are counted together. */
const maxAddresses = 10_000

export interface RefusalQuota {
  /** False when the entry is over the quota and must not be written. */
  admit(entry: ManagementLogEntry): boolean
  /** Ends every window; resolves when what was left out is recorded. */
  close(): Promise<void>
}

interface Window {
  readonly timer: NodeJS.Timeout
  admitted: number
  leftOut: number
  lastLeftOut: ManagementLogEntry | undefined
}

/** `tell` writes an entry and takes care of its own failures. */
export function createRefusalQuota(tell: (entry: ManagementLogEntry) => Promise<void>): RefusalQuota {
  const windows = new Map<string, Window>()

  function windowOf({ tenantId, ip }: ManagementLogEntry): Window {
    const own = `${tenantId} ${networkOf(ip)}`
    const key = windows.has(own) || windows.size < maxAddresses ? own : tenantId
    const open = windows.get(key)
    if (open) return open
    const timer = setTimeout(() => void end(key), windowMs).unref()
    const window: Window = { timer, admitted: 0, leftOut: 0, lastLeftOut: undefined }
    windows.set(key, window)
    return window
  }

  async function end(key: string): Promise<void> {
    const window = windows.get(key)
    windows.delete(key)
    clearTimeout(window?.timer)
    if (!window?.lastLeftOut) return
    const description = `${window.leftOut} refused changes from callers who proved nothing were left out of the log here.`
    await tell({ ...window.lastLeftOut, description })
  }

  return {
    admit(entry) {
      const window = windowOf(entry)
      if (window.admitted < maxRefusalsOnRecord) {
        window.admitted++
        return true
      }
      window.leftOut++
      window.lastLeftOut = entry
      return false
    },
    async close() {
      await Promise.all([...windows.keys()].map(end))
    },
  }
}
