import { expect, test } from 'vitest'
import { collectGarbage } from './start-garbage.ts'

test('what nobody holds any more is given back, and what somebody holds stays', () => {
  const held = Array.from({ length: 1000 }, (_, number) => ({ number }))
  const heldBytes = () => process.memoryUsage().heapUsed
  collectGarbage()
  const before = heldBytes()
  let list = Array.from({ length: 1_000_000 }, (_, number) => ({ number }))
  expect(heldBytes() - before).toBeGreaterThan(20_000_000)
  expect(list).toHaveLength(1_000_000)
  list = []
  collectGarbage()
  expect(heldBytes() - before).toBeLessThan(10_000_000)
  expect(held.at(-1)).toEqual({ number: 999 })
})

test('no program in the server can collect garbage by itself afterwards', () => {
  collectGarbage()
  expect('gc' in globalThis).toBe(false)
})
