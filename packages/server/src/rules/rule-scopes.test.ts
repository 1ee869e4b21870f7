import { expect, test } from 'vitest'
import { parseScope, type Scope } from '../domain/resource-server.ts'
import { BadRuleResultError } from './claims.ts'
import { boundRuleScopes, parseRuleScopes } from './rule-scopes.ts'

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
  undefined,
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

const scopes = (...texts: string[]) =>
  texts.map(parseScope).filter((scope): scope is Scope => scope !== undefined)
const bounds = { offered: scopes('read', 'write'), granted: scopes('read') }

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
