/**
 * `wt logs`: the last lines, then each as it is printed. Server-sent events for those who accept them,
 * else one JSON record a line, for curl. The token may come in the query string, which nobody logs.
 */

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ManagementError } from '../../domain/errors.ts'
import type { Tail } from '../../logs/tail.ts'
import { whenClientIsGone } from '../client-gone.ts'
import type { DoorAccess, Visitor } from './door-access.ts'
import { lineRecord, noticeRecord, toJsonLine, toServerSentEvent } from './log-record.ts'

export interface LogStreamDeps {
  readonly access: DoorAccess
  readonly tail: Tail
  readonly now: () => Date
  /**
   * Proxies and clients give up on a silent connection after a minute or so. The visitor's token is checked again as
   * often.
   */
  readonly heartbeatMs: number
}

export function createLogStream({ access, tail, now, heartbeatMs }: LogStreamDeps) {
  const open = new Set<() => void>()

  async function follow(
    request: FastifyRequest,
    reply: FastifyReply,
    container: string,
    key: string | undefined,
  ) {
    const wantsEvents = (request.headers.accept ?? '').includes('text/event-stream')
    try {
      await streamLines(request, reply, await access.enterWithKey(request, container, key), wantsEvents)
    } catch (error) {
      if (!(wantsEvents && error instanceof ManagementError) || reply.raw.headersSent) throw error
      // The client looks at no status; it shows the `msg` of an event, and only then says that it was cut off.
      const status = error.code === 'not_found' ? 404 : error.code === 'too_many_requests' ? 429 : 401
      if (status === 429) reply.header('retry-after', '1')
      await reply
        .status(status)
        .type('text/event-stream')
        .send(toServerSentEvent(noticeRecord(container, 'error', error.message, now())))
    }
  }

  async function streamLines(
    request: FastifyRequest,
    reply: FastifyReply,
    visitor: Visitor,
    wantsEvents: boolean,
  ): Promise<void> {
    const { tenant } = visitor
    const write = wantsEvents ? toServerSentEvent : toJsonLine
    // Before anything is sent, so that no line falls between the last ones and the live ones.
    let follower = tail.follow(tenant.id, { door: 'webtask' })
    const recent = tail.recentConsole(tenant.id)
    reply.hijack()
    const { raw: response } = reply
    const end = () => {
      follower.close()
      response.end()
    }
    open.add(end)
    whenClientIsGone(request, reply, end)
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) response.setHeader(name, value)
    }
    response.setHeader('content-type', wantsEvents ? 'text/event-stream' : 'application/x-ndjson')
    response.setHeader('x-accel-buffering', 'no')
    // A connection that has streamed serves nothing else, so a stopping server need not wait for it.
    response.setHeader('connection', 'close')
    response.flushHeaders()
    const heartbeat = setInterval(async () => {
      // If it cannot be checked, it does not count.
      const proven = await access.isStillValid(visitor).catch(() => false)
      if (!proven) end()
      else if (wantsEvents && !response.writableEnded) response.write(': still here\n\n')
    }, heartbeatMs).unref()
    try {
      for (const event of recent) await send(response, write(lineRecord(tenant.name, event)))
      while (!response.writableEnded) {
        let missed = false
        for await (const event of follower) {
          if (event.kind === 'gap') missed = true
          if (event.kind === 'console') await send(response, write(lineRecord(tenant.name, event)))
        }
        if (!missed || response.writableEnded) break
        follower = tail.follow(tenant.id, { door: 'webtask' })
        const notice = 'Lines are missing here: this connection was read too slowly.'
        await send(response, write(noticeRecord(tenant.name, 'warn', notice, now())))
      }
    } finally {
      clearInterval(heartbeat)
      open.delete(end)
      end()
    }
  }

  return {
    follow,
    /** Ends every stream, so that a stopping server need not wait for its listeners. */
    close(): void {
      for (const end of [...open]) end()
    },
  }
}

/** Waits while the listener is slow; the tail's bounded queue fills meanwhile, and nobody else waits. */
async function send(response: ServerResponse, text: string): Promise<void> {
  if (response.writableEnded || response.write(text)) return
  const gone = new AbortController()
  const onClose = () => gone.abort()
  response.once('close', onClose)
  try {
    await once(response, 'drain', { signal: gone.signal })
  } catch (error) {
    if (!gone.signal.aborted) throw error
  } finally {
    response.off('close', onClose)
  }
}
