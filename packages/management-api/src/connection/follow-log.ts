/**
 * Follows the log tail. A connection that breaks is opened again with the id of the last entry seen, so that no entry
 * is missed and none comes twice.
 */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { TailEvent } from '../contract/log-tail.ts'
import { type ConnectionOptions, send } from './call.ts'
import { ManagementApiError } from './error.ts'

export interface FollowOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal
  /** Begins with the entries after this one instead of with what happens from now on. */
  readonly afterLogId?: string
  /** The connection broke and is made again after this time. */
  readonly onReconnect?: (afterMs: number) => void
}

/** The server sends a comment at least every 15 s; a connection silent for longer is dead. */
const maxSilenceMs = 45_000
const firstWaitMs = 250
const longestWaitMs = 10_000
/** One event is one log entry or one console line; no event of ours is longer. */
const maxEventLength = 4_000_000

/** @throws ManagementApiError when refused, and what `fetch` throws when the first connection cannot be made. */
export async function* followLog(
  options: ConnectionOptions,
  { signal, afterLogId, onReconnect }: FollowOptions = {},
): AsyncGenerator<TailEvent> {
  const place = { lastEventId: afterLogId }
  let connectedBefore = false
  let waitMs = firstWaitMs
  while (!signal?.aborted) {
    try {
      for await (const event of followOnce(options, place, signal)) {
        waitMs = firstWaitMs
        connectedBefore = true
        if (event !== 'connected') yield event
      }
    } catch (error) {
      if (signal?.aborted) return
      if (!connectedBefore || !mayPass(error)) throw error
    }
    if (signal?.aborted) return
    onReconnect?.(waitMs)
    await wait(waitMs, signal)
    waitMs = Math.min(2 * waitMs, longestWaitMs)
  }
}

function mayPass(error: unknown): boolean {
  return !(error instanceof ManagementApiError) || error.status === 429 || error.status >= 500
}

async function* followOnce(
  options: ConnectionOptions,
  place: { lastEventId: string | undefined },
  signal: AbortSignal | undefined,
): AsyncGenerator<TailEvent | 'connected'> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), maxSilenceMs)
  function heard(): void {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), maxSilenceMs)
  }
  try {
    const response = await send(options, {
      method: 'GET',
      path: '/log-tail',
      headers: {
        accept: 'text/event-stream',
        ...(place.lastEventId === undefined ? {} : { 'last-event-id': place.lastEventId }),
      },
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    })
    if (!response.body) return
    yield 'connected'
    const parser = new EventSourceParserStream({
      maxBufferSize: maxEventLength,
      onComment: heard,
      onId(id) {
        heard()
        place.lastEventId = id
      },
    })
    const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(parser)
    for await (const message of messages) {
      heard()
      yield parseEvent(message.data)
    }
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

// As with answers: the server keeps to the contract.
function parseEvent(data: string): TailEvent {
  return JSON.parse(data) as TailEvent
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done)
  })
}
