/** A span of time, and how many rows of it are wanted, as arguments of a query. */
import type { Span } from '../domain/span.ts'
import { integer } from './column.ts'

export const spanColumns = { from: integer, until: integer, limit: integer }

export function spanValues({ from, until }: Span): { from: number; until: number } {
  return { from: from.getTime(), until: until.getTime() }
}
