/**
 * The tail: what happens, while it happens, as server-sent events. Each event's data is one of these
 * objects. Entries carry their `log_id` as event id: a follower that comes back with it in `Last-Event-ID`
 * gets the entries it missed; console lines are live only.
 */
import { type Static, Type } from 'typebox'
import { logEntry } from './logs.ts'
import type { Operation } from './operation.ts'
import { closed, dateTime, nullable, oneOf } from './schema.ts'

/** One entry of the log. */
export const tailEntry = closed({ kind: Type.Literal('entry'), entry: logEntry })
export type TailEntry = Static<typeof tailEntry>

/** One line that a rule printed, or that we say about a rule. The rule wrote the text: do not trust it. */
export const tailConsole = closed({
  kind: Type.Literal('console'),
  date: dateTime,
  level: oneOf(['debug', 'info', 'warn', 'error']),
  text: Type.String(),
  rule: closed({ id: Type.String(), name: Type.String(), version_number: Type.Integer() }),
  /** The id of the exchange's log entry. */
  request_id: Type.String(),
  client_id: nullable(Type.String()),
})
export type TailConsole = Static<typeof tailConsole>

/** Something is missing here: the follower was too slow, or its `Last-Event-ID` is no longer kept. */
export const tailGap = closed({ kind: Type.Literal('gap'), reason: Type.String() })
export type TailGap = Static<typeof tailGap>

export const tailEvent = Type.Union([tailEntry, tailConsole, tailGap])
export type TailEvent = Static<typeof tailEvent>

export const logTailOperations = {
  followLog: {
    method: 'GET',
    path: '/log-tail',
    scopes: ['read:logs'],
    status: 200,
    response: tailEvent,
    eventStream: true,
  },
} as const satisfies Record<string, Operation>
