/**
 * The tail as server-sent events. Entries carry their id; a follower that comes back with one in
 * `Last-Event-ID` first gets what it missed, from the log, and then what happens, each entry once.
 */
import { Readable } from 'node:stream'
import type { TailEvent as TailEventOnWire } from '@tallystick/management-api/contract/log-tail'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../domain/errors.ts'
import {
  type LogEntry,
  type LogEntryId,
  type LogEntryStore,
  parseLogEntryId,
} from '../../domain/log-entry.ts'
import type { ConsoleEvent, Tail, TailEvent, TailFollower, TailGap } from '../../logs/tail.ts'
import type { Handlers } from './handler.ts'
import { logEntryOnWire } from './logs.ts'

export interface LogTailHandlerDeps {
  readonly logEntries: LogEntryStore
  readonly tail: Tail
  readonly now: () => Date
}

/** A comment after so much silence, so that nobody between us and the follower takes the line for dead. */
export const heartbeatMs = 15_000
const replayPageSize = 100
/** `setTimeout` takes no longer time. */
const longestTimerMs = 2 ** 31 - 1

export function createLogTailHandlers(deps: LogTailHandlerDeps): Pick<Handlers, 'followLog'> {
  return {
    async followLog({ request, reply, operator }) {
      const lastEventId = parseLastEventId(request)
      // Followed before the log is read: what is committed in between comes twice to us, never not at all.
      const follower = deps.tail.follow(request.tenant.id)
      const untilExpiry = operator.tokenExpiresAt.getTime() - deps.now().getTime()
      const expiry = setTimeout(() => follower.close(), Math.min(untilExpiry, longestTimerMs))
      reply.raw.once('close', () => {
        clearTimeout(expiry)
        follower.close()
      })
      reply
        .header('content-type', 'text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
      return Readable.from(eventTexts(deps, request, follower, lastEventId), { highWaterMark: 1 })
    },
  }
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
): AsyncGenerator<string> {
  const replayed = new Set<LogEntryId>()
  for await (const entry of missedEntries(deps, request, lastEventId)) {
    if (typeof entry === 'string') {
      yield entry
      continue
    }
    replayed.add(entry.id)
    yield entryText(request, entry)
  }
  for await (const event of withHeartbeats(follower)) {
    if (event === 'silence') yield ': nothing happened\n\n'
    else if (event.kind === 'entry' && replayed.has(event.entry.id)) continue
    else {
      // Entries come in the order of the log: after the first new one no replayed one can follow.
      if (event.kind === 'entry') replayed.clear()
      yield eventText(request, event)
    }
  }
}

/** What the follower missed, entry by entry; texts for what is no entry. */
async function* missedEntries(
  { logEntries }: LogTailHandlerDeps,
  { tenant }: FastifyRequest,
  lastEventId: LogEntryId | undefined,
): AsyncGenerator<LogEntry | string> {
  if (!lastEventId) {
    // The place in the log where this follower begins, so that it can come back to it before anything happens.
    const { items } = await logEntries.list(tenant.id, {}, { offset: 0, limit: 1, newestFirst: true })
    yield items[0] ? `id: ${items[0].id}\n\n` : ': nothing happened yet\n\n'
    return
  }
  const known = await logEntries.find(tenant.id, lastEventId)
  yield known ? ': welcome back\n\n' : dataText({ kind: 'gap', reason: forgotten })
  let place = lastEventId
  while (true) {
    const page = await logEntries.listAfter(tenant.id, place, replayPageSize)
    yield* page
    const last = page.at(-1)
    if (!last || page.length < replayPageSize) return
    place = last.id
  }
}

const forgotten =
  'The entry named in Last-Event-ID is not in the log any more; entries after it may be missing too.'

async function* withHeartbeats(follower: TailFollower): AsyncGenerator<TailEvent | TailGap | 'silence'> {
  const events = follower[Symbol.asyncIterator]()
  let next = events.next()
  while (true) {
    const result = await orSilence(next)
    if (result === 'silence') {
      yield result
      continue
    }
    if (result.done) return
    yield result.value
    next = events.next()
  }
}

async function orSilence<Value>(promise: Promise<Value>): Promise<Value | 'silence'> {
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
