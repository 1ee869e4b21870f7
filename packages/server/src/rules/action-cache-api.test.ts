/** `api.cache`, in the real sandbox. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RuleTrials, startRuleTrials } from '../../test/rule-trials.ts'

let trials: RuleTrials
beforeAll(async () => {
  trials = await startRuleTrials()
})
afterAll(() => trials.close())

describe('the cache of Actions', () => {
  const day = 24 * 60 * 60_000

  for (const [call, code] of [
    ["api.cache.set('k'.repeat(65), 'v')", 'CacheKeySizeExceeded'],
    ["api.cache.set('é'.repeat(33), 'v')", 'CacheKeySizeExceeded'],
    ["api.cache.set('k', 'v'.repeat(4097))", 'CacheValueSizeExceeded'],
    ["api.cache.set('k', '\u{1f600}'.repeat(1025))", 'CacheValueSizeExceeded'],
    ["api.cache.set('k', 'v', { ttl: 'soon' })", 'InvalidExpiry'],
    ["api.cache.set('k', 'v', { expires_at: NaN })", 'InvalidExpiry'],
    ["api.cache.set('k', 'v', { ttl: 0 })", 'ItemAlreadyExpired'],
    ["api.cache.set('k', 'v', { ttl: 1000, expires_at: 1 })", 'ItemAlreadyExpired'],
    ["api.cache.set('k', { an: 'object' })", 'FailedToSetCacheRecord'],
    ["api.cache.set(1, 'v')", 'FailedToSetCacheRecord'],
    ["api.cache.delete('k')", 'CacheKeyDoesNotExist'],
    ['api.cache.delete(1)', 'FailedToDeleteCacheRecord'],
  ] as const) {
    test(`${call} says ${code} and changes nothing`, async () => {
      expect(await trials.seen(`[${call}, api.cache.get('k') === undefined]`)).toEqual([
        { type: 'error', code },
        true,
      ])
      expect((await trials.action(call)).verdict.cacheChanges).toEqual([])
    })
  }

  test('the 21st change, the 21st record and the 8,193rd byte are refused', async () => {
    expect(await trials.seen(`[...Array(21)].map((_, n) => api.cache.set('k', String(n))).at(-1)`)).toEqual({
      type: 'error',
      code: 'MaxSideEffectsExceeded',
    })
    expect(await trials.seen(`['a', 'b'].map((key) => api.cache.set(key, 'v'.repeat(4095)).type)`)).toEqual([
      'success',
      'success',
    ])
    expect(await trials.seen(`['a', 'b'].map((key) => api.cache.set(key, 'v'.repeat(4096)).code)`)).toEqual([
      null,
      'CacheSizeExceeded',
    ])
  })

  test('a record lasts 15 minutes unless told otherwise, and a day at most', async () => {
    const now = Date.now()
    const ends = await trials.seen(`[{}, { ttl: 60_000 }, { expires_at: ${now + 120_000} }, { ttl: 1e12 }]
      .map((options, n) => api.cache.set('k' + n, 'v', options).record.expires_at)`)
    const lasting = Array.isArray(ends) ? ends.map((end) => Math.round((end - now) / 60_000)) : []
    expect(lasting).toEqual([15, 1, 2, day / 60_000])
  })

  test('an Action sees its own changes at once, and they come out in order', async () => {
    const { verdict, decision } = await trials.action(`
      api.cache.set('a', '1'); api.cache.set('b', '2'); api.cache.delete('a')
      api.accessToken.setCustomClaim('seen', [api.cache.get('a') === undefined, api.cache.get('b').value])`)
    expect(decision).toMatchObject({ claims: { seen: [true, '2'] } })
    expect(verdict.cacheChanges).toMatchObject([
      { kind: 'set', key: 'a', value: '1' },
      { kind: 'set', key: 'b', value: '2' },
      { kind: 'deleted', key: 'a' },
    ])
  })
})
