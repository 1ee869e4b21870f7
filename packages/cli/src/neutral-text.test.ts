import fc from 'fast-check'
import { expect, test } from 'vitest'
import { neutralJson, neutralLine, neutralText } from './neutral-text.ts'

test('an escape sequence of a rule is shown, not obeyed', () => {
  expect(neutralText('\u001b[31mred\u001b]0;title\u0007 \u009b2J')).toBe(
    '\\x1b[31mred\\x1b]0;title\\x07 \\x9b2J',
  )
})

test('a line feed cannot forge a second line where one is expected', () => {
  expect(neutralLine('first\r\nsecond')).toBe('first\\nsecond')
})

test('letters that only look unusual are left alone', () => {
  expect(neutralText('Grüße, 東京 🚀')).toBe('Grüße, 東京 🚀')
})

test('JSON carries the same value after it has been made harmless', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const shown = neutralJson({ value, text })
      expect(shown).not.toMatch(/[\u007f-\u009f\u202a-\u202e]/u)
      expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify({ value, text })))
    }),
  )
})
