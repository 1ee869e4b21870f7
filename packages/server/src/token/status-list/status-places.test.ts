import { beforeEach, expect, test } from 'vitest'
import { idOf } from '../../../test/storage-conformance/samples.ts'
import { statusListSize } from '../../domain/issued-token.ts'
import { drawRandomBytes } from '../../keys/secret/random-bytes.ts'
import { newStatusListId } from '../../keys/secret/random-id.ts'
import { createStatusPlaces, type DrawStatusPlace, maxOpenLists } from './status-places.ts'

let draw: DrawStatusPlace
beforeEach(() => {
  draw = createStatusPlaces({ newStatusListId, randomBytes: drawRandomBytes })
})

const api = (name: string | number, tenant = 'ten_1') => ({
  tenantId: idOf<never>(tenant),
  id: idOf<never>(`api_${name}`),
})
const drawn = (count: number, of = api(1)) => Array.from({ length: count }, () => draw(of))

test('a list gives each of its places once, and the next token begins another one', () => {
  const places = drawn(statusListSize)
  expect(new Set(places.map(({ listId }) => listId)).size).toBe(1)
  const indexes = new Set(places.map(({ index }) => index))
  expect([indexes.size, Math.min(...indexes), Math.max(...indexes)]).toEqual([
    statusListSize,
    0,
    statusListSize - 1,
  ])
  expect(draw(api(1)).listId).not.toBe(places[0]?.listId)
})

test('a place tells nothing of how many were given before it', () => {
  const indexes = drawn(4000).map(({ index }) => index)
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length
  const middle = (statusListSize - 1) / 2
  // In each half, and between one and the next, within five deviations of what chance gives.
  for (const half of [indexes.slice(0, 2000), indexes.slice(2000)]) {
    expect(Math.abs(mean(half) - middle)).toBeLessThan((5 * statusListSize) / Math.sqrt(12 * 2000))
  }
  const rises = indexes.filter((index, at) => index > (indexes[at - 1] ?? statusListSize)).length
  expect(Math.abs(rises - 2000)).toBeLessThan(5 * Math.sqrt(4000 / 12))
  const steps = new Set(indexes.map((index, at) => (index - (indexes[at - 1] ?? 0)) & 0xffff))
  expect(steps.size).toBeGreaterThan(3500)
})

test('no two APIs share a list, and no two lists an order', () => {
  const [one, other, ofAnother] = [drawn(20), drawn(20, api(2)), drawn(20, api(1, 'ten_2'))]
  const lists = [one, other, ofAnother].map(([first]) => first?.listId)
  expect(new Set(lists).size).toBe(3)
  const orders = [one, other, ofAnother].map((places) => places.map(({ index }) => index).join())
  expect(new Set(orders).size).toBe(3)
})

test('of very many APIs each goes on with its list, until others have taken all places in memory', () => {
  const first = draw(api(0))
  for (let count = 1; count < maxOpenLists; count += 1) draw(api(count))
  expect(draw(api(0)).listId).toBe(first.listId)
  // Of two more, the one that waited longest goes, and then the next.
  const waiting = draw(api(3))
  draw(api('one more'))
  draw(api('and another'))
  expect([draw(api(0)).listId, draw(api(3)).listId]).toEqual([first.listId, waiting.listId])
})
