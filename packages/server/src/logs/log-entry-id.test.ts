import { expect, test } from 'vitest'
import { parseLogEntryId } from '../domain/log-entry.ts'
import { newLogEntryId } from './log-entry-id.ts'

test('ids of one process sort in the order they were made, also within a millisecond', () => {
  const ids = Array.from({ length: 10_000 }, newLogEntryId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.toSorted()).toEqual(ids)
})

test('an id is a UUIDv7 of this moment', () => {
  const id = newLogEntryId()
  expect(parseLogEntryId(id)).toBe(id)
  const madeAt = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
  expect(Math.abs(Date.now() - madeAt)).toBeLessThan(1000)
})
