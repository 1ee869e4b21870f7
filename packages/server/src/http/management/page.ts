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

export function totalsOf(query: PageQuery, total: number): { start: number; limit: number; total: number } {
  const { offset, limit } = pageOf(query)
  return { start: offset, limit, total }
}
