import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesSubject, whyNotSubjectPattern } from './subject-pattern.ts'

const run = 'repo:acme/app:ref:refs/heads/main'

test('a pattern of one repository is no pattern of others whose names begin or end with its own', () => {
  for (const pattern of ['repo:acme/app:*', 'repo:acme/app*', 'repo:acme/*pp:*', run]) {
    for (const sub of [
      'repo:acme/app-evil:ref:refs/heads/main',
      'repo:acme/app-evil:pull_request',
      'repo:acme-evil/app:ref:refs/heads/main',
      'evil-repo:acme/app:ref:refs/heads/main',
      'x:repo:acme/app:ref:refs/heads/main',
      'REPO:acme/app:ref:refs/heads/main',
      'repo:acme/app',
      'repo:acme/app:',
      '',
    ]) {
      expect(matchesSubject(pattern, sub), `${pattern} for ${sub}`).toBe(false)
    }
  }
})

test.each([
  [run, run],
  ['repo:acme/app:*', run],
  ['repo:acme/app:*', 'repo:acme/app:pull_request'],
  ['repo:acme/app:environment:*', 'repo:acme/app:environment:prod'],
  ['repo:acme/*:ref:refs/heads/main', run],
  ['repo:acme/app:ref:refs/heads/release-*', 'repo:acme/app:ref:refs/heads/release-7'],
  ['repo:acme/app:ref:refs/heads/*-hot*fix', 'repo:acme/app:ref:refs/heads/a-hot-b-hot-fix'],
  ['system:serviceaccount:prod:*', 'system:serviceaccount:prod:billing'],
  ['repo:acme@65/app@74:*', 'repo:acme@65/app@74:ref:refs/heads/main'],
  // Who leaves the end of a name open gets all names that begin so.
  ['repo:acme*/app:*', 'repo:acme-evil/app:pull_request'],
  ['spiffe://acme.example/ns/*/sa/billing', 'spiffe://acme.example/ns/prod/sa/billing'],
])('%s is a pattern of %s', (pattern, sub) => {
  expect(matchesSubject(pattern, sub)).toBe(true)
})

test.each([
  // A * in the middle stays within its part, whoever chooses the names behind it.
  ['repo:acme/*:ref:refs/heads/main', 'repo:acme/evil:environment:x:ref:refs/heads/main'],
  ['spiffe://acme.example/ns/*/sa/billing', 'spiffe://acme.example/ns/a/b/sa/billing'],
  ['spiffe://acme.example/ns/*/sa/billing', 'spiffe://acme.example/ns//sa/billing'],
  // A part of the last part alone does not reach on either.
  ['repo:acme/app:ref:refs/heads/release-*', 'repo:acme/app:ref:refs/heads/release-7/evil'],
  ['repo:acme/app:ref:refs/heads/release-*', 'repo:acme/app:ref:refs/heads/release-'],
  // The separators are those that are written.
  ['repo:acme/app:*', 'repo/acme/app:ref'],
  ['a*a', 'a'],
  ['a*a', 'aa'],
])('%s is no pattern of %s', (pattern, sub) => {
  expect(matchesSubject(pattern, sub)).toBe(false)
})

test('a pattern of everyone is none', () => {
  for (const pattern of ['*', '*:*', '*/*', '*:*/*:*']) {
    expect(whyNotSubjectPattern(pattern), pattern).toMatch(/everyone/)
  }
  expect(whyNotSubjectPattern('repo:**')).toMatch(/\*\*/)
  expect(whyNotSubjectPattern('repo:acme/app:*')).toBeUndefined()
})

test('a pattern says what the regular expression says that is made of it', () => {
  const text = (symbols: string) => fc.string({ unit: fc.constantFrom(...symbols), maxLength: 9 })
  const pattern = text('ab:/*').filter((one) => whyNotSubjectPattern(one) === undefined)
  fc.assert(
    fc.property(pattern, text('ab:/'), (one, subject) => {
      expect(matchesSubject(one, subject)).toBe(asExpression(one).test(subject))
    }),
    { numRuns: 5000 },
  )
})

test('what a pattern matches holds all of its own characters, in their order', () => {
  const parts = fc.array(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 2, maxLength: 5 })
  fc.assert(
    fc.property(parts, fc.nat(4), fc.stringMatching(/^[a-z]{1,3}$/), (names, at, filled) => {
      const place = at % names.length
      const subject = names.with(place, filled).join(':')
      expect(matchesSubject(names.with(place, '*').join(':'), subject)).toBe(true)
      expect(matchesSubject(names.with(place, '*').join('/'), subject)).toBe(false)
    }),
  )
})

function asExpression(pattern: string): RegExp {
  const rest = /[:/]\*$/.test(pattern)
  const body = rest ? pattern.slice(0, -1) : pattern
  const inner = body.replaceAll('/', '\\/').replaceAll('*', '[^:/]+')
  return new RegExp(`^${inner}${rest ? '[^]+' : ''}$`)
}
