import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cacheLimits } from './action-cache.ts'
import { parseActionAnswer } from './action-model.ts'
import { BadRuleResultError } from './claims.ts'

const now = new Date('2026-01-01T00:00:00Z')
const nothing = { denial: null, claims: [], expiresIn: null, targetScopes: null, cacheChanges: [] }
const parse = (changes: object) => parseActionAnswer({ ...nothing, ...changes }, now)

for (const changes of [
  { denial: 'no' },
  { denial: {} },
  { denial: { code: 1, reason: null } },
  { denial: { code: 'invalid_request', reason: {} } },
  { denial: undefined },
  { claims: {} },
  { claims: ['plan'] },
  { claims: [['plan', 1, 2]] },
  { claims: [[1, 1]] },
  { expiresIn: 0 },
  { expiresIn: 1.5 },
  { expiresIn: '60' },
  { expiresIn: 2 ** 53 },
  { expiresIn: undefined },
  { cacheChanges: null },
  { cacheChanges: [{ key: 'a', value: 1, expiresAt: 1 }] },
  { cacheChanges: [{ key: 'a', value: 'v' }] },
  { cacheChanges: [{ key: 'k'.repeat(65), value: null }] },
  { cacheChanges: [{ key: 'a', value: 'é'.repeat(2049), expiresAt: 1 }] },
  { cacheChanges: Array.from({ length: 21 }, () => ({ key: 'a', value: null })) },
]) {
  test(`what the adapter never makes is refused: ${JSON.stringify(changes).slice(0, 80)}`, () => {
    expect(() => parse(changes)).toThrow(TypeError)
  })
}

for (const targetScopes of ['read', [1], ['a b'], {}, [null]]) {
  test(`target scopes of ${JSON.stringify(targetScopes)} fail the exchange`, () => {
    expect(() => parse({ targetScopes })).toThrow(BadRuleResultError)
  })
}

test('an Action that did nothing changes nothing', () => {
  expect(parse({})).toEqual({
    denial: undefined,
    claims: [],
    lifetimeSeconds: undefined,
    targetScopes: undefined,
    cacheChanges: [],
  })
})

test('nothing is kept in the cache for longer than a day', () => {
  const { cacheChanges } = parse({ cacheChanges: [{ key: 'a', value: 'v', expiresAt: 1e18 }] })
  expect(cacheChanges).toEqual([
    { kind: 'set', key: 'a', value: 'v', expiresAt: now.getTime() + cacheLimits.maxTtlMs },
  ])
})

test('whatever comes back is either refused or becomes an answer that cannot be wrong', () => {
  const member = fc.oneof(
    fc.jsonValue(),
    fc.array(fc.tuple(fc.string(), fc.jsonValue())),
    fc.array(fc.string()),
    fc.constant(null),
  )
  const likeAnAnswer = fc.record({
    denial: fc.oneof(fc.constant(null), fc.record({ code: member, reason: member }), member),
    claims: member,
    expiresIn: fc.oneof(fc.constant(null), fc.double(), fc.integer(), member),
    targetScopes: member,
    cacheChanges: fc.oneof(
      fc.array(fc.record({ key: fc.string(), value: fc.oneof(fc.string(), member), expiresAt: member })),
      member,
    ),
  })
  fc.assert(
    fc.property(fc.oneof(likeAnAnswer, fc.jsonValue()), (rawValue) => {
      const answer = answerOrRefusal(rawValue)
      if (answer === undefined) return
      expect(answer.claims.every(([name]) => typeof name === 'string')).toBe(true)
      expect(answer.targetScopes?.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) ?? true).toBe(
        true,
      )
      expect(answer.cacheChanges.length).toBeLessThanOrEqual(cacheLimits.maxChanges)
      for (const change of answer.cacheChanges) {
        expect(Buffer.byteLength(change.key)).toBeLessThanOrEqual(cacheLimits.maxKeyBytes)
        if (change.kind === 'deleted') continue
        expect(Buffer.byteLength(change.value)).toBeLessThanOrEqual(cacheLimits.maxValueBytes)
        expect(change.expiresAt).toBeLessThanOrEqual(now.getTime() + cacheLimits.maxTtlMs)
      }
      const { lifetimeSeconds = 1 } = answer
      expect(Number.isSafeInteger(lifetimeSeconds) && lifetimeSeconds >= 1).toBe(true)
      if (answer.denial) expect(typeof answer.denial.code).toBe('string')
    }),
    { numRuns: 2000 },
  )
})

function answerOrRefusal(rawValue: unknown) {
  try {
    return parseActionAnswer(rawValue, now)
  } catch (error) {
    if (error instanceof TypeError || error instanceof BadRuleResultError) return undefined
    throw error
  }
}
