import { expect, test } from 'vitest'
import { createMask, maskedJson } from './masking.ts'

const secret = 'p@ss word/42"'

for (const [encoding, text] of [
  ['as it is', secret],
  ['base64', Buffer.from(secret).toString('base64')],
  ['base64url', Buffer.from(secret).toString('base64url')],
  ['hexadecimal', Buffer.from(secret).toString('hex')],
  ['upper-case hexadecimal', Buffer.from(secret).toString('hex').toUpperCase()],
  ['percent-encoded', encodeURIComponent(secret)],
  ['inside a JSON string', JSON.stringify({ secret })],
] as const) {
  test(`a secret value is masked ${encoding}`, () => {
    const masked = createMask([secret])(`before ${text} after`)
    expect(masked).toContain('[secret]')
    expect(masked).not.toContain(text)
  })
}

test('a secret that contains another one is masked whole', () => {
  expect(createMask(['shhhh', 'shhhh-and-more'])('it is shhhh-and-more')).toBe('it is [secret]')
})

test('a value under four characters is left, since masking it would destroy the text', () => {
  expect(createMask(['a', 'abc'])('a cab abc')).toBe('a cab abc')
})

for (const value of ['true', 'null', '2026', '":"', '\\']) {
  test(`what is kept stays JSON when a secret reads ${value}`, () => {
    const kept = {
      flag: true,
      none: null,
      year: 2026,
      text: `it is ${value}`,
      [value.repeat(4)]: [value.repeat(4)],
    }
    const masked = maskedJson(kept, createMask([value.repeat(4)]))
    expect(JSON.parse(masked)).toMatchObject({ flag: true, none: null, year: 2026, '[secret]': ['[secret]'] })
  })
}
