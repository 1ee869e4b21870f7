import { expect, test } from 'vitest'
import { shortScopes } from './short-scopes.ts'

test('scopes that fit are all shown, and none is none', () => {
  expect(shortScopes([], 10)).toBe('')
  expect(shortScopes(['read', 'write'], 10)).toBe('read write')
})

test('of more scopes than fit the first are shown, one at least, and the rest is counted', () => {
  expect(shortScopes(['read', 'write', 'delete', 'list'], 20)).toBe('read and 3 more')
  expect(shortScopes(['read', 'write', 'delete', 'list', 'share'], 25)).toBe('read write and 3 more')
  expect(shortScopes(['a'.repeat(30), 'b'], 20)).toBe(`${'a'.repeat(30)} and 1 more`)
  expect(shortScopes(['a'.repeat(30)], 20)).toBe('a'.repeat(30))
})
