/** Pages of lists on the wire: `page` and `per_page` in, a bare list or a list with its totals out. */
import { defaultPerPage } from '@tallystick/management-api/contract/schema'
import type { Page } from '../../domain/page.ts'

interface PageQuery {
  page?: number
  per_page?: number
  include_totals?: boolean
}

export function pageOf(query: PageQuery): Page {
  const limit = query.per_page ?? defaultPerPage
  return { offset: (query.page ?? 0) * limit, limit }
}

interface Totals {
  start: number
  limit: number
  total: number
}

/** Undefined when they are not asked for: nobody counts then. */
export async function totalsOf(query: PageQuery, count: () => Promise<number>): Promise<Totals | undefined> {
  if (!query.include_totals) return undefined
  const { offset, limit } = pageOf(query)
  return { start: offset, limit, total: await count() }
}
