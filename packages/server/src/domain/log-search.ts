/**
 * What a search of the log asks for, as a condition on one entry, and how the part of it that an index can answer is
 * taken out.
 */
import type { ClientId } from './client.ts'
import type { LogEntryType } from './log-entry-type.ts'

/** Compared as a whole, letter by letter. */
export type LogKeyField = 'type' | 'clientId' | 'ip' | 'id' | 'audience'
/** Compared word by word, whatever the case. */
export type LogTextField = 'description' | 'clientName' | 'userAgent'

export type LogCondition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly LogCondition[] }
  | { readonly kind: 'not'; readonly of: LogCondition }
  | { readonly kind: 'key'; readonly field: LogKeyField; readonly text: string; readonly isPrefix: boolean }
  /** These words stand there in this order; with `isPrefix` the last one may go on. */
  | {
      readonly kind: 'words'
      readonly field: LogTextField
      readonly words: readonly string[]
      readonly isPrefix: boolean
    }
  | { readonly kind: 'date'; readonly range: DateRange }
  /** Of every entry, or of none: what is the same in all of them. */
  | { readonly kind: 'constant'; readonly holds: boolean }

export interface DateRange {
  /** From this moment on. */
  readonly from?: Date
  /** Up to this moment, without it. */
  readonly before?: Date
}

/** All of it must hold. */
export interface LogEntryFilter extends DateRange {
  readonly type?: LogEntryType
  readonly clientId?: ClientId
  /** What the other members do not say. */
  readonly condition?: LogCondition
}

/** A search that no index answers, and that would have to look at more entries than that. */
export class SearchTooWideError extends Error {
  override readonly name = 'SearchTooWideError'
}

/** Entries that one search looks at, where no index answers it. */
export const maxExaminedEntries = 200_000
/** Fewer, where the search has very many terms: each of them is a look at an entry, a term without a field is seven. */
export const maxLooks = 10 * maxExaminedEntries

/** The words of a text, as searches compare them: lower case, everything but letters and digits left out. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

/** The filter that asks for the same: with a type, a client and dates where all of the condition's parts need them. */
export function filterOf(condition: LogCondition): LogEntryFilter {
  const filter: { -readonly [Member in keyof LogEntryFilter]: LogEntryFilter[Member] } = {}
  const rest: LogCondition[] = []
  for (const part of conjunctsOf(condition)) {
    if (isWhole(part, 'type') && filter.type === undefined) filter.type = part.text as LogEntryType
    else if (isWhole(part, 'clientId') && filter.clientId === undefined)
      filter.clientId = part.text as ClientId
    else if (part.kind === 'date') Object.assign(filter, intersection(filter, part.range))
    else rest.push(part)
  }
  const [only] = rest
  if (only) filter.condition = rest.length === 1 ? only : { kind: 'and', of: rest }
  return filter
}

function conjunctsOf(condition: LogCondition): readonly LogCondition[] {
  return condition.kind === 'and' ? condition.of.flatMap(conjunctsOf) : [condition]
}

type KeyCondition = Extract<LogCondition, { kind: 'key' }>

function isWhole(condition: LogCondition, field: LogKeyField): condition is KeyCondition {
  return condition.kind === 'key' && condition.field === field && !condition.isPrefix
}

function intersection(one: DateRange, other: DateRange): DateRange {
  const [from] = sorted(one.from, other.from).reverse()
  const [before] = sorted(one.before, other.before)
  return { ...(from && { from }), ...(before && { before }) }
}

function sorted(...moments: (Date | undefined)[]): Date[] {
  return moments
    .filter((moment) => moment !== undefined)
    .sort((one, other) => one.getTime() - other.getTime())
}
