/**
 * The recorder: what happened is on disk before anyone is answered. Everything handed in while one batch is
 * being committed goes into the next, so that many requests share one sync of the disk and an idle server
 * waits for no timer.
 */
import type { LogEntry } from '../domain/log-entry.ts'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError, type Storage } from '../domain/storage.ts'
import type { Write } from '../domain/write.ts'
import type { Tail } from './tail.ts'

/** Nothing could be recorded, so nothing may be answered as done. The cause is for the operator. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError'
}

export interface RecorderDeps {
  readonly storage: Pick<Storage, 'commitGroups' | 'logEntries'>
  readonly tail: Pick<Tail, 'publish'>
  /** Entries that may wait for the disk; the next one is refused. */
  readonly maxWaiting?: number
}

export interface Recorder {
  /**
   * Commits the entry with the writes it accounts for, and entries that belong beside it, all or none; resolves when they
   * are on disk.
   * @throws AlreadyExistsError, GoneError or ChangedMeanwhileError when these writes were refused (others stand), or
   *   LogUnavailableError when they could not be written.
   */
  record(entry: LogEntry, writes?: readonly Write[], beside?: readonly LogEntry[]): Promise<void>
  /** Commits writes that no entry accounts for, in the same batches, and throws as `record` does. */
  keep(writes: readonly Write[]): Promise<void>
  /** Resolves when everything handed in before has been committed or refused. */
  drain(): Promise<void>
}

/** Entries of one transaction: the longest it may keep the event loop is some tens of milliseconds. */
export const maxBatch = 500
const defaultMaxWaiting = 10_000

interface Waiting {
  readonly entries: readonly LogEntry[]
  readonly group: readonly Write[]
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export function createRecorder({ storage, tail, maxWaiting = defaultMaxWaiting }: RecorderDeps): Recorder {
  let waiting: Waiting[] = []
  let drained: (() => void)[] = []
  let busy = false

  function schedule(): void {
    if (busy) return
    busy = true
    setImmediate(() => void commitBatches())
  }

  async function commitBatches(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      await commitBatch(batch)
      // Requests that wait in the event loop get their turn, and so into the next batch.
      await new Promise(setImmediate)
    }
    busy = false
    for (const resolve of drained) resolve()
    drained = []
  }

  async function commitBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const errors = await storage.commitGroups(batch.map((one) => one.group))
      for (const [at, one] of batch.entries()) settle(one, errors[at])
    } catch (cause) {
      for (const one of batch) one.reject(unavailable(cause))
    }
  }

  function settle(one: Waiting, error: Error | undefined): void {
    if (error !== undefined) {
      one.reject(isRefusal(error) ? error : unavailable(error))
      return
    }
    for (const entry of one.entries) tail.publish(entry.tenantId, { kind: 'entry', entry })
    one.resolve()
  }

  async function enqueue(entries: readonly LogEntry[], group: readonly Write[]): Promise<void> {
    if (waiting.length >= maxWaiting) {
      throw new LogUnavailableError(`More than ${maxWaiting} log entries wait for the disk.`)
    }
    await new Promise<void>((resolve, reject) => {
      waiting.push({ entries, group, resolve, reject })
      schedule()
    })
  }

  return {
    async record(entry, writes = [], beside = []) {
      const entries = [entry, ...beside]
      await enqueue(entries, [...writes, ...entries.map(storage.logEntries.insert)])
    },
    keep: (writes) => enqueue([], writes),
    async drain() {
      if (!busy) return
      await new Promise<void>((resolve) => drained.push(resolve))
    },
  }
}

function isRefusal(error: Error): boolean {
  return [AlreadyExistsError, GoneError, ChangedMeanwhileError].some((refusal) => error instanceof refusal)
}

function unavailable(cause: unknown): LogUnavailableError {
  return new LogUnavailableError('The log could not be written to disk.', { cause })
}
