/**
 * All log streams of all tenants: one run each, woken by what is committed, slowed down while its receiver fails. A
 * stream that waits keeps nothing in memory but its place in line.
 */
import type { LogEntry } from '../domain/log-entry.ts'
import type { LogStream, LogStreamId } from '../domain/log-stream.ts'
import type { TenantId } from '../domain/tenant.ts'
import { type StreamRunDeps, type StreamStep, takeStreamStep } from './stream-run.ts'

export interface StreamDeliveryDeps extends StreamRunDeps {
  /** Not less than 0 and less than 1: spreads attempts that would all come at once. */
  readonly random: () => number
  readonly onFault: (error: unknown, streamId?: LogStreamId) => void
  readonly pace?: Pace
}

export interface Pace {
  /** After something was committed: others often follow, and go along in one request. */
  readonly gatherMs: number
  /** After the first failure; twice as long after each further one. */
  readonly firstRetryMs: number
  readonly longestRetryMs: number
}

export interface StreamDelivery {
  /** Goes on where each stream was when the server ended. */
  start(): Promise<void>
  /** Something was committed to a tenant's log. */
  notice(entry: LogEntry): void
  /** Ends every run; what is on its way is sent again by the next start. */
  close(): Promise<void>
}

const defaultPace: Pace = { gatherMs: 200, firstRetryMs: 1000, longestRetryMs: 300_000 }

type StreamKey = Pick<LogStream, 'tenantId' | 'id'>

/** Something was committed; or the stream itself was changed, so that one that waits for its next attempt makes it now. */
type Reason = 'entry' | 'change'

interface Run extends StreamKey {
  readonly done: Promise<void>
  ring(reason: Reason): void
  /** A change came in that it has not looked at. */
  isChanged(): boolean
}

export function createStreamDelivery(deps: StreamDeliveryDeps): StreamDelivery {
  const runs = new Map<LogStreamId, Run>()
  const over = new AbortController()

  function ensure(key: StreamKey): void {
    if (over.signal.aborted) return
    const running = runs.get(key.id)
    if (running) {
      running.ring('change')
      return
    }
    const run = startRun(deps, key, over.signal)
    runs.set(key.id, run)
    void run.done.finally(() => {
      runs.delete(key.id)
      // Resumed in the moment in which it found itself paused.
      if (run.isChanged()) ensure(key)
    })
  }

  async function refresh(tenantId: TenantId): Promise<void> {
    const streams = await deps.storage.logStreams.list(tenantId)
    for (const stream of streams) {
      if (stream.status === 'active') ensure(stream)
      else runs.get(stream.id)?.ring('change')
    }
  }

  return {
    async start() {
      for (const key of await deps.storage.logStreams.listActive()) ensure(key)
    },
    notice(entry) {
      // A change of a stream is a change like any other: it has its entry, committed with it.
      if (entry.type === 'sapi' && entry.path.includes('/log-streams')) {
        refresh(entry.tenantId).catch((error: unknown) => deps.onFault(error))
      }
      for (const run of runs.values()) if (run.tenantId === entry.tenantId) run.ring('entry')
    },
    async close() {
      over.abort()
      await Promise.all([...runs.values()].map(({ done }) => done))
    },
  }
}

function startRun(deps: StreamDeliveryDeps, key: StreamKey, over: AbortSignal): Run {
  const pace = deps.pace ?? defaultPace
  const bell = createBell(over)

  async function work(): Promise<void> {
    let failures = 0
    while (!over.aborted) {
      const step = await attempt()
      if (step.kind === 'over') return
      failures = step.kind === 'failed' ? failures + 1 : 0
      if (step.kind === 'idle') {
        await bell.wait('entry')
        await bell.wait('change', pace.gatherMs)
      } else if (step.kind === 'failed') {
        await bell.wait('change', Math.max(retryMs(failures), step.retryAfterMs ?? 0))
      }
    }
  }

  /** A fault of ours is waited out like a failure of the receiver. */
  async function attempt(): Promise<StreamStep> {
    try {
      return await takeStreamStep(deps, key, over)
    } catch (error) {
      deps.onFault(error, key.id)
      return { kind: 'failed' }
    }
  }

  function retryMs(failures: number): number {
    const longest = Math.min(pace.longestRetryMs, pace.firstRetryMs * 2 ** (failures - 1))
    return longest * (0.5 + deps.random() / 2)
  }

  return { ...key, done: work(), ring: bell.ring, isChanged: bell.isChanged }
}

/** What wakes a run. Rung while it does not wait, it lets the next wait end at once. */
function createBell(over: AbortSignal) {
  const isRung = { entry: false, change: false }
  let wake = () => {}
  over.addEventListener('abort', () => wake(), { once: true })

  return {
    ring(reason: Reason): void {
      isRung[reason] = true
      wake()
    },
    isChanged: () => isRung.change,
    /** Until something was committed (`entry`), or until the stream was changed; and no longer than that. */
    async wait(reason: Reason, longestMs?: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = longestMs === undefined ? undefined : setTimeout(resolve, longestMs)
      wake = () => {
        if (over.aborted || isRung.change || isRung[reason]) resolve()
      }
      wake()
      await promise
      clearTimeout(timer)
      wake = () => {}
      isRung.change = false
      if (reason === 'entry') isRung.entry = false
    },
  }
}
