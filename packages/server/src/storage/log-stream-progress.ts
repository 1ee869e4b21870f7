import type { LogStreamProgress, LogStreamStore } from '../domain/log-stream.ts'
import { text } from './column.ts'
import type { Database } from './database.ts'
import { logStreamProgressColumns } from './log-tables.ts'

const noun = 'log stream'

type ProgressStore = Pick<LogStreamStore, 'findProgress' | 'updateProgress' | 'forgetFailure'>

export function createLogStreamProgressStore(database: Database): ProgressStore {
  const find = database.one({ tenant_id: text, stream_id: text }, (build, asked) =>
    build
      .selectFrom('log_stream_progress')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('stream_id', '=', asked.stream_id),
  )
  // No change of an operator's: nobody's condition on what they read depends on it.
  const update = database.write(
    logStreamProgressColumns,
    (build, { tenant_id, stream_id, ...progress }) =>
      build
        .updateTable('log_stream_progress')
        .set(progress)
        .where('tenant_id', '=', tenant_id)
        .where('stream_id', '=', stream_id),
    { noun, isLog: true },
  )
  const forgetFailure = database.write(
    { tenant_id: text, stream_id: text },
    (build, asked) =>
      build
        .updateTable('log_stream_progress')
        .set({ failing_since: null, failure: null })
        .where('tenant_id', '=', asked.tenant_id)
        .where('stream_id', '=', asked.stream_id),
    { noun, isLog: true },
  )
  return {
    forgetFailure: (tenantId, id) => forgetFailure({ tenant_id: tenantId, stream_id: id }),
    async findProgress(tenantId, id): Promise<LogStreamProgress | undefined> {
      const row = find({ tenant_id: tenantId, stream_id: id })
      return (
        row && {
          place: row.place,
          deliveredAt: momentOf(row.delivered_at),
          failingSince: momentOf(row.failing_since),
          failure: row.failure ?? undefined,
        }
      )
    },
    updateProgress: (tenantId, id, { place, deliveredAt, failingSince, failure }) =>
      update({
        tenant_id: tenantId,
        stream_id: id,
        place,
        delivered_at: deliveredAt?.getTime() ?? null,
        failing_since: failingSince?.getTime() ?? null,
        failure: failure ?? null,
      }),
  }
}

function momentOf(ms: number | null): Date | undefined {
  return ms === null ? undefined : new Date(ms)
}
