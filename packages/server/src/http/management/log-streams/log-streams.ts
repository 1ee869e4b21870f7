/** Log streams on the wire ↔ log streams of the domain. */
import type {
  LogStream as LogStreamOnWire,
  LogStreamToCreate,
} from '@tallystick/management-api/contract/log-streams'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import type { LogEntryStore, LogPlace } from '../../../domain/log-entry.ts'
import {
  type LogStream,
  type LogStreamId,
  type LogStreamStore,
  maxLogStreamsPerTenant,
  parseLogStreamId,
} from '../../../domain/log-stream.ts'
import type { LogStreamSecrets } from '../../../keys/secret/log-stream-secrets.ts'
import { revealSecret, type SecretText } from '../../../keys/secret/secret-text.ts'
import type { RecordChange } from '../../record-change.ts'
import { calendarMoment } from '../operation/calendar-moment.ts'
import type { Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { notThere } from '../operation/not-there.ts'
import { type SinkDeps, sinkFromWire, sinkOnWire } from './log-stream-sink.ts'

export interface LogStreamHandlerDeps extends SinkDeps {
  readonly logStreams: LogStreamStore
  readonly logEntries: Pick<LogEntryStore, 'endOfLog' | 'placeBefore'>
  readonly streamSecrets: Pick<LogStreamSecrets, 'encrypt' | 'encryptSigningSecret'>
  readonly createStreamSecret: () => SecretText
  readonly recordChange: RecordChange
  readonly newId: { readonly logStream: () => LogStreamId }
  readonly now: () => Date
}

type LogStreamHandlers = Pick<
  Handlers,
  | 'listLogStreams'
  | 'createLogStream'
  | 'getLogStream'
  | 'updateLogStream'
  | 'deleteLogStream'
  | 'rotateLogStreamSecret'
  | 'getLogStreamDelivery'
>

export function createLogStreamHandlers(deps: LogStreamHandlerDeps): LogStreamHandlers {
  return {
    listLogStreams: async ({ request }) => (await deps.logStreams.list(request.tenant.id)).map(onWire),

    async createLogStream({ request, body }) {
      const streams = await deps.logStreams.list(request.tenant.id)
      if (streams.length >= maxLogStreamsPerTenant) {
        throw new ManagementError(
          'conflict',
          `There are ${maxLogStreamsPerTenant} log streams already; delete one first.`,
        )
      }
      const secret = deps.createStreamSecret()
      const stream = streamToCreate(deps, request, body, secret)
      refuseTakenName(streams, stream)
      await deps.recordChange(request, {
        description: `Created the log stream ${stream.name}.`,
        status: 200,
        writes: [deps.logStreams.insert(stream, await firstPlace(deps, stream))],
      })
      return { ...onWire(stream), signing_secret: revealSecret(secret) }
    },

    getLogStream: async ({ request, param }) => onWire(await requireStream(deps, request, param('id'))),

    async updateLogStream({ request, param, body }) {
      const stored = await requireStream(deps, request, param('id'))
      const stream: LogStream = {
        ...stored,
        name: body.name ?? stored.name,
        status: body.status ?? stored.status,
        sink: body.sink ? sinkFromWire(deps, stored, body.sink, stored.sink) : stored.sink,
        categories: body.filters?.map(({ name }) => name) ?? stored.categories,
        isPriority: body.isPriority ?? stored.isPriority,
        updatedAt: deps.now(),
      }
      refuseTakenName(await deps.logStreams.list(stream.tenantId), stream)
      await deps.recordChange(request, {
        description: `Changed the log stream ${stream.name}.`,
        status: 200,
        writes: [
          deps.logStreams.update(stream, stored),
          deps.logStreams.forgetFailure(stream.tenantId, stream.id),
        ],
      })
      return onWire(stream)
    },

    async deleteLogStream({ request, param }) {
      const stream = await requireStream(deps, request, param('id'))
      await deps.recordChange(request, {
        description: `Deleted the log stream ${stream.name}.`,
        status: 204,
        writes: [deps.logStreams.remove(stream.tenantId, stream.id)],
      })
      return undefined
    },

    async rotateLogStreamSecret({ request, param }) {
      const stored = await requireStream(deps, request, param('id'))
      const secret = deps.createStreamSecret()
      const signingSecret = deps.streamSecrets.encryptSigningSecret(stored, secret)
      const stream: LogStream = { ...stored, signingSecret, updatedAt: deps.now() }
      await deps.recordChange(request, {
        description: `Renewed the signing secret of the log stream ${stream.name}.`,
        status: 200,
        writes: [deps.logStreams.update(stream, stored)],
      })
      return { ...onWire(stream), signing_secret: revealSecret(secret) }
    },

    async getLogStreamDelivery({ request, param }) {
      const { tenantId, id } = await requireStream(deps, request, param('id'))
      const progress = await deps.logStreams.findProgress(tenantId, id)
      return {
        delivered_at: progress?.deliveredAt?.toISOString() ?? null,
        failing_since: progress?.failingSince?.toISOString() ?? null,
        failure: progress?.failure ?? null,
      }
    },
  }
}

async function requireStream(
  { logStreams }: LogStreamHandlerDeps,
  { tenant }: FastifyRequest,
  text: string,
): Promise<LogStream> {
  const id = parseLogStreamId(text)
  const stream = id && (await logStreams.find(tenant.id, id))
  if (!stream) throw notThere('logStream')
  return stream
}

function streamToCreate(
  deps: LogStreamHandlerDeps,
  { tenant }: FastifyRequest,
  body: LogStreamToCreate,
  secret: SecretText,
): LogStream {
  const identity = { tenantId: tenant.id, id: deps.newId.logStream() }
  const now = deps.now()
  return {
    ...identity,
    name: body.name ?? identity.id,
    status: 'active',
    sink: sinkFromWire(deps, identity, body.sink),
    categories: body.filters?.map(({ name }) => name) ?? [],
    isPriority: body.isPriority,
    startFrom: body.startFrom === undefined ? undefined : momentFrom(body.startFrom),
    signingSecret: deps.streamSecrets.encryptSigningSecret(identity, secret),
    createdAt: now,
    updatedAt: now,
  }
}

function momentFrom(text: string): Date {
  const moment = calendarMoment(text)
  if (moment) return moment
  throw invalidBody('startFrom', 'It must be a date of the calendar')
}

async function firstPlace(
  { logEntries }: LogStreamHandlerDeps,
  { tenantId, startFrom }: LogStream,
): Promise<LogPlace> {
  return startFrom ? logEntries.placeBefore(tenantId, startFrom) : logEntries.endOfLog(tenantId)
}

// Of two at the same time, the database refuses the second.
function refuseTakenName(streams: readonly LogStream[], { id, name }: LogStream): void {
  if (!streams.some((other) => other.name === name && other.id !== id)) return
  throw new ManagementError('conflict', `There is already a log stream with the name ${name}.`)
}

function onWire(stream: LogStream): LogStreamOnWire {
  const answer = {
    id: stream.id,
    name: stream.name,
    type: 'http',
    status: stream.status,
    sink: sinkOnWire(stream.sink),
    filters: stream.categories.map((name) => ({ type: 'category', name })),
    ...(stream.isPriority !== undefined && { isPriority: stream.isPriority }),
    ...(stream.startFrom && { startFrom: stream.startFrom.toISOString() }),
  }
  // The categories were checked against the contract when they came in.
  return answer as LogStreamOnWire
}
