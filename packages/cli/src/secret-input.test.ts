import { expect, test } from 'vitest'
import { parseSecrets } from './secret-input.ts'
import { revealSecret } from './secret-text.ts'

const parsed = (text: string) =>
  Object.fromEntries(parseSecrets(text, '-').map(([name, secret]) => [name, revealSecret(secret)]))

test('a line without a name is refused by its number, and its text is not repeated', () => {
  expect(() => parseSecrets('A=1\nprivate words', 'f')).toThrow(expect.objectContaining({ ending: 'usage' }))
  try {
    parseSecrets('A=1\nprivate words', 'f')
  } catch (error) {
    expect(JSON.stringify(error)).toContain('Line 2')
    expect(JSON.stringify(error)).not.toContain('private words')
  }
})

test('broken JSON and values that are no texts are refused without repeating them', () => {
  for (const text of ['{"A": "private words', '{"A": ["private words"]}', '{"A": 42}']) {
    try {
      parseSecrets(text, 'f')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ ending: 'usage' })
      expect(JSON.stringify(error)).not.toContain('private words')
    }
  }
})

test('a value is everything behind the first equals sign, quotes and spaces included', () => {
  expect(parsed('# keys\nA=1=2\n\nB= "x" \r\nC=')).toEqual({ A: '1=2', B: ' "x" ', C: '' })
})

test('one JSON object gives the same, with line feeds where wanted', () => {
  expect(parsed('{"A": "1", "PEM": "first\\nsecond"}')).toEqual({ A: '1', PEM: 'first\nsecond' })
})
