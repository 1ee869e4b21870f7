import { format } from 'node:util'
import { expect, test } from 'vitest'
import { revealSecret, SecretText } from './secret-text.ts'

test('a secret does not show itself in a message, in JSON or in an inspection', () => {
  const secret = new SecretText('tsk_very_private')
  const shown = [`${secret}`, JSON.stringify({ secret }), format('%o %s %j', secret, secret, secret)].join(
    ' ',
  )
  expect(shown).not.toContain('very_private')
})

test('revealSecret gives the text back', () => {
  expect(revealSecret(new SecretText('tsk_very_private'))).toBe('tsk_very_private')
})
