import { v7 } from 'uuid'
import { type LogEntryId, parseLogEntryId } from '../domain/log-entry.ts'

/** A fresh UUIDv7 (RFC 9562 §5.7). Within this process each one sorts after all before it. */
export function newLogEntryId(): LogEntryId {
  const id = parseLogEntryId(v7())
  if (id === undefined) throw new Error('The uuid library made an id that is no UUIDv7.')
  return id
}
