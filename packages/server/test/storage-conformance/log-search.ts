import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogEntry } from '../../src/domain/log-entry.ts'
import {
  filterOf,
  type LogCondition,
  maxExaminedEntries,
  SearchTooWideError,
  wordsOf,
} from '../../src/domain/log-search.ts'
import { watchTurns } from '../longest-turn.ts'
import type { Current } from './current.ts'
import { logId, sampleChange, sampleExchange } from './log-samples.ts'
import { acme, globex, idOf, secondsIn } from './samples.ts'

const entries: LogEntry[] = [
  sampleExchange(1, { userAgent: 'curl/8 (Linux)' }),
  sampleExchange(2, { type: 'feccft', description: 'The secret is wrong or missing.' }),
  sampleExchange(3, { clientId: idOf('client_10'), clientName: 'Billing of Ünïcode' }),
  sampleExchange(4, { clientId: undefined, clientName: undefined, audience: undefined }),
  sampleChange(5, { ip: '::1', description: '100% of "it" \\ done; drop table' }),
  sampleChange(6, { type: 'fapi', clientId: idOf('client_1'), description: '' }),
  sampleExchange(7, { audience: 'https://api.example.com/other' }),
]

const keyFields = ['type', 'clientId', 'ip', 'id', 'audience'] as const
const textFields = ['description', 'clientName', 'userAgent'] as const

/** What the condition means, without a database. */
function holds(condition: LogCondition, entry: LogEntry): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.of.every((part) => holds(part, entry))
    case 'or':
      return condition.of.some((part) => holds(part, entry))
    case 'not':
      return !holds(condition.of, entry)
    case 'key': {
      const text = condition.field === 'audience' ? audienceOf(entry) : entry[condition.field]
      return condition.isPrefix ? (text?.startsWith(condition.text) ?? false) : text === condition.text
    }
    case 'words': {
      const text = ` ${wordsOf(entry[condition.field] ?? '').join(' ')} `
      const needle = ` ${condition.words.join(' ')}${condition.isPrefix ? '' : ' '}`
      return text.includes(needle)
    }
    case 'date': {
      const { from, before } = condition.range
      return (!from || entry.at >= from) && (!before || entry.at < before)
    }
    case 'constant':
      return condition.holds
  }
}

function audienceOf(entry: LogEntry): string | undefined {
  return 'audience' in entry ? entry.audience : undefined
}

const texts = entries.flatMap((entry) => [
  ...keyFields.map((field) => (field === 'audience' ? audienceOf(entry) : entry[field]) ?? 'nothing'),
  'client',
  'x%',
])
const words = [
  ...new Set(entries.flatMap((entry) => wordsOf(entry.description + entry.userAgent + entry.clientName))),
]
const moments = fc.integer({ min: 0, max: 8 }).map(secondsIn)

const { condition: anyCondition } = fc.letrec<{ condition: LogCondition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      kind: fc.constant('key' as const),
      field: fc.constantFrom(...keyFields),
      text: fc.constantFrom(...texts),
      isPrefix: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('words' as const),
      field: fc.constantFrom(...textFields),
      words: fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 2 }),
      isPrefix: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('date' as const),
      range: fc.record({ from: moments, before: moments }, { requiredKeys: [] }),
    }),
    fc.record({ kind: fc.constant('constant' as const), holds: fc.boolean() }),
    fc.record({ kind: fc.constant('not' as const), of: tie('condition') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}))

export function registerLogSearchTests(current: Current): void {
  const add = (added: readonly LogEntry[]) => current().commit(added.map(current().logEntries.insert))

  test('a search finds what its condition holds for, in order, and counts it', async () => {
    await add([...entries, ...entries.map((entry) => ({ ...entry, tenantId: globex.id }))])
    await fc.assert(
      fc.asyncProperty(anyCondition, fc.boolean(), async (condition, newestFirst) => {
        const filter = filterOf(condition)
        const expected = entries.filter((entry) => holds(condition, entry))
        if (newestFirst) expected.reverse()
        const page = { offset: 0, limit: 100, newestFirst }
        expect(await current().logEntries.list(acme.id, filter, page)).toEqual(expected)
        expect(await current().logEntries.count(acme.id, filter)).toBe(expected.length)
        const second = await current().logEntries.list(acme.id, filter, { ...page, offset: 1, limit: 2 })
        expect(second).toEqual(expected.slice(1, 3))
      }),
      { numRuns: 300 },
    )
  })

  test('a search goes through parts, also where many entries have the same date, and ends where it would take too long', async () => {
    const at = secondsIn(1)
    const many = Array.from({ length: 4500 }, (_, number) =>
      sampleExchange(number, { at, description: number % 1000 === 0 ? 'rare' : 'common' }),
    )
    await add(many)
    const rare: LogCondition = { kind: 'words', field: 'description', words: ['rare'], isPrefix: false }
    for (const newestFirst of [true, false]) {
      const found = await current().logEntries.list(
        acme.id,
        { condition: rare },
        { offset: 0, limit: 10, newestFirst },
      )
      const numbers = found.map((entry) => Number(entry.id.slice(-12)))
      expect(numbers).toEqual(newestFirst ? [4000, 3000, 2000, 1000, 0] : [0, 1000, 2000, 3000, 4000])
    }
    expect(await current().logEntries.count(acme.id, { condition: rare })).toBe(5)
    expect(await current().logEntries.count(acme.id, {})).toBe(4500)
  })

  test('a search that looks at very many entries for nothing is refused, and one that an index answers is not', async () => {
    for (let first = 0; first <= maxExaminedEntries; first += 10_000) {
      await add(Array.from({ length: 10_000 }, (_, at) => sampleExchange(first + at)))
    }
    const nothing: LogCondition = { kind: 'words', field: 'description', words: ['never'], isPrefix: false }
    const { logEntries } = current()
    const page = { offset: 0, limit: 10, newestFirst: true }
    const startedAt = process.cpuUsage()
    await expect(logEntries.list(acme.id, { condition: nothing }, page)).rejects.toThrow(SearchTooWideError)
    const busyMs = process.cpuUsage(startedAt).user / 1000
    await expect(logEntries.count(acme.id, { condition: nothing })).rejects.toThrow(SearchTooWideError)
    expect(await logEntries.list(acme.id, { type: 'feccft', condition: nothing }, page)).toEqual([])
    const narrow = { from: secondsIn(100_000), before: secondsIn(100_100), condition: nothing }
    expect(await logEntries.list(acme.id, narrow, page)).toEqual([])
    expect(await logEntries.count(acme.id, { from: secondsIn(100_000), before: secondsIn(100_100) })).toBe(
      100,
    )
    // About one second on a machine that does nothing else.
    expect(busyMs).toBeLessThan(3000)
  })

  test('searches of very many terms, many of them at once, keep nobody waiting', async () => {
    const description = 'lorem ipsum dolor sit amet '.repeat(30)
    await add(Array.from({ length: 1500 }, (_, at) => sampleExchange(at, { description })))
    const term = { kind: 'words', field: 'description', words: ['never'], isPrefix: false } as const
    const condition: LogCondition = { kind: 'or', of: Array.from({ length: 90 }, () => term) }
    const longestTurnMs = watchTurns()
    const search = () => current().logEntries.count(acme.id, { condition })
    expect(await Promise.all(Array.from({ length: 5 }, search))).toEqual([0, 0, 0, 0, 0])
    // In one go it takes two seconds for each.
    expect(longestTurnMs()).toBeLessThan(700)
  })

  test('a reader by places gets each entry once, whatever retention takes', async () => {
    const { logEntries, commit } = current()
    const start = await logEntries.endOfLog(acme.id)
    await add([sampleExchange(1), sampleExchange(2, { tenantId: globex.id }), sampleExchange(3)])
    const first = await logEntries.listBehind(acme.id, start, 1)
    expect(first.map(({ entry }) => entry.id)).toEqual([logId(1)])
    await commit([logEntries.removeBefore(secondsIn(3), 100)])
    await add([sampleExchange(0)])
    const place = first[0]?.place ?? Number.NaN
    const rest = await logEntries.listBehind(acme.id, place, 100)
    expect(rest.map(({ entry }) => entry.id)).toEqual([logId(3), logId(0)])
    expect(await logEntries.endOfLog(acme.id)).toBe(rest[1]?.place)
    expect((await logEntries.last(acme.id))?.id).toBe(logId(0))
    expect(await logEntries.listBehind(acme.id, await logEntries.endOfLog(acme.id), 100)).toEqual([])
  })

  test('a reader from a date on gets what was dated then, also where it was committed in another order', async () => {
    await add([sampleExchange(1), sampleExchange(4), sampleExchange(3), sampleExchange(2), sampleExchange(5)])
    const from = async (seconds: number) => {
      const place = await current().logEntries.placeBefore(acme.id, secondsIn(seconds))
      const found = await current().logEntries.listBehind(acme.id, place, 100)
      return found.map(({ entry }) => Number(entry.id.slice(-12)))
    }
    expect(await from(0)).toEqual([1, 4, 3, 2, 5])
    expect(await from(3)).toEqual([4, 3, 2, 5])
    expect(await from(5)).toEqual([5])
    expect(await from(6)).toEqual([])
  })
}
