/**
 * A log stream: every entry of a tenant's log, or those of some categories, sent to an address of the operator's, at
 * least once and in the order of commits.
 */
import type { Identifier } from './identifier.ts'
import type { LogPlace } from './log-entry.ts'
import type { LogEntryType } from './log-entry-type.ts'
import type { EncryptedValue } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** `lst_` and 16 base62 characters. */
export type LogStreamId = Identifier<'LogStreamId'>

/** `active`: sent. `paused`: kept back, by an operator or because nothing was accepted for long. */
export const logStreamStatuses = ['active', 'paused', 'suspended'] as const
export type LogStreamStatus = (typeof logStreamStatuses)[number]

export const logStreamFormats = ['JSONLINES', 'JSONARRAY', 'JSONOBJECT'] as const
export type LogStreamFormat = (typeof logStreamFormats)[number]

export interface LogStreamSink {
  readonly endpoint: string
  readonly contentType: string
  readonly contentFormat: LogStreamFormat
  /** The value of the Authorization header. */
  readonly authorization: EncryptedValue | undefined
  readonly customHeaders: readonly { readonly name: string; readonly value: EncryptedValue }[]
}

export interface LogStream {
  readonly tenantId: TenantId
  readonly id: LogStreamId
  /** Unique per tenant. */
  readonly name: string
  readonly status: LogStreamStatus
  readonly sink: LogStreamSink
  /** Names of categories; all entries when there is none. */
  readonly categories: readonly string[]
  /** Kept and told again. */
  readonly isPriority: boolean | undefined
  readonly startFrom: Date | undefined
  /** With which each delivery is signed. */
  readonly signingSecret: EncryptedValue
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** How far a stream has come. Changes with each delivery, apart from what operators change. */
export interface LogStreamProgress {
  /** All before it was accepted, or was of no category of the stream. */
  readonly place: LogPlace
  readonly deliveredAt: Date | undefined
  /** Since when nothing is accepted; undefined while all is well. */
  readonly failingSince: Date | undefined
  /** Of the last attempt, without what the receiver wrote. */
  readonly failure: string | undefined
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface LogStreamStore {
  find(tenantId: TenantId, id: LogStreamId): Promise<LogStream | undefined>
  /** Oldest first. */
  list(tenantId: TenantId): Promise<LogStream[]>
  /** Of all tenants. */
  listActive(): Promise<Pick<LogStream, 'tenantId' | 'id'>[]>
  insert(stream: LogStream, place: LogPlace): Write
  /** Refused with ChangedMeanwhileError unless what is stored is still what was read. */
  update(stream: LogStream, read: LogStream): Write
  remove(tenantId: TenantId, id: LogStreamId): Write
  findProgress(tenantId: TenantId, id: LogStreamId): Promise<LogStreamProgress | undefined>
  /** Forgets that it failed, wherever it is. */
  forgetFailure(tenantId: TenantId, id: LogStreamId): Write
  /** No trace when the stream is gone. */
  updateProgress(tenantId: TenantId, id: LogStreamId, progress: LogStreamProgress): Write
}

export const maxLogStreamsPerTenant = 20

/** Of the categories that a stream may name, those that our entries are of; the others match nothing. */
export const logCategoryOf = {
  seccft: 'auth.token_exchange.success',
  feccft: 'auth.token_exchange.fail',
  actions_execution_failed: 'actions',
  w: 'auth.login.notification',
  sapi: 'management.success',
  fapi: 'management.fail',
} as const satisfies Record<LogEntryType, string>

const streamId = /^lst_[0-9A-Za-z]{16}$/

/** Undefined when the text is no log stream id. */
export function parseLogStreamId(text: string): LogStreamId | undefined {
  return streamId.test(text) ? (text as LogStreamId) : undefined
}

/** Header names that are said by the server alone. */
const ownHeader =
  /^(?:host|connection|keep-alive|transfer-encoding|content-length|content-type|upgrade|expect|te|trailer|authorization|webhook-.*|proxy-.*)$/i

/** True when a stream may have this header sent: a field name of RFC 9110 that is not ours. */
export function isStreamHeaderName(name: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name) && !ownHeader.test(name)
}
