/**
 * One log stream at work: it reads the log behind its place, sends, and moves its place when what was sent is accepted.
 * The place is on disk, so that nothing is lost however the server ends; what was accepted just before may come twice.
 */
import type { LogEntry, LogEntryStore } from '../domain/log-entry.ts'
import type { LogStream, LogStreamProgress, LogStreamStore } from '../domain/log-stream.ts'
import { ChangedMeanwhileError, type Storage } from '../domain/storage.ts'
import type { Tenant, TenantStore } from '../domain/tenant.ts'
import { batchOf, type StreamBatch } from './stream-batch.ts'
import type { SendOutcome, StreamSender } from './stream-sender.ts'

export interface StreamRunDeps {
  readonly storage: Pick<Storage, 'commit'> & {
    readonly logStreams: LogStreamStore
    readonly logEntries: Pick<LogEntryStore, 'listBehind'>
    readonly tenants: Pick<TenantStore, 'find'>
  }
  readonly sender: Pick<StreamSender, 'send'>
  /** An entry as it goes out. */
  readonly render: (tenant: Tenant, entry: LogEntry) => unknown
  /** The headers that prove us, whose values are secret. */
  readonly secretHeaders: (
    stream: LogStream,
    message: { readonly id: string; readonly sentAt: Date; readonly body: string },
  ) => Record<string, string>
  readonly now: () => Date
  readonly onPaused: (stream: LogStream) => void
}

export type StreamStep =
  /** Not there any more, or not active. */
  | { readonly kind: 'over' }
  /** Nothing is left to send. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'sent' }
  | { readonly kind: 'failed'; readonly retryAfterMs?: number }

/** A stream whose receiver accepts nothing for so long is paused, until an operator resumes it. */
export const pauseAfterMs = 7 * 86_400_000
const entriesPerBatch = 100

export async function takeStreamStep(
  deps: StreamRunDeps,
  { tenantId, id }: Pick<LogStream, 'tenantId' | 'id'>,
  signal: AbortSignal,
): Promise<StreamStep> {
  const { logStreams, logEntries, tenants, commit } = deps.storage
  const stream = await logStreams.find(tenantId, id)
  const progress = await logStreams.findProgress(tenantId, id)
  const tenant = await tenants.find(tenantId)
  if (!stream || !progress || !tenant || stream.status !== 'active') return { kind: 'over' }
  const entries = await logEntries.listBehind(tenantId, progress.place, entriesPerBatch)
  if (entries.length === 0) return { kind: 'idle' }
  const batch = batchOf(stream, entries, ({ entry }) =>
    JSON.stringify({ log_id: entry.id, data: deps.render(tenant, entry) }),
  )
  const outcome: SendOutcome =
    batch.body === undefined
      ? { accepted: true }
      : await deps.sender.send(requestOf(deps, stream, batch), signal)
  if (signal.aborted && !outcome.accepted) return { kind: 'over' }
  if (!outcome.accepted) return noteFailure(deps, stream, progress, outcome)
  const deliveredAt = batch.body === undefined ? progress.deliveredAt : deps.now()
  const well = { place: batch.place, deliveredAt, failingSince: undefined, failure: undefined }
  await commit([logStreams.updateProgress(tenantId, id, well)])
  return { kind: 'sent' }
}

function requestOf(deps: StreamRunDeps, stream: LogStream, { id, body }: StreamBatch) {
  return {
    url: new URL(stream.sink.endpoint),
    headers: {
      'content-type': stream.sink.contentType,
      ...deps.secretHeaders(stream, { id, sentAt: deps.now(), body }),
    },
    body,
  }
}

async function noteFailure(
  deps: StreamRunDeps,
  stream: LogStream,
  progress: LogStreamProgress,
  { failure, retryAfterMs }: Extract<SendOutcome, { accepted: false }>,
): Promise<StreamStep> {
  const { logStreams, commit } = deps.storage
  const now = deps.now()
  const failingSince = progress.failingSince ?? now
  if (now.getTime() - failingSince.getTime() >= pauseAfterMs) {
    if (await pause(deps, stream)) return { kind: 'over' }
  }
  // Written when it is news, not at each attempt.
  if (!progress.failingSince || progress.failure !== failure) {
    await commit([
      logStreams.updateProgress(stream.tenantId, stream.id, { ...progress, failingSince, failure }),
    ])
  }
  return { kind: 'failed', ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

/** False when an operator has changed it meanwhile: what they want counts. */
async function pause(deps: StreamRunDeps, stream: LogStream): Promise<boolean> {
  try {
    const paused: LogStream = { ...stream, status: 'paused', updatedAt: deps.now() }
    await deps.storage.commit([deps.storage.logStreams.update(paused, stream)])
    deps.onPaused(stream)
    return true
  } catch (error) {
    if (error instanceof ChangedMeanwhileError) return false
    throw error
  }
}
