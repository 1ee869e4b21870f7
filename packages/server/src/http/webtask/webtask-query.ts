/** The query strings of this door. Unknown parameters are ignored, as they always were. */
import { ManagementError } from '../../domain/errors.ts'
import type { InspectionQuery } from './webtask-rules.ts'

export interface ListQuery {
  readonly offset: number
  readonly limit: number
  /** Each must be met. */
  readonly meta: readonly (readonly [key: string, value: string])[]
}

/** The client's own default; a tenant has no more rules than that. */
const maxListed = 100

export function parseListQuery(rawQuery: unknown): ListQuery {
  return {
    offset: parseCount(rawQuery, 'offset', 0),
    limit: Math.min(parseCount(rawQuery, 'limit', maxListed), maxListed),
    meta: textsOf(rawQuery, 'meta').map(parseMetaFilter),
  }
}

export function parseInspectionQuery(rawQuery: unknown): InspectionQuery {
  return {
    decrypt: isAsked(rawQuery, 'decrypt'),
    fetchCode: isAsked(rawQuery, 'fetch_code'),
    meta: isAsked(rawQuery, 'meta'),
  }
}

export function parseTokenQuery(rawQuery: unknown): string {
  const [token, ...rest] = textsOf(rawQuery, 'token')
  if (token && rest.length === 0) return token
  throw new ManagementError('invalid_query_string', 'The query must name one token: ?token=…')
}

/** Undefined when it is not sent; two count as none. */
export function parseKeyQuery(rawQuery: unknown): string | undefined {
  const [key, ...rest] = textsOf(rawQuery, 'key')
  return rest.length === 0 ? key : undefined
}

function textsOf(rawQuery: unknown, name: string): string[] {
  if (typeof rawQuery !== 'object' || rawQuery === null) return []
  const value: unknown = new Map<string, unknown>(Object.entries(rawQuery)).get(name)
  const values: unknown[] = Array.isArray(value) ? value : [value]
  return values.filter((text) => typeof text === 'string')
}

function parseCount(rawQuery: unknown, name: string, otherwise: number): number {
  const [text] = textsOf(rawQuery, name)
  if (text === undefined || text === '') return otherwise
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new ManagementError('invalid_query_string', `The parameter ${name} must be a whole number from 0 on.`)
}

function parseMetaFilter(text: string): readonly [string, string] {
  const colon = text.indexOf(':')
  if (colon > 0) return [text.slice(0, colon), text.slice(colon + 1)]
  throw new ManagementError('invalid_query_string', 'The parameter meta must have the form key:value.')
}

function isAsked(rawQuery: unknown, name: string): boolean {
  const [text] = textsOf(rawQuery, name)
  return text !== undefined && !['', '0', 'false'].includes(text)
}
