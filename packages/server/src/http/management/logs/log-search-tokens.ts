/** A search of the log, split into tokens. Whatever the language does not have is refused by name. */
import { ManagementError } from '../../../domain/errors.ts'

export type SearchToken =
  | { readonly kind: 'AND' | 'OR' | 'NOT' | '(' | ')' }
  /** `name:` in front of a value or a group. */
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'term'; readonly text: string; readonly isPrefix: boolean; readonly isQuoted: boolean }
  | { readonly kind: 'range'; readonly range: SearchRange }

export interface SearchRange {
  /** `*`: open. */
  readonly from: string
  readonly to: string
  readonly includesFrom: boolean
  readonly includesTo: boolean
}

/** Characters. */
export const maxSearchLength = 2000

/** @throws ManagementError `invalid_query_string` for whatever the language does not have. */
export function searchTokens(text: string): SearchToken[] {
  if (text.length > maxSearchLength) {
    throw notUnderstood(`It is longer than ${maxSearchLength} characters.`)
  }
  const tokens: SearchToken[] = []
  let rest = text.trimStart()
  while (rest !== '') {
    const piece = pieces.find(({ pattern }) => pattern.test(rest))
    const match = piece?.pattern.exec(rest)
    if (!piece || !match)
      throw notUnderstood(
        `Nothing is known that begins with ${shown(rest)} Put a text with other signs into quotes.`,
      )
    tokens.push(piece.read(match))
    rest = rest.slice(match[0].length).trimStart()
  }
  return tokens
}

export function notUnderstood(reason: string): ManagementError {
  return new ManagementError(
    'invalid_query_string',
    `Query validation error: the search is not understood. ${reason}`,
  )
}

/** The part of a search that a refusal is about. */
export function shown(text: string): string {
  return `${text.slice(0, 40).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')}${text.length > 40 ? '…' : ''}.`
}

interface Piece {
  readonly pattern: RegExp
  readonly read: (match: RegExpExecArray) => SearchToken
}

/** A word holds none of the characters that end it. `/` and `-` may be in one, but not begin it. */
const word = String.raw`[^\s()[\]{}":*?~^\\<>=!&|+/-][^\s()[\]{}":*?~^\\<>=!&|]*`
const end = String.raw`(?=[\s)]|$)`
const moment = String.raw`\*|[0-9][0-9TZtz:.+-]*`

const pieces: readonly Piece[] = [
  { pattern: /^\(/, read: () => ({ kind: '(' }) },
  { pattern: /^\)/, read: () => ({ kind: ')' }) },
  { pattern: /^AND(?=[\s()]|$)/, read: () => ({ kind: 'AND' }) },
  { pattern: /^OR(?=[\s()]|$)/, read: () => ({ kind: 'OR' }) },
  { pattern: /^NOT(?=[\s()]|$)/, read: () => ({ kind: 'NOT' }) },
  {
    pattern: /^([a-zA-Z_][a-zA-Z0-9_.]*):(?=\S)/,
    read: ([, name = '']) => ({ kind: 'field', name }),
  },
  {
    pattern: new RegExp(String.raw`^([[{])\s*(${moment})\s+TO\s+(${moment})\s*([\]}])${end}`),
    read: ([, opening, from = '', to = '', closing]) => ({
      kind: 'range',
      range: { from, to, includesFrom: opening === '[', includesTo: closing === ']' },
    }),
  },
  {
    pattern: new RegExp(String.raw`^"((?:[^"\\]|\\["\\])*)"(\*?)${end}`),
    read: ([, quoted = '', star]) => ({
      kind: 'term',
      text: quoted.replaceAll(/\\(["\\])/g, '$1'),
      isPrefix: star === '*',
      isQuoted: true,
    }),
  },
  {
    pattern: new RegExp(String.raw`^(${word})(\*?)${end}`),
    read: ([, text = '', star]) => ({ kind: 'term', text, isPrefix: star === '*', isQuoted: false }),
  },
]
