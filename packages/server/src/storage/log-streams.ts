import {
  type LogStream,
  type LogStreamSink,
  type LogStreamStore,
  logStreamFormats,
  logStreamStatuses,
} from '../domain/log-stream.ts'
import { movedOn, readColumns } from './change-time.ts'
import { text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { createLogStreamProgressStore } from './log-stream-progress.ts'
import { logStreamColumns, logStreamProgressColumns } from './log-tables.ts'
import {
  optional,
  readFlag,
  readIdentifier,
  readObject,
  readOneOf,
  readTextList,
  requireList,
  requireObject,
  requireText,
  writeFlag,
} from './row.ts'
import { describeWrite } from './write.ts'

type LogStreamRow = ValuesOf<typeof logStreamColumns>

const noun = 'log stream'

export function createLogStreamStore(database: Database): LogStreamStore {
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('log_streams')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const list = database.many({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('log_streams')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .orderBy('created_at')
      .orderBy('id'),
  )
  const listActive = database.many({}, (build) =>
    build.selectFrom('log_streams').select(['tenant_id', 'id']).where('status', '=', 'active'),
  )

  return {
    async find(tenantId, id) {
      const row = find({ tenant_id: tenantId, id })
      return row && parseRow(row)
    },
    list: async (tenantId) => list({ tenant_id: tenantId }).map(parseRow),
    listActive: async () =>
      listActive({}).map((row) => ({
        tenantId: readIdentifier(row.tenant_id, 'log_streams.tenant_id'),
        id: readIdentifier(row.id, 'log_streams.id'),
      })),
    ...createStreamWrites(database),
    ...createLogStreamProgressStore(database),
  }
}

function createStreamWrites(database: Database): Pick<LogStreamStore, 'insert' | 'update' | 'remove'> {
  const insert = database.step(
    logStreamColumns,
    (build, row) => build.insertInto('log_streams').values(row),
    { noun, refersTo: 'tenant' },
  )
  const insertProgress = database.step(
    logStreamProgressColumns,
    (build, row) => build.insertInto('log_stream_progress').values(row),
    { noun, refersTo: noun },
  )
  const update = database.change(
    { ...logStreamColumns, ...readColumns },
    (build, { tenant_id, id, created_at: _, updated_at, read_updated_at, ...changing }) =>
      build
        .updateTable('log_streams')
        .set({ ...changing, updated_at: movedOn(updated_at, read_updated_at) })
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('updated_at', '=', read_updated_at),
    noun,
  )
  const remove = database.write(
    { tenant_id: text, id: text },
    (build, asked) =>
      build.deleteFrom('log_streams').where('tenant_id', '=', asked.tenant_id).where('id', '=', asked.id),
    { noun },
  )
  return {
    insert: (stream, place) =>
      describeWrite(database.sqlite, [
        insert(toRow(stream)),
        insertProgress({
          tenant_id: stream.tenantId,
          stream_id: stream.id,
          place,
          delivered_at: null,
          failing_since: null,
          failure: null,
        }),
      ]),
    update: (stream, read) => update({ ...toRow(stream), read_updated_at: read.updatedAt.getTime() }),
    remove: (tenantId, id) => remove({ tenant_id: tenantId, id }),
  }
}

function toRow(stream: LogStream): LogStreamRow {
  return {
    tenant_id: stream.tenantId,
    id: stream.id,
    name: stream.name,
    status: stream.status,
    sink: JSON.stringify(stream.sink),
    categories: JSON.stringify(stream.categories),
    is_priority: stream.isPriority === undefined ? null : writeFlag(stream.isPriority),
    start_from: stream.startFrom?.getTime() ?? null,
    signing_secret: stream.signingSecret,
    created_at: stream.createdAt.getTime(),
    updated_at: stream.updatedAt.getTime(),
  }
}

function parseRow(row: LogStreamRow): LogStream {
  return {
    tenantId: readIdentifier(row.tenant_id, 'log_streams.tenant_id'),
    id: readIdentifier(row.id, 'log_streams.id'),
    name: row.name,
    status: readOneOf(logStreamStatuses, row.status, 'log_streams.status'),
    sink: readSink(row.sink, 'log_streams.sink'),
    categories: readTextList(row.categories, 'log_streams.categories'),
    isPriority: row.is_priority === null ? undefined : readFlag(row.is_priority),
    startFrom: row.start_from === null ? undefined : new Date(row.start_from),
    signingSecret: readIdentifier(row.signing_secret, 'log_streams.signing_secret'),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function readSink(json: string, place: string): LogStreamSink {
  const sink = readObject(json, place)
  const authorization = optional(requireText, sink.authorization, place)
  return {
    endpoint: requireText(sink.endpoint, place),
    contentType: requireText(sink.contentType, place),
    contentFormat: readOneOf(logStreamFormats, sink.contentFormat, place),
    authorization: authorization === undefined ? undefined : readIdentifier(authorization, place),
    customHeaders: requireList(sink.customHeaders, place).map((raw) => {
      const header = requireObject(raw, place)
      return {
        name: requireText(header.name, place),
        value: readIdentifier(requireText(header.value, place), place),
      }
    }),
  }
}
