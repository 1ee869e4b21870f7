/** A search of the log as SQL: its words and names are bound as values, never written into the text of a query. */
import { type RawBuilder, sql } from 'kysely'
import { type LogCondition, type LogKeyField, type LogTextField, wordsOf } from '../domain/log-search.ts'
import type { Database } from './database.ts'

/** The words of a text, a space before and behind each: ` like these `. */
const wordsFunction = 'log_words'

/** Those of the entry that is being looked at: every term of a search asks for the same texts again. */
const maxRecentTexts = 8

export function defineLogFunctions({ sqlite }: Database): void {
  const recent = new Map<string, string>()
  sqlite.function(wordsFunction, { deterministic: true }, (text) => {
    if (typeof text !== 'string') return ''
    const known = recent.get(text)
    if (known !== undefined) return known
    const words = spaced(wordsOf(text))
    if (recent.size >= maxRecentTexts) recent.clear()
    recent.set(text, words)
    return words
  })
}

/** How many times one entry is looked at, at most. */
export function termsOf(condition: LogCondition): number {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.reduce((sum, part) => sum + termsOf(part), 0)
    case 'not':
      return termsOf(condition.of)
    default:
      return 1
  }
}

function spaced(words: readonly string[]): string {
  return ` ${words.join(' ')} `
}

const keyColumns = {
  type: sql<string>`type`,
  clientId: sql<string | null>`client_id`,
  id: sql<string>`id`,
  ip: sql<string>`json_extract(content, '$.ip')`,
  audience: sql<string | null>`json_extract(content, '$.audience')`,
} satisfies Record<LogKeyField, RawBuilder<unknown>>

const textColumns = {
  description: sql<string>`json_extract(content, '$.description')`,
  clientName: sql<string | null>`json_extract(content, '$.clientName')`,
  userAgent: sql<string>`json_extract(content, '$.userAgent')`,
} satisfies Record<LogTextField, RawBuilder<unknown>>

export function conditionInSql(condition: LogCondition): RawBuilder<boolean> {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return sql`(${sql.join(condition.of.map(conditionInSql), condition.kind === 'and' ? sql` and ` : sql` or `)})`
    case 'not':
      // What is null holds no text, so that not to have it is true.
      return sql`not coalesce(${conditionInSql(condition.of)}, 0)`
    case 'key':
      return keyInSql(condition)
    case 'words':
      return wordsInSql(condition)
    case 'date': {
      const { from, before } = condition.range
      const fromMs = from?.getTime() ?? Number.MIN_SAFE_INTEGER
      return sql`(at >= ${fromMs} and at < ${before?.getTime() ?? Number.MAX_SAFE_INTEGER})`
    }
    case 'constant':
      return condition.holds ? sql`1` : sql`0`
  }
}

function keyInSql({ field, text, isPrefix }: Extract<LogCondition, { kind: 'key' }>): RawBuilder<boolean> {
  const column = keyColumns[field]
  // The length as SQLite counts: characters, not UTF-16 units.
  return isPrefix ? sql`substr(${column}, 1, length(${text})) = ${text}` : sql`${column} = ${text}`
}

function wordsInSql({
  field,
  words,
  isPrefix,
}: Extract<LogCondition, { kind: 'words' }>): RawBuilder<boolean> {
  const needle = isPrefix ? spaced(words).trimEnd() : spaced(words)
  return sql`instr(${sql.raw(wordsFunction)}(${textColumns[field]}), ${needle}) > 0`
}
