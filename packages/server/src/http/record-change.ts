/**
 * Every change that an operator makes, through whichever door, is committed together with the log entry that tells of
 * it: there is no change without an entry, and no entry of a change that did not happen. A refused change leaves an
 * entry, too, written before the refusal goes out, though only so many for callers who are not proven. Reads leave
 * none.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ClientId } from '../domain/client.ts'
import { ManagementError } from '../domain/errors.ts'
import type { LogEntry, ManagementLogEntry } from '../domain/log-entry.ts'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError } from '../domain/storage.ts'
import type { Write } from '../domain/write.ts'
import { maskOwnSecrets } from '../keys/secret/client-secret.ts'
import { createMask } from '../rules/masking.ts'
import { createRefusalQuota } from './refusal-quota.ts'
import { logEntryIdOf, tenantOf } from './request.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the change, once proven; undefined at a door that knows no clients. */
    actor: Actor | undefined
    /** The caller proved to be someone, be it a client or the holder of a container's token. */
    isProven: boolean
    /** Why this request is refused. */
    refusal: Error | undefined
    /** Its log entry is on disk. */
    recorded: boolean
    /** Where the change waits until its answer can be committed with it; undefined when it need not. */
    heldChange: HeldChange | undefined
    /** What must hold for the change to be made. */
    onlyIf: Write | undefined
  }
}

export interface Actor {
  readonly clientId: ClientId
  readonly clientName: string
}

export interface RecordChangeDeps {
  /** Resolves when entry and writes are on disk, all or none. */
  readonly record: (entry: LogEntry, writes: readonly Write[]) => Promise<void>
  readonly now: () => Date
}

export interface Change {
  /** One sentence without values that are secret. */
  readonly description: string
  /** The status with which the change will be answered. */
  readonly status: number
  readonly writes: readonly Write[]
}

export interface HeldChange {
  change: Change | undefined
}

/** Only the answer may follow it, made of what is at hand: the change may not be on disk yet. */
export type RecordChange = (request: FastifyRequest, change: Change) => Promise<void>

/** @throws ManagementError `conflict` or `not_found` when another change came first; nothing has changed then. */
export function createRecordChange(deps: RecordChangeDeps): RecordChange {
  return async function recordChange(request, change) {
    if (request.heldChange) {
      request.heldChange.change = change
      return
    }
    const { description, status } = change
    const writes = request.onlyIf ? [request.onlyIf, ...change.writes] : change.writes
    try {
      await deps.record(entryOf(request, deps.now(), { type: 'sapi', description, status }), writes)
      request.recorded = true
    } catch (error) {
      if (error instanceof AlreadyExistsError) {
        throw new ManagementError('conflict', error.message, { cause: error })
      }
      if (error instanceof ChangedMeanwhileError) {
        throw new ManagementError(
          'conflict',
          `The ${error.noun} was changed by another request at the same time. Read it again and repeat the change.`,
          { cause: error },
        )
      }
      if (error instanceof GoneError) throw new ManagementError('not_found', error.message, { cause: error })
      throw error
    }
  }
}

/** From now on, each request to `app` that would change something and is refused leaves an entry. */
export function recordRefusedChanges(app: FastifyInstance, deps: RecordChangeDeps): void {
  app.decorateRequest('actor', undefined)
  app.decorateRequest('isProven', false)
  app.decorateRequest('refusal', undefined)
  app.decorateRequest('recorded', false)
  app.decorateRequest('heldChange', undefined)
  app.decorateRequest('onlyIf', undefined)

  const quota = createRefusalQuota(tell)

  // Only takes note, and throws the error again for the one place that turns errors into responses.
  app.setErrorHandler((error: Error, request) => {
    request.refusal = error
    throw error
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const reads = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
    if (reads || request.recorded || reply.statusCode < 400) return payload
    // No tenant, no log.
    if (tenantOf(request) === undefined) return payload
    request.recorded = true
    const description = refusalInWords(request.refusal)
    const entry = entryOf(request, deps.now(), { type: 'fapi', description, status: reply.statusCode })
    if (request.isProven || request.actor !== undefined || quota.admit(entry)) await tell(entry)
    return payload
  })
  app.addHook('onClose', () => quota.close())

  async function tell(entry: ManagementLogEntry): Promise<void> {
    try {
      await deps.record(entry, [])
    } catch (error) {
      // Its tenant was removed meanwhile, and the log with it.
      if (error instanceof GoneError) return
      // Nothing was changed, so the refusal may go out without its entry; the operator has to know.
      app.log.error(error, 'the log entry of a refused change could not be written')
    }
  }
}

function refusalInWords(refusal: Error | undefined): string {
  if (refusal instanceof ManagementError) return refusal.message
  // The message of another error may quote the body, as JSON syntax errors do, and a body may hold a secret.
  return 'The change was refused or failed before it could be understood; see the status.'
}

/** Longer paths and user agents are cut. */
const maxTextLength = 1000

function entryOf(
  request: FastifyRequest,
  now: Date,
  outcome: Pick<ManagementLogEntry, 'type' | 'description' | 'status'>,
): ManagementLogEntry {
  const mask = maskOf(request)
  return {
    tenantId: request.tenant.id,
    id: logEntryIdOf(request),
    at: request.receivedAt,
    clientId: request.actor?.clientId,
    clientName: request.actor?.clientName,
    ip: request.ip,
    userAgent: mask(request.headers['user-agent'] ?? '').slice(0, maxTextLength),
    durationMs: now.getTime() - request.receivedAt.getTime(),
    method: request.method,
    path: maskedPath(request.url, mask).slice(0, maxTextLength),
    ...outcome,
    description: mask(outcome.description),
  }
}

/** Masks what looks like one of our secrets and what the caller presented. Texts are cut afterwards, never before. */
function maskOf({ headers: { authorization = '', dpop = '' } }: FastifyRequest): (text: string) => string {
  const maskPresented = createMask([authorization, authorization.replace(/^\S+\s+/, ''), String(dpop)])
  return (text) => maskOwnSecrets(maskPresented(text))
}

/**
 * Without the query string, which may hold a token. Where an
 * encoded letter would hide a secret, the path is kept decoded.
 */
function maskedPath(url: string, mask: (text: string) => string): string {
  const path = url.split('?', 1)[0] ?? ''
  const decoded = path.replace(/%([2-7][0-9a-f])/gi, (_escape, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  const masked = mask(decoded)
  return masked === decoded ? mask(path) : masked
}
