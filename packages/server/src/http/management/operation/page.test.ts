import { expect, test } from 'vitest'
import { ManagementError } from '../../../domain/errors.ts'
import type { Page } from '../../../domain/page.ts'
import { answerList, type ListQuery } from './page.ts'

interface Thing {
  readonly id: string
  readonly createdAt: Date
}
const thing = (id: string, second: number): Thing => ({ id, createdAt: new Date(second * 1000) })

/** A store of things in memory, which keeps its promises about pages. */
function storeOf(things: Thing[]) {
  const counted: number[] = []
  return {
    things,
    counted,
    ask: (query: ListQuery) =>
      answerList(query, 'things', {
        list: async ({ offset, limit, after }: Page) =>
          things
            .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1))
            .filter((one) => !after || isBehind(one, after))
            .slice(offset, offset + limit),
        count: async () => counted.push(things.length) && things.length,
        onWire: (found) => found.map(({ id }) => id),
      }),
  }
}
const isBehind = (one: Thing, after: Thing) =>
  one.createdAt > after.createdAt || (+one.createdAt === +after.createdAt && one.id > after.id)

test.each(['x', '', 'MTIz', Buffer.from('abc def').toString('base64url'), '!'.repeat(50)])(
  'a checkpoint that was never given is refused by name: %s',
  async (from) => {
    const refused = storeOf([])
      .ask({ from })
      .catch((error: unknown) => error)
    expect(await refused).toBeInstanceOf(ManagementError)
    expect(await refused).toMatchObject({
      code: 'invalid_query_string',
      message: expect.stringContaining('from'),
    })
  },
)

test('a page past the end is an empty list, and nobody counts unless totals are asked for', async () => {
  const { ask, counted } = storeOf([thing('a', 1)])
  expect(await ask({ page: 1_000_000_000 })).toEqual([])
  expect(counted).toEqual([])
  expect(await ask({ page: 5, per_page: 10, include_totals: true })).toEqual({
    start: 50,
    limit: 10,
    total: 1,
    things: [],
  })
})

test('by checkpoint everything is told once, in order, although things come and go meanwhile', async () => {
  const { ask, things } = storeOf([thing('b', 1), thing('a', 1), thing('c', 2), thing('d', 3)])
  const first = Object(await ask({ take: 2, include_totals: true }))
  expect(first).toEqual({ things: ['a', 'b'], next: expect.any(String) })
  things.splice(0, 1)
  things.push(thing('e', 4))
  const second = Object(await ask({ take: 2, from: first.next }))
  expect(second).toEqual({ things: ['c', 'd'], next: expect.any(String) })
  expect(await ask({ from: second.next })).toEqual({ things: ['e'] })
})

test('a last page that is full has no next', async () => {
  expect(await storeOf([thing('a', 1), thing('b', 2)]).ask({ take: 2 })).toEqual({ things: ['a', 'b'] })
  expect(await storeOf([]).ask({ take: 2 })).toEqual({ things: [] })
})
