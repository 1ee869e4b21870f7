import fc from 'fast-check'
import { expect, test } from 'vitest'
import { named } from '../../../../test/named-cases.ts'
import { startWatch } from '../../../../test/own-time.ts'
import { ManagementError } from '../../../domain/errors.ts'
import type { LogCondition } from '../../../domain/log-search.ts'
import { parseLogSearch } from './log-search.ts'

const parse = (text: string) => parseLogSearch(text, 'auth.example.com')

const refused: [text: string, words: string][] = [
  ['nonsense:x', 'There is no field nonsense'],
  ['__proto__:x', 'There is no field __proto__'],
  ['type:nonsense', 'not nonsense'],
  ['client_id:"a b"', 'A client_id has'],
  ['description:"…"', 'no letter and no digit'],
  ['type:sapi AND', 'It ends where a term is missing'],
  ['AND type:sapi', 'nothing before AND'],
  ['type:sapi fapi', 'Join terms by AND or OR'],
  ['(type:sapi', 'never closed'],
  ['type:sapi)', 'closes nothing'],
  ['()', 'nothing before )'],
  ['type:(client_id:x)', 'within another'],
  ['audience:https://x', 'into quotes'],
  ['date:[2026-02-30 TO *]', 'A date is written like'],
  ['date:2026-*', 'A date has no *'],
  ['date:now-1d', 'A date is written like'],
  ['ip:[1 TO 2]', 'Only date has ranges'],
  ['[2026-01-01 TO *]', 'Only date has ranges'],
  ['a*b', 'begins with a*b'],
  ['*', 'begins with *'],
  ['x~2', 'begins with x~2'],
  ['x^2', 'begins with x^2'],
  ['"open', 'begins with "open'],
  ['-x', 'begins with -x'],
  ['+x', 'begins with +x'],
  ['type:>=x', 'begins with >=x'],
  [`${'('.repeat(21)}x${')'.repeat(21)}`, 'deeper than 20'],
  [`${'NOT '.repeat(21)}x`, 'deeper than 20'],
  [`${'x OR '.repeat(100)}x`, 'more than 100 terms'],
  ['x'.repeat(2001), 'longer than 2000'],
]
test.each(named(refused))('%s is refused with what is wrong', (_name, text, words) => {
  expect(() => parse(text)).toThrow(ManagementError)
  expect(() => parse(text)).toThrow(words)
})

test('AND binds tighter than OR, NOT tighter than both, and parentheses tightest', () => {
  const type = (text: string): LogCondition => ({ kind: 'key', field: 'type', text, isPrefix: false })
  const [a, b, c] = [type('sapi'), type('fapi'), type('seccft')]
  expect(parse('type:sapi OR NOT type:fapi AND type:seccft').condition).toEqual({
    kind: 'or',
    of: [a, { kind: 'and', of: [{ kind: 'not', of: b }, c] }],
  })
  expect(parse('NOT type:(sapi OR fapi)').condition).toEqual({
    kind: 'not',
    of: { kind: 'or', of: [a, b] },
  })
})

test('what an index answers is taken out of a conjunction, and nothing else is', () => {
  expect(parse('type:sapi AND client_id:abc AND date:[2026-11-01 TO 2026-11-02}')).toEqual({
    type: 'sapi',
    clientId: 'abc',
    from: new Date('2026-11-01'),
    before: new Date('2026-11-02'),
  })
  expect(parse('(type:sapi AND date:2026-11-01) AND date:[* TO 2026-11-01T06:30:00Z]')).toEqual({
    type: 'sapi',
    from: new Date('2026-11-01'),
    before: new Date('2026-11-01T06:30:01Z'),
  })
  expect(parse('type:sapi AND type:fapi')).toEqual({
    type: 'sapi',
    condition: { kind: 'key', field: 'type', text: 'fapi', isPrefix: false },
  })
  expect(parse('type:sapi OR client_id:abc')).toMatchObject({ condition: { kind: 'or' } })
  expect(parse('type:sa*')).toMatchObject({ condition: { kind: 'key', isPrefix: true } })
})

test('a bound of a range is a whole day, minute or second, of which the end counts with ] and not with }', () => {
  const range = (text: string) => parse(`date:${text}`)
  expect(range('{2026-11-01 TO 2026-11-03]')).toEqual({
    from: new Date('2026-11-02'),
    before: new Date('2026-11-04'),
  })
  expect(range('[2026-11-01T08:30 TO 2026-11-01T08:30:15.5Z}')).toEqual({
    from: new Date('2026-11-01T08:30:00Z'),
    before: new Date('2026-11-01T08:30:15.500Z'),
  })
})

test('what is the same in all entries is decided at once', () => {
  const constant = (holds: boolean) => ({ condition: { kind: 'constant', holds } })
  expect(parse('hostname:auth.example.com')).toEqual(constant(true))
  expect(parse('hostname:auth*')).toEqual(constant(true))
  expect(parse('hostname:other')).toEqual(constant(false))
  expect(parse('connection:"google-oauth2"')).toEqual(constant(false))
  expect(parse('user_id:""')).toEqual(constant(true))
})

test('whatever is sent is understood or refused, soon', () => {
  const pieces = [
    'type:',
    'date:[',
    ' TO ',
    ']',
    '(',
    ')',
    'NOT ',
    ' AND ',
    ' OR ',
    '"',
    '*',
    '\\',
    'sapi',
    ' ',
    'é',
  ]
  const text = fc.oneof(
    fc.string({ maxLength: 3000 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 300 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, (search) => {
      const sinceAsked = startWatch()
      try {
        parse(search)
      } catch (error) {
        if (!(error instanceof ManagementError) || error.code !== 'invalid_query_string') throw error
      }
      expect(sinceAsked()).toBeLessThan(1000)
    }),
    { numRuns: 500 },
  )
})

test('a search written from a condition is read back as that condition', () => {
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`
  const term = fc.record({
    kind: fc.constant('key' as const),
    field: fc.constantFrom('ip' as const, 'audience' as const),
    text: fc.string({ minLength: 1, maxLength: 20 }),
    isPrefix: fc.boolean(),
  })
  const { condition } = fc.letrec<{ condition: LogCondition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 5 },
      term,
      fc.record({ kind: fc.constant('not' as const), of: tie('condition') }),
      fc.record({ kind: fc.constant('or' as const), of: fc.tuple(tie('condition'), tie('condition')) }),
      fc.record({ kind: fc.constant('and' as const), of: fc.tuple(tie('condition'), tie('condition')) }),
    ),
  }))
  const written = (one: LogCondition): string => {
    if (one.kind === 'key') return `${one.field}:${quoted(one.text)}${one.isPrefix ? '*' : ''}`
    if (one.kind === 'not') return `NOT (${written(one.of)})`
    if (one.kind !== 'and' && one.kind !== 'or') throw new TypeError('It is not made here.')
    return one.of.map((part) => `(${written(part)})`).join(one.kind === 'and' ? ' AND ' : ' OR ')
  }
  fc.assert(
    fc.property(condition, (one) => {
      const search = written(one)
      fc.pre(search.length <= 2000)
      // A conjunction at the top is flattened, and so joined differently.
      expect(parse(`NOT (${search})`).condition).toEqual({ kind: 'not', of: one })
    }),
    { numRuns: 300 },
  )
})
