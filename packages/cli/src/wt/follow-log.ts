/**
 * Following the log across lost connections. After each connection the server tells its last lines again;
 * those that were shown already are passed over, so that every line is seen once.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { Door } from './door.ts'
import { WtFailure } from './wt-failure.ts'

export interface FollowDeps {
  readonly door: Pick<Door, 'openLog'>
  readonly interrupted: AbortSignal
  readonly onRecord: (json: string) => void
  /** A connection stands. */
  readonly onConnected: () => void
  /** A connection was lost; the next attempt comes after this time. */
  readonly onLost: (waitMs: number) => void
}

/** The server sends a sign of life every 15 s; thrice that without one is a dead connection. */
const silenceMs = 45_000
const firstWaitMs = 250
const longestWaitMs = 15_000
/** The server repeats at most ten lines; a few more cost nothing. */
const rememberedLines = 20

/** Resolves when interrupted. @throws WtFailure when the first connection fails, or the server refuses. */
export async function followLog(deps: FollowDeps): Promise<void> {
  const { interrupted } = deps
  let shown: string[] = []
  let waitMs = firstWaitMs
  let connectedBefore = false
  while (!interrupted.aborted) {
    const connection = new AbortController()
    const signal = AbortSignal.any([interrupted, connection.signal])
    try {
      const response = await deps.door.openLog(signal)
      deps.onConnected()
      connectedBefore = true
      waitMs = firstWaitMs
      const repeated = [...shown]
      await readEvents(response, connection, (json) => {
        const known = repeated.indexOf(json)
        if (known >= 0) {
          repeated.splice(known, 1)
          return
        }
        shown = [...shown, json].slice(-rememberedLines)
        deps.onRecord(json)
      })
    } catch (error) {
      if (interrupted.aborted) return
      if (!connectedBefore || isRefusal(error)) throw error
    }
    if (interrupted.aborted) return
    deps.onLost(waitMs)
    await sleep(waitMs, undefined, { signal: interrupted }).catch(() => undefined)
    waitMs = Math.min(waitMs * 2, longestWaitMs)
  }
}

async function readEvents(response: Response, connection: AbortController, onData: (data: string) => void) {
  if (response.body === null) return
  const watchdog = setTimeout(() => connection.abort(), silenceMs)
  const alive = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      watchdog.refresh()
      controller.enqueue(chunk)
    },
  })
  const events = response.body
    .pipeThrough(alive)
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
  try {
    for await (const event of events) onData(event.data)
  } finally {
    clearTimeout(watchdog)
  }
}

/** The server answered and said no: asking again would get the same answer. A failed or busy one may recover. */
function isRefusal(error: unknown): boolean {
  const status = error instanceof WtFailure ? error.status : undefined
  return status !== undefined && status < 500 && status !== 429
}
