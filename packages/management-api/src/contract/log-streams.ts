/**
 * A log stream sends the entries of the log to an address of yours, by http, at least once and in order. Auth0's shape;
 * of its types, `http` alone.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, displayName, formed, hiddenValue, nullable, oneOf } from './schema.ts'

const headerValue = formed('^[\\x20-\\x7e]*$', 'printable ASCII', { minLength: 1, maxLength: 2000 })

const customHeader = closed({ header: Type.String({ minLength: 1, maxLength: 100 }), value: headerValue })

const contentFormat = oneOf(['JSONLINES', 'JSONARRAY', 'JSONOBJECT'])

const sinkToCreate = closed({
  httpEndpoint: Type.String({ minLength: 1, maxLength: 2000 }),
  httpContentType: Type.Optional(
    formed(
      '^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(; ?charset=[A-Za-z0-9-]+)?$',
      'a media type such as application/json',
      { maxLength: 100 },
    ),
  ),
  httpContentFormat: Type.Optional(contentFormat),
  /**
   * The value of the Authorization header, such as `Bearer …`. Never shown again. In a change: left out it stays,
   * null removes it.
   */
  httpAuthorization: Type.Optional(nullable(headerValue)),
  /** Their values are never shown again. In a change: left out they stay, an empty list removes them. */
  httpCustomHeaders: Type.Optional(Type.Array(customHeader, { maxItems: 20 })),
})
export type LogStreamSinkToCreate = Static<typeof sinkToCreate>

const sink = closed({
  httpEndpoint: Type.String(),
  httpContentType: Type.String(),
  httpContentFormat: contentFormat,
  httpAuthorization: Type.Optional(Type.Literal(hiddenValue)),
  httpCustomHeaders: Type.Optional(
    Type.Array(closed({ header: Type.String(), value: Type.Literal(hiddenValue) })),
  ),
})

const filters = Type.Array(
  closed({
    type: Type.Literal('category'),
    name: oneOf([
      'auth.login.fail',
      'auth.login.notification',
      'auth.login.success',
      'auth.logout.fail',
      'auth.logout.success',
      'auth.signup.fail',
      'auth.signup.success',
      'auth.silent_auth.fail',
      'auth.silent_auth.success',
      'auth.token_exchange.fail',
      'auth.token_exchange.success',
      'management.fail',
      'management.success',
      'scim.event',
      'system.notification',
      'user.fail',
      'user.notification',
      'user.success',
      'actions',
      'other',
    ]),
  }),
  { maxItems: 20 },
)

export const logStream = closed({
  id: Type.String(),
  name: Type.String(),
  type: Type.Literal('http'),
  status: oneOf(['active', 'paused', 'suspended']),
  sink,
  /** Of these categories only; of all when there is none. */
  filters,
  isPriority: Type.Optional(Type.Boolean()),
  startFrom: Type.Optional(dateTime),
})
export type LogStream = Static<typeof logStream>

/** The answers to create and rotate-secret alone show the secret with which deliveries are signed. */
export const logStreamWithSecret = closed({ ...logStream.properties, signing_secret: Type.String() })
export type LogStreamWithSecret = Static<typeof logStreamWithSecret>

export const logStreamToCreate = closed({
  name: Type.Optional(displayName(255)),
  type: Type.Literal('http'),
  sink: sinkToCreate,
  filters: Type.Optional(filters),
  isPriority: Type.Optional(Type.Boolean()),
  /** From entries of this date on; from now on when absent. */
  startFrom: Type.Optional(
    formed(
      '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2}))?$',
      'a day or a moment, such as 2026-11-01 or 2026-11-01T08:00:00Z',
    ),
  ),
})
export type LogStreamToCreate = Static<typeof logStreamToCreate>

/** `status` pauses and resumes; a `sink` replaces the whole of it, but for values sent as they are told. */
export const logStreamChange = closed({
  name: Type.Optional(displayName(255)),
  status: Type.Optional(oneOf(['active', 'paused', 'suspended'])),
  sink: Type.Optional(sinkToCreate),
  filters: Type.Optional(filters),
  isPriority: Type.Optional(Type.Boolean()),
})
export type LogStreamChange = Static<typeof logStreamChange>

/** How a stream is doing. */
export const logStreamDelivery = closed({
  /** When the receiver last accepted something. */
  delivered_at: nullable(dateTime),
  /** Since when it has accepted nothing. */
  failing_since: nullable(dateTime),
  /** Of the last attempt, in words. */
  failure: nullable(Type.String()),
})
export type LogStreamDelivery = Static<typeof logStreamDelivery>

export const logStreamOperations = {
  listLogStreams: {
    method: 'GET',
    path: '/log-streams',
    scopes: ['read:log_streams'],
    status: 200,
    response: Type.Array(logStream),
  },
  createLogStream: {
    method: 'POST',
    path: '/log-streams',
    scopes: ['create:log_streams'],
    body: logStreamToCreate,
    status: 200,
    response: logStreamWithSecret,
    shownOnce: ['signing_secret'],
  },
  getLogStream: {
    method: 'GET',
    path: '/log-streams/:id',
    scopes: ['read:log_streams'],
    status: 200,
    response: logStream,
  },
  updateLogStream: {
    method: 'PATCH',
    path: '/log-streams/:id',
    scopes: ['update:log_streams'],
    body: logStreamChange,
    status: 200,
    response: logStream,
  },
  deleteLogStream: {
    method: 'DELETE',
    path: '/log-streams/:id',
    scopes: ['delete:log_streams'],
    status: 204,
  },
  rotateLogStreamSecret: {
    method: 'POST',
    path: '/log-streams/:id/rotate-secret',
    scopes: ['update:log_streams'],
    status: 200,
    response: logStreamWithSecret,
    shownOnce: ['signing_secret'],
  },
  getLogStreamDelivery: {
    method: 'GET',
    path: '/log-streams/:id/delivery',
    scopes: ['read:log_streams'],
    status: 200,
    response: logStreamDelivery,
  },
} as const satisfies Record<string, Operation>
