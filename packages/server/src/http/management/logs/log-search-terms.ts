/** What one term of a search means: a field and a value, a range of dates, or words that may stand anywhere. */
import { parseClientId } from '../../../domain/client.ts'
import { logEntryTypes } from '../../../domain/log-entry-type.ts'
import {
  type DateRange,
  type LogCondition,
  type LogKeyField,
  type LogTextField,
  wordsOf,
} from '../../../domain/log-search.ts'
import { notUnderstood, type SearchRange, type SearchToken, shown } from './log-search-tokens.ts'

export type SearchTerm = Extract<SearchToken, { kind: 'term' }>

const keyFields: Readonly<Record<string, LogKeyField>> = {
  type: 'type',
  client_id: 'clientId',
  ip: 'ip',
  client_ip: 'ip',
  log_id: 'id',
  _id: 'id',
  audience: 'audience',
}
const textFields: Readonly<Record<string, LogTextField>> = {
  description: 'description',
  client_name: 'clientName',
  user_agent: 'userAgent',
}
/** About users and their logins: empty in every entry here. */
const emptyFields = new Set([
  'connection',
  'connection_id',
  'user_id',
  'user_name',
  'organization_id',
  'organization_name',
  'strategy',
  'strategy_type',
])

export const searchFields: readonly string[] = [
  ...Object.keys(keyFields),
  ...Object.keys(textFields),
  ...emptyFields,
  'date',
  'hostname',
].sort()

/** @throws ManagementError when the value is none of the field's. */
export function fieldCondition(field: string, term: SearchTerm, hostname: string): LogCondition {
  const key = Object.hasOwn(keyFields, field) ? keyFields[field] : undefined
  if (key !== undefined) return keyCondition(field, key, term)
  const text = Object.hasOwn(textFields, field) ? textFields[field] : undefined
  if (text !== undefined) return wordsCondition([text], term)
  if (field === 'hostname') {
    const holds = term.isPrefix ? hostname.startsWith(term.text) : hostname === term.text
    return { kind: 'constant', holds }
  }
  if (emptyFields.has(field)) return { kind: 'constant', holds: term.text === '' }
  if (term.isPrefix) throw notUnderstood('A date has no *; write a range, such as date:[2026-11-01 TO *].')
  const day = spanOf(term.text)
  return { kind: 'date', range: { from: day.from, before: day.before } }
}

/** A term without a field: words in the texts, or the whole of an id, address or audience. */
export function anywhere(term: SearchTerm): LogCondition {
  return wordsCondition(
    ['description', 'clientName', 'userAgent'],
    term,
    (['clientId', 'ip', 'id', 'audience'] as const).map((field) => ({
      kind: 'key',
      field,
      text: term.text,
      isPrefix: term.isPrefix,
    })),
  )
}

function keyCondition(name: string, field: LogKeyField, { text, isPrefix }: SearchTerm): LogCondition {
  if (field === 'type' && !isPrefix && !logEntryTypes.some((type) => type === text)) {
    throw notUnderstood(`A type is one of: ${logEntryTypes.join(', ')}; not ${shown(text)}`)
  }
  if (field === 'clientId' && !isPrefix && parseClientId(text) === undefined) {
    throw notUnderstood('A client_id has letters, digits, - and _ only.')
  }
  if (text === '') throw notUnderstood(`The value of ${name} is empty.`)
  return { kind: 'key', field, text, isPrefix }
}

function wordsCondition(
  fields: readonly LogTextField[],
  { text, isPrefix }: SearchTerm,
  others: readonly LogCondition[] = [],
): LogCondition {
  const words = wordsOf(text)
  if (words.length === 0) throw notUnderstood(`There is no letter and no digit in ${shown(text)}`)
  const found = fields.map((field): LogCondition => ({ kind: 'words', field, words, isPrefix }))
  return { kind: 'or', of: [...found, ...others] }
}

export function dateRange(field: string, range: SearchRange): LogCondition {
  if (field !== 'date') throw notUnderstood(`Only date has ranges, not ${shown(field)}`)
  const from = range.from === '*' ? undefined : spanOf(range.from)
  const to = range.to === '*' ? undefined : spanOf(range.to)
  const bounds: DateRange = {
    ...(from && { from: range.includesFrom ? from.from : from.before }),
    ...(to && { before: range.includesTo ? to.before : to.from }),
  }
  return { kind: 'date', range: bounds }
}

const dateText = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?)Z?)?$/i

/** The time that a date means: the whole day, minute or second that it names. In UTC. */
function spanOf(text: string): { from: Date; before: Date } {
  const [, day, time, seconds, fraction] = dateText.exec(text) ?? []
  const start = day === undefined ? Number.NaN : Date.parse(`${day}T${time ?? '00:00'}Z`)
  // A day that the month does not have moves on into the next one.
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== day) {
    throw notUnderstood(`A date is written like 2026-11-23 or 2026-11-23T08:30:00Z, not ${shown(text)}`)
  }
  const lengthMs = fraction ? 1 : seconds ? 1000 : time ? 60_000 : 86_400_000
  return { from: new Date(start), before: new Date(start + lengthMs) }
}
