/**
 * The search language of the log, a part of Lucene's: terms, phrases, `AND`, `OR`, `NOT`, parentheses, a final `*`, and
 * ranges of dates. What it does not know is refused by name, never ignored; how much one search may say is bounded.
 */
import { filterOf, type LogCondition, type LogEntryFilter } from '../../../domain/log-search.ts'
import { anywhere, dateRange, fieldCondition, searchFields } from './log-search-terms.ts'
import { notUnderstood, type SearchToken, searchTokens, shown } from './log-search-tokens.ts'

/** Terms of one search, and parentheses and NOTs within one another. */
const maxTerms = 100
const maxDepth = 20

/** `hostname` is the same in all entries. @throws ManagementError `invalid_query_string` */
export function parseLogSearch(text: string | undefined, hostname: string): LogEntryFilter {
  if (text === undefined || text.trim() === '') return {}
  const reader = createReader(searchTokens(text))
  const condition = readAlternatives(reader, { hostname, depth: 0, field: undefined })
  const next = reader.peek()
  if (next?.kind === ')') throw notUnderstood('A ) closes nothing.')
  if (next !== undefined) throw notUnderstood('Join terms by AND or OR.')
  return filterOf(condition)
}

interface Scope {
  readonly hostname: string
  readonly depth: number
  /** Of the group that the term stands in. */
  readonly field: string | undefined
}

type Reader = ReturnType<typeof createReader>

function createReader(tokens: readonly SearchToken[]) {
  if (tokens.filter(({ kind }) => kind === 'term' || kind === 'range').length > maxTerms) {
    throw notUnderstood(`It has more than ${maxTerms} terms.`)
  }
  let at = 0
  return {
    peek: () => tokens[at],
    next: () => tokens[at++],
    /** Takes the token if it is of this kind. */
    take: (kind: SearchToken['kind']) => {
      if (tokens[at]?.kind !== kind) return false
      at++
      return true
    },
  }
}

// AND binds tighter than OR.
function readAlternatives(reader: Reader, scope: Scope): LogCondition {
  const of = [readConjunction(reader, scope)]
  while (reader.take('OR')) of.push(readConjunction(reader, scope))
  return joined('or', of)
}

function readConjunction(reader: Reader, scope: Scope): LogCondition {
  const of = [readUnary(reader, scope)]
  while (reader.take('AND')) of.push(readUnary(reader, scope))
  return joined('and', of)
}

function joined(kind: 'and' | 'or', of: readonly LogCondition[]): LogCondition {
  const [only] = of
  return only && of.length === 1 ? only : { kind, of }
}

function readUnary(reader: Reader, outer: Scope): LogCondition {
  const scope = { ...outer, depth: outer.depth + 1 }
  if (scope.depth > maxDepth) throw notUnderstood(`It is nested deeper than ${maxDepth} levels.`)
  const token = reader.next()
  switch (token?.kind) {
    case 'NOT':
      return { kind: 'not', of: readUnary(reader, scope) }
    case '(': {
      const condition = readAlternatives(reader, scope)
      if (reader.take(')')) return condition
      throw notUnderstood(reader.peek() ? 'Join terms by AND or OR.' : 'A ( is never closed.')
    }
    case 'field':
      return readField(reader, scope, token.name)
    case 'term':
      return scope.field === undefined ? anywhere(token) : fieldCondition(scope.field, token, scope.hostname)
    case 'range':
      return dateRange(scope.field ?? '', token.range)
    default:
      throw notUnderstood(
        token ? `There is nothing before ${token.kind}.` : 'It ends where a term is missing.',
      )
  }
}

/** A value, a range, or a group of them. */
function readField(reader: Reader, scope: Scope, name: string): LogCondition {
  if (scope.field !== undefined) throw notUnderstood(`The field ${name} stands within another one's group.`)
  if (!searchFields.includes(name)) {
    throw notUnderstood(`There is no field ${shown(name)} Fields are: ${searchFields.join(', ')}.`)
  }
  const kind = reader.peek()?.kind
  if (kind === 'field') throw notUnderstood('Put a value that holds a colon into quotes.')
  if (kind !== 'term' && kind !== 'range' && kind !== '(')
    throw notUnderstood(`The field ${name} has no value.`)
  return readUnary(reader, { ...scope, field: name })
}
