/**
 * The tail as server-sent events. Entries carry their id; a follower that comes back with one in
 * `Last-Event-ID` first gets what it missed, from the log, and then what happens, each entry once.
 */
import { Readable } from 'node:stream'
import { operations } from '@tallystick/management-api/contract'
import type { TailEvent as TailEventOnWire } from '@tallystick/management-api/contract/log-tail'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import {
  type LogEntry,
  type LogEntryId,
  type LogEntryStore,
  parseLogEntryId,
} from '../../../domain/log-entry.ts'
import type { ConsoleEvent, Tail, TailEvent, TailFollower, TailGap } from '../../../logs/tail.ts'
import { whenClientIsGone } from '../../client-gone.ts'
import type { IsStillGranted, Operator } from '../access/access.ts'
import type { Handlers } from '../operation/handler.ts'
import { logEntryOnWire } from './log-entry-on-wire.ts'
import { createRecentIds, missedPages } from './log-replay.ts'

export interface LogTailHandlerDeps {
  readonly logEntries: LogEntryStore
  readonly tail: Tail
  readonly isStillGranted: IsStillGranted
  /**
   * After so much silence a comment is sent, so that no proxy takes the connection for dead; and as often, the
   * operator's access is checked again.
   */
  readonly heartbeatMs: number
  readonly now: () => Date
}

/** `setTimeout` takes no longer time. */
const longestTimerMs = 2 ** 31 - 1

export function createLogTailHandlers(deps: LogTailHandlerDeps): Pick<Handlers, 'followLog'> {
  return {
    async followLog({ request, reply, operator }) {
      const lastEventId = parseLastEventId(request)
      // Follows before the log is read: what is committed in between reaches us twice, rather than not at all.
      const follower = deps.tail.follow(request.tenant.id, {
        door: 'management',
        paused: lastEventId !== undefined,
      })
      const over = endWithAccess(deps, request, operator)
      over.signal.addEventListener('abort', () => follower.close())
      whenClientIsGone(request, reply, () => over.abort())
      reply.header('content-type', 'text/event-stream; charset=utf-8').header('x-accel-buffering', 'no')
      const texts = eventTexts(deps, request, follower, lastEventId, over.signal)
      return Readable.from(texts, { highWaterMark: 1 })
    },
  }
}

/** Aborts when the token ends or when its client may not read the log any more. */
function endWithAccess(
  deps: LogTailHandlerDeps,
  request: FastifyRequest,
  operator: Operator,
): AbortController {
  const over = new AbortController()
  const untilExpiry = operator.tokenExpiresAt.getTime() - deps.now().getTime()
  const expiry = setTimeout(() => over.abort(), Math.min(untilExpiry, longestTimerMs))
  const proof = setInterval(async () => {
    try {
      const { scopes } = operations.followLog
      if (await deps.isStillGranted(request.tenant.id, operator, scopes)) return
    } catch (error) {
      request.log.error({ err: error }, 'a follower of the log could not be proven again and is let go')
    }
    over.abort()
  }, deps.heartbeatMs)
  over.signal.addEventListener('abort', () => {
    clearTimeout(expiry)
    clearInterval(proof)
  })
  return over
}

function parseLastEventId(request: FastifyRequest): LogEntryId | undefined {
  const raw = request.headers['last-event-id']
  if (raw === undefined || raw === '') return undefined
  const id = typeof raw === 'string' ? parseLogEntryId(raw) : undefined
  if (id) return id
  throw new ManagementError('invalid_query_string', 'The header Last-Event-ID must be a log_id.')
}

async function* eventTexts(
  deps: LogTailHandlerDeps,
  request: FastifyRequest,
  follower: TailFollower,
  lastEventId: LogEntryId | undefined,
  over: AbortSignal,
): AsyncGenerator<string> {
  const replayed = createRecentIds()
  if (lastEventId === undefined) yield await placeInLog(deps, request)
  else {
    yield await welcomeBack(deps, request, lastEventId)
    for await (const page of missedPages(deps.logEntries, request.tenant.id, lastEventId, follower)) {
      if (over.aborted) return
      replayed.add(page)
      yield page.map((entry) => entryText(request, entry)).join('')
    }
  }
  for await (const event of withHeartbeats(follower, deps.heartbeatMs)) {
    if (event === 'silence') yield ': nothing happened\n\n'
    else if (event.kind === 'entry' && replayed.has(event.entry.id)) continue
    else {
      // Entries come in the order of the log: no replayed entry can follow the first new one.
      if (event.kind === 'entry') replayed.forget()
      yield eventText(request, event)
    }
  }
}

/** Tells the follower where in the log it begins, so that it can come back there even if nothing happens. */
async function placeInLog({ logEntries }: LogTailHandlerDeps, { tenant }: FastifyRequest): Promise<string> {
  const last = await logEntries.last(tenant.id)
  return last ? `id: ${last.id}\n\n` : ': nothing happened yet\n\n'
}

async function welcomeBack(
  { logEntries }: LogTailHandlerDeps,
  { tenant }: FastifyRequest,
  lastEventId: LogEntryId,
): Promise<string> {
  const known = await logEntries.find(tenant.id, lastEventId)
  return known ? ': welcome back\n\n' : dataText({ kind: 'gap', reason: forgotten })
}

const forgotten =
  'The entry named in Last-Event-ID is not in the log any more; entries after it may be missing too.'

async function* withHeartbeats(
  follower: TailFollower,
  heartbeatMs: number,
): AsyncGenerator<TailEvent | TailGap | 'silence'> {
  const events = follower[Symbol.asyncIterator]()
  let next = events.next()
  while (true) {
    const result = await orSilence(next, heartbeatMs)
    if (result === 'silence') {
      yield result
      continue
    }
    if (result.done) return
    yield result.value
    next = events.next()
  }
}

async function orSilence<Value>(promise: Promise<Value>, heartbeatMs: number): Promise<Value | 'silence'> {
  const { promise: silence, resolve } = Promise.withResolvers<'silence'>()
  const timer = setTimeout(resolve, heartbeatMs, 'silence')
  try {
    return await Promise.race([promise, silence])
  } finally {
    clearTimeout(timer)
  }
}

function eventText(request: FastifyRequest, event: TailEvent | TailGap): string {
  if (event.kind === 'entry') return entryText(request, event.entry)
  if (event.kind === 'console') return dataText(consoleOnWire(event))
  return dataText({
    kind: 'gap',
    reason: 'This connection read too slowly; console lines are missing here. Reconnect to get the entries.',
  })
}

function entryText(request: FastifyRequest, entry: LogEntry): string {
  return `id: ${entry.id}\n${dataText({ kind: 'entry', entry: logEntryOnWire(request, entry) })}`
}

// JSON has no line break of its own, so one `data:` line holds any event.
function dataText(event: TailEventOnWire): string {
  return `data: ${JSON.stringify(event)}\n\n`
}

function consoleOnWire(event: ConsoleEvent): TailEventOnWire {
  return {
    kind: 'console',
    date: event.at.toISOString(),
    level: event.level,
    text: event.text,
    rule: { id: event.ruleId, name: event.ruleName, version_number: event.versionNumber },
    request_id: event.requestId,
    client_id: event.clientId,
  }
}
