/**
 * Lists on the wire, for every noun that has one:
 *
 * ```ts
 * listClients: ({ request: { tenant }, query }) =>
 *   answerList(query, 'clients', {
 *     list: (page) => deps.clients.list(tenant.id, page),
 *     count: () => deps.clients.count(tenant.id),
 *     onWire: (clients) => clients.map((client) => onWire(tenant, client)),
 *   }),
 * ```
 *
 * In the contract: `query: closed({ ...listQuery, ...fieldsQuery, … })`, `response: listAnswer('clients', client)`,
 * `plural: 'clients'`. In the store: `list(…, page)` ordered by `created_at, id`, which begins behind `page.after`
 * (`storage/checkpoint.ts`). Without totals nobody counts.
 */
import { defaultPerPage, type ListAnswer } from '@tallystick/management-api/contract/schema'
import { ManagementError } from '../../../domain/errors.ts'
import type { Checkpoint, Page } from '../../../domain/page.ts'

interface PageQuery {
  page?: number
  per_page?: number
  include_totals?: boolean
}

export interface ListQuery extends PageQuery {
  take?: number
  from?: string
}

interface Created {
  readonly id: string
  readonly createdAt: Date
}

export interface ListSource<Item, OnWire> {
  readonly list: (page: Page) => Promise<readonly Item[]>
  readonly count: () => Promise<number>
  /** May leave out what was removed meanwhile. */
  readonly onWire: (items: readonly Item[]) => OnWire[] | Promise<OnWire[]>
}

/** @throws ManagementError `invalid_query_string` when `from` is no checkpoint of ours. */
export async function answerList<const Plural extends string, Item extends Created, OnWire>(
  query: ListQuery,
  plural: Plural,
  source: ListSource<Item, OnWire>,
): Promise<ListAnswer<Plural, OnWire>> {
  // Some clients that page by checkpoint send the other parameters, too.
  if (query.take !== undefined || query.from !== undefined) return answerCheckpoint(query, plural, source)
  const items = await source.onWire(await source.list(pageOf(query)))
  const totals = await totalsOf(query, source.count)
  return totals ? { ...totals, ...named(plural, items) } : items
}

async function answerCheckpoint<const Plural extends string, Item extends Created, OnWire>(
  { take = defaultPerPage, from }: ListQuery,
  plural: Plural,
  { list, onWire }: ListSource<Item, OnWire>,
): Promise<ListAnswer<Plural, OnWire>> {
  const after = from === undefined ? {} : { after: parseCheckpoint(from) }
  // One more than asked for: it tells whether there is a next page.
  const found = await list({ offset: 0, limit: take + 1, ...after })
  const told = found.slice(0, take)
  const last = told.at(-1)
  const items = named(plural, await onWire(told))
  return last && found.length > told.length ? { ...items, next: checkpointText(last) } : items
}

function named<Plural extends string, OnWire>(
  plural: Plural,
  items: OnWire[],
): { [Name in Plural]: OnWire[] } {
  return { [plural]: items } as { [Name in Plural]: OnWire[] }
}

function checkpointText({ createdAt, id }: Created): string {
  return Buffer.from(`${createdAt.getTime()} ${id}`).toString('base64url')
}

function parseCheckpoint(text: string): Checkpoint {
  const [, moment, id] = /^(\d{1,15}) (.{1,100})$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (moment !== undefined && id !== undefined) return { createdAt: new Date(Number(moment)), id }
  throw new ManagementError(
    'invalid_query_string',
    "Query validation error: 'It must be the next of an earlier answer' on property from.",
  )
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
