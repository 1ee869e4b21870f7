/** Lists, the same for each noun: a table, JSON, or ids alone to be piped into the next command. */
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { type Column, formatTable } from '../table.ts'

export interface ListOptions {
  readonly ids?: true
}

export interface ShownList<Item> {
  readonly items: readonly Item[]
  readonly columns: readonly Column<Item>[]
  readonly idOf: (item: Item) => string
  /** Printed on standard error when the list is empty. */
  readonly whenEmpty: string
}

export function addIdsOption(list: Command): Command {
  return list.option('--ids', 'print ids alone, one a line')
}

export function presentList<Item>(
  { terminal, present }: CommandContext,
  { ids }: ListOptions,
  { items, columns, idOf, whenEmpty }: ShownList<Item>,
): void {
  if (ids) {
    for (const item of items) terminal.print(idOf(item))
    return
  }
  if (items.length === 0) terminal.say(whenEmpty)
  present(items, () => {
    const [head = '', ...rows] = items.length === 0 ? [] : formatTable(columns, items, terminal.lineWidth)
    return items.length === 0 ? [] : [terminal.colors.bold(head), ...rows]
  })
}

/** All pages of a list, one after the other. */
export async function allPages<Item>(
  readPage: (page: { page: number; per_page: number }) => Promise<{ total: number; items: readonly Item[] }>,
): Promise<Item[]> {
  const all: Item[] = []
  for (let page = 0; ; page++) {
    const { total, items } = await readPage({ page, per_page: 100 })
    all.push(...items)
    if (items.length === 0 || all.length >= total) return all
  }
}
