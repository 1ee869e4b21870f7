import { expect, test } from 'vitest'
import { parseScope, type Scope } from '../domain/resource-server.ts'
import {
  BadRuleResultError,
  boundRuleScopes,
  isNamespacedClaim,
  namespacedClaims,
  parseRuleScopes,
  refuseOversizedClaims,
} from './claims.ts'

for (const name of [
  'sub',
  'iss',
  'aud',
  'permissions',
  'urn:example:claim',
  'ftp://example.com/claim',
  'foo.com/claim',
  'https://',
  'https://auth0.com/claim',
  'https://tenant.auth0.com/claim',
  'https://AUTH0.com/claim',
  'https://webtask.io/claim',
  'http://it.webtask.run/claim',
  '__proto__',
]) {
  test(`a callback rule may not set the claim ${name}`, () => {
    expect(isNamespacedClaim(name)).toBe(false)
  })
}

for (const name of [
  'https://foo.com/claim',
  'http://foo.com',
  'https://notauth0.com/x',
  'https://auth0.com.example.org/x',
]) {
  test(`a callback rule may set the claim ${name}`, () => {
    expect(isNamespacedClaim(name)).toBe(true)
  })
}

test('what is not namespaced is dropped and named, and the scope is neither', () => {
  const result = JSON.parse('{"scope":["a"],"https://foo.com/a":1,"sub":"admin","__proto__":{"x":1}}')
  expect(namespacedClaims(result)).toEqual({
    claims: { 'https://foo.com/a': 1 },
    dropped: ['sub', '__proto__'],
  })
})

for (const rawScope of [
  'read',
  1,
  true,
  {},
  [1],
  ['read write'],
  ['a"b'],
  ['a\\b'],
  ['a\nb'],
  [''],
  [null],
  ['é'],
  [['read']],
]) {
  test(`a scope of ${JSON.stringify(rawScope)} fails the exchange`, () => {
    expect(() => parseRuleScopes(rawScope)).toThrow(BadRuleResultError)
  })
}

test('1,001 scopes fail the exchange and 1,000 do not', () => {
  const scopes = Array.from({ length: 1001 }, (_, index) => `scope:${index}`)
  expect(() => parseRuleScopes(scopes)).toThrow(BadRuleResultError)
  expect(parseRuleScopes(scopes.slice(1))).toHaveLength(1000)
})

test('a scope that is returned twice counts once', () => {
  expect(parseRuleScopes(['read', 'read', 'write'])).toEqual(['read', 'write'])
})

test('a result without a scope is told apart from one with none', () => {
  expect(parseRuleScopes(undefined)).toBeUndefined()
  expect(parseRuleScopes([])).toEqual([])
})

const scopes = (...texts: string[]) =>
  texts.map(parseScope).filter((scope): scope is Scope => scope !== undefined)
const bounds = { offered: new Set(scopes('read', 'write')), granted: new Set(scopes('read')) }

test('the policy of an API bounds the scopes of callback rules', () => {
  const asked = scopes('read', 'write', 'extra')
  expect(boundRuleScopes(asked, { policy: 'grant', ...bounds })).toEqual({
    kept: ['read'],
    cut: ['write', 'extra'],
  })
  expect(boundRuleScopes(asked, { policy: 'api', ...bounds })).toEqual({
    kept: ['read', 'write'],
    cut: ['extra'],
  })
  expect(boundRuleScopes(asked, { policy: 'any', ...bounds })).toEqual({ kept: asked, cut: [] })
})

test('claims of more than 100,000 bytes fail the exchange, and of exactly as many do not', () => {
  const name = 'https://foo.com/a'
  const frame = JSON.stringify({ [name]: '' }).length
  expect(() => refuseOversizedClaims({ [name]: 'x'.repeat(100_001 - frame) })).toThrow(BadRuleResultError)
  refuseOversizedClaims({ [name]: 'x'.repeat(100_000 - frame) })
  expect(() => refuseOversizedClaims({ [name]: 'é'.repeat(60_000) })).toThrow(BadRuleResultError)
})
