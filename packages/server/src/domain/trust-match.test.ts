import { expect, test } from 'vitest'
import type { ClientId } from './client.ts'
import { type ClaimValues, whyNoMatch, whyNotMatch } from './trust-match.ts'

const clientId = 'client_1' as ClientId
const token = {
  sub: 'system:serviceaccount:prod:billing',
  count: 1,
  flag: true,
  list: ['a'],
  'kubernetes.io': { namespace: 'prod', serviceaccount: { name: 'billing', uid: 'u' } },
}

const withClaims = (claims: ClaimValues) => whyNoMatch({ clientId, sub: undefined, claims }, token)

test.each<[ClaimValues, string]>([
  [{ absent: '' }, 'absent'],
  [{ count: '1' }, 'count'],
  [{ count: true }, 'count'],
  [{ flag: 'true' }, 'flag'],
  [{ list: 'a' }, 'list'],
  [{ sub: { length: 34 } }, 'sub'],
  [{ toString: 'x' }, 'toString'],
  [{ constructor: { name: 'Object' } }, 'constructor'],
  [{ 'kubernetes.io': 'prod' }, 'kubernetes.io'],
  [{ 'kubernetes.io': { namespace: 'prod-evil' } }, 'kubernetes.io → namespace'],
  [
    { 'kubernetes.io': { serviceaccount: { name: 'billing', uid: 'other' } } },
    'kubernetes.io → serviceaccount → uid',
  ],
])('a token that differs in %j is not the client', (claims, path) => {
  expect(withClaims(claims)).toBe(`its claim ${path} is not what the match asks for`)
})

test('all that a match names has to hold, and nothing else is looked at', () => {
  expect(withClaims({ count: 1, flag: true, 'kubernetes.io': { namespace: 'prod' } })).toBeUndefined()
  expect(withClaims({ count: 1, flag: false })).toMatch(/flag/)
  const match = { clientId, sub: 'system:serviceaccount:prod:*', claims: { count: 1 } }
  expect(whyNoMatch(match, token)).toBeUndefined()
  expect(whyNoMatch(match, { ...token, sub: 'system:serviceaccount:prod-evil:billing' })).toMatch(/its sub/)
  expect(whyNoMatch(match, { ...token, sub: ['system:serviceaccount:prod:billing'] })).toMatch(/its sub/)
})

test('a match that asks for nothing is refused, and so is one that asks for too much', () => {
  expect(whyNotMatch({ sub: undefined, claims: {} })).toMatch(/sub or a claim/)
  expect(whyNotMatch({ sub: undefined, claims: { a: {} } })).toMatch(/empty/)
  expect(whyNotMatch({ sub: undefined, claims: { a: { b: { c: 1 } } } })).toBeUndefined()
  expect(whyNotMatch({ sub: undefined, claims: { a: { b: { c: { d: 1 } } } } })).toMatch(/3 deep/)
  const claims = (many: number) => Object.fromEntries(Array.from({ length: many }, (_, at) => [`c${at}`, at]))
  expect(whyNotMatch({ sub: 'a:*', claims: claims(20) })).toBeUndefined()
  expect(whyNotMatch({ sub: 'a:*', claims: claims(21) })).toMatch(/20 claims/)
})

test('a number that JSON reads as another one is nothing to know a workload by', () => {
  const reasonFor = (id: number) => whyNotMatch({ sub: undefined, claims: { account: { id } } })
  expect(reasonFor(JSON.parse('9007199254740993'))).toMatch(/neighbours/)
  expect(reasonFor(JSON.parse('-9007199254740993'))).toMatch(/neighbours/)
  expect(reasonFor(Number.MAX_SAFE_INTEGER)).toBeUndefined()
})
