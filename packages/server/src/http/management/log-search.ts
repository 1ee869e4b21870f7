/** The search language of the log: `type:` and `client_id:` joined by AND. What it does not know is refused, never ignored. */
import { parseClientId } from '../../domain/client.ts'
import { ManagementError } from '../../domain/errors.ts'
import { type LogEntryFilter, type LogEntryType, logEntryTypes } from '../../domain/log-entry.ts'

const term = /^(type|client_id):(?:"([^"\s]+)"|([^"\s()*?[\]{}~^]+))$/

/** @throws ManagementError `invalid_query_string` */
export function parseLogSearch(text: string | undefined): LogEntryFilter {
  if (text === undefined || text.trim() === '') return {}
  const filter: { -readonly [Member in keyof LogEntryFilter]: LogEntryFilter[Member] } = {}
  for (const part of text.trim().split(/\s+AND\s+/)) {
    const [, field, quoted, plain] = term.exec(part) ?? []
    const value = quoted ?? plain ?? ''
    if (field === 'type' && filter.type === undefined) filter.type = parseType(value)
    else if (field === 'client_id' && filter.clientId === undefined) filter.clientId = requireClientId(value)
    else throw notUnderstood('It joins type: and client_id:, each at most once, by AND.')
  }
  return filter
}

function parseType(text: string): LogEntryType {
  const type = logEntryTypes.find((known) => known === text)
  if (type === undefined) throw notUnderstood(`A type is one of: ${logEntryTypes.join(', ')}.`)
  return type
}

function requireClientId(text: string) {
  const id = parseClientId(text)
  if (id === undefined) throw notUnderstood('A client_id has letters, digits, - and _ only.')
  return id
}

function notUnderstood(reason: string): ManagementError {
  return new ManagementError(
    'invalid_query_string',
    `Query validation error: the search is not understood. ${reason}`,
  )
}
