import { expect, test } from 'vitest'
import { acme, globex } from '../../test/storage-conformance/samples.ts'
import { type CacheChange, cacheLimits, createActionCache } from './action-cache.ts'

const start = new Date('2026-01-01T00:00:00Z')

function cacheAt() {
  let time = start.getTime()
  const cache = createActionCache(() => new Date(time))
  return { cache, pass: (ms: number) => (time += ms) }
}

function set(key: string, value = 'v', ttlMs = 1000): CacheChange {
  return { kind: 'set', key, value, expiresAt: start.getTime() + ttlMs }
}

const keysOf = ({ cache }: ReturnType<typeof cacheAt>, tenantId = acme.id) =>
  cache.read(tenantId).map(({ key }) => key)

test('a tenant sees nothing of another', () => {
  const here = cacheAt()
  here.cache.change(acme.id, [set('a')])
  expect(keysOf(here, globex.id)).toEqual([])
  expect(keysOf(here)).toEqual(['a'])
})

test('a record is there until its time has come', () => {
  const here = cacheAt()
  here.cache.change(acme.id, [set('a', 'v', 1000), set('b', 'v', 2000)])
  here.pass(999)
  expect(keysOf(here)).toEqual(['a', 'b'])
  here.pass(1)
  expect(keysOf(here)).toEqual(['b'])
})

test('changes are applied in order, and a deleted record is gone', () => {
  const here = cacheAt()
  here.cache.change(acme.id, [set('a', 'first'), set('a', 'second'), set('b'), { kind: 'deleted', key: 'b' }])
  expect(here.cache.read(acme.id)).toEqual([{ key: 'a', value: 'second', expiresAt: start.getTime() + 1000 }])
})

test('the 21st record is left out, and one that is there can still be changed', () => {
  const here = cacheAt()
  const names = Array.from({ length: cacheLimits.maxRecords }, (_, index) => `k${index}`)
  here.cache.change(
    acme.id,
    names.map((name) => set(name)),
  )
  here.cache.change(acme.id, [set('one more'), set('k0', 'changed')])
  expect(keysOf(here)).toHaveLength(cacheLimits.maxRecords)
  expect(here.cache.read(acme.id).find(({ key }) => key === 'k0')?.value).toBe('changed')
})

test('what would go beyond 8 kB leaves the record as it was', () => {
  const here = cacheAt()
  const half = 'x'.repeat(cacheLimits.maxValueBytes)
  here.cache.change(acme.id, [set('a', half), set('b', 'small')])
  here.cache.change(acme.id, [set('b', half)])
  expect(here.cache.read(acme.id).find(({ key }) => key === 'b')?.value).toBe('small')
})
