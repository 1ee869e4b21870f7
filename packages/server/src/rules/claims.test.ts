import { expect, test } from 'vitest'
import { BadRuleResultError, refuseOversizedClaims, splitClaims } from './claims.ts'

const droppedOf = (model: 'callback' | 'action', name: string) =>
  splitClaims(model, [[name, 1]]).dropped.map((claim) => claim.name)

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
    expect(droppedOf('callback', name)).toEqual([name])
  })
}

for (const name of [
  'https://foo.com/claim',
  'http://foo.com',
  'https://notauth0.com/x',
  'https://auth0.com.example.org/x',
]) {
  test(`a callback rule may set the claim ${name}`, () => {
    expect(droppedOf('callback', name)).toEqual([])
  })
}

for (const name of [
  'sub',
  'aud',
  'exp',
  'permissions',
  'client_id',
  'x5t#S256',
  'scope',
  // Which Go's encoding/json reads as `scope`, the last two by the folding of Unicode.
  'SCOPE',
  'Client_Id',
  'AZP',
  '\u017fcope',
  'Permi\u017fsions',
  '',
  '__proto__',
  'https://tenant.auth0.com/claim',
  'https://auth0.com./claim',
  'http://webtask.io',
  'urn:auth0:claim',
  'URN:Auth0:claim',
  'urn:auth0',
]) {
  test(`an Action may not set the claim ${JSON.stringify(name)}`, () => {
    expect(droppedOf('action', name)).toEqual([name])
  })
}

for (const name of [
  'plan',
  'email',
  'name',
  'Sub',
  'scopes',
  'urn:example:claim',
  'urn:auth0x:claim',
  'https://foo.com/claim',
  'ftp://auth0.com/claim',
  'constructor',
]) {
  test(`an Action may set the claim ${name}`, () => {
    expect(droppedOf('action', name)).toEqual([])
  })
}

test('what is dropped is named with the reason, and what stays is in the order of its setting', () => {
  const { claims, dropped } = splitClaims('action', [
    ['plan', 'free'],
    ['sub', 'admin'],
    ['plan', 'gold'],
    ['none', undefined],
  ])
  expect(claims).toEqual({ plan: 'gold' })
  expect(dropped).toEqual([
    { name: 'sub', why: 'the name is reserved' },
    { name: 'none', why: 'its value is undefined' },
  ])
})

test('claims of more than 100,000 bytes fail the exchange, and of exactly as many do not', () => {
  const name = 'https://foo.com/a'
  const frame = JSON.stringify({ [name]: '' }).length
  expect(() => refuseOversizedClaims({ [name]: 'x'.repeat(100_001 - frame) })).toThrow(BadRuleResultError)
  refuseOversizedClaims({ [name]: 'x'.repeat(100_000 - frame) })
  expect(() => refuseOversizedClaims({ [name]: 'é'.repeat(60_000) })).toThrow(BadRuleResultError)
})
