import { format, inspect } from 'node:util'
import { expect, test } from 'vitest'
import { revealSecret, SecretText } from './secret-text.ts'

const secret = new SecretText('correct horse battery staple')

const waysToPrint: [string, () => string][] = [
  ['a template', () => `${secret}`],
  ['String()', () => String(secret)],
  ['JSON.stringify', () => JSON.stringify({ secret })],
  ['inspect', () => inspect({ deep: { secret } }, { showHidden: true, depth: null })],
  ['format with %s', () => format('%s %o %j', secret, secret, secret)],
  ['an error message', () => inspect(new Error('failed', { cause: secret }))],
  ['own property names', () => JSON.stringify(Object.getOwnPropertyNames(secret))],
]

for (const [way, print] of waysToPrint) {
  test(`a secret is not printed by ${way}`, () => {
    expect(print()).not.toContain('horse')
  })
}

test('revealSecret opens it', () => {
  expect(revealSecret(secret)).toBe('correct horse battery staple')
})
