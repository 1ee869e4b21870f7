import { expect, test } from 'vitest'
import { sampleChange, sampleExchange } from '../../test/storage-conformance/log-samples.ts'
import { idOf } from '../../test/storage-conformance/samples.ts'
import type { LogEntry, PlacedLogEntry } from '../domain/log-entry.ts'
import type { LogStream, LogStreamFormat } from '../domain/log-stream.ts'
import { batchOf, maxBodyLength } from './stream-batch.ts'

function stream(categories: string[] = [], contentFormat: LogStreamFormat = 'JSONLINES') {
  const sink = { contentFormat, endpoint: '', contentType: '', authorization: undefined, customHeaders: [] }
  return { id: idOf<LogStream['id']>('lst_1'), categories, sink }
}

const placed = (...entries: LogEntry[]): PlacedLogEntry[] =>
  entries.map((entry, at) => ({ place: 10 + at, entry }))
const render = ({ place }: PlacedLogEntry) => `{"place":${place}}`

test('entries of other categories are passed by, also where none is left', () => {
  const entries = placed(sampleChange(1), sampleExchange(2), sampleChange(3))
  expect(batchOf(stream(['auth.token_exchange.success']), entries, render)).toEqual({
    id: 'lst_1_11_12',
    body: '{"place":11}\n',
    place: 12,
  })
  expect(batchOf(stream(['actions']), entries, render)).toEqual({ place: 12, body: undefined })
})

test('a body ends before it is too long, and a single entry goes out however long it is', () => {
  const entries = placed(sampleExchange(1), sampleExchange(2), sampleExchange(3))
  const half = 'x'.repeat(maxBodyLength / 2)
  expect(batchOf(stream(), entries, () => half)).toMatchObject({ place: 11, body: `${half}\n${half}\n` })
  const long = 'x'.repeat(maxBodyLength + 1)
  expect(batchOf(stream(), entries, () => long)).toMatchObject({ place: 10, body: `${long}\n` })
})

test('the same entries make the same message, whenever they are sent', () => {
  const entries = placed(sampleExchange(1), sampleExchange(2))
  expect(batchOf(stream([], 'JSONARRAY'), entries, render)).toEqual(
    batchOf(stream([], 'JSONARRAY'), entries, render),
  )
  expect(batchOf(stream([], 'JSONARRAY'), entries, render).body).toBe('[{"place":10},{"place":11}]')
  expect(batchOf(stream([], 'JSONOBJECT'), entries, render).body).toBe('{"logs":[{"place":10},{"place":11}]}')
})
