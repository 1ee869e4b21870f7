import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMask, isUntouched, maskedJson } from './masking.ts'

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

test('of secrets that overlap, neither shows an end', () => {
  expect(createMask(['xyzab', 'abcdefgh'])('it is xyzabcdefgh.')).toBe('it is [secret].')
  expect(createMask(['abab'])('abababa, aba')).toBe('[secret]a, aba')
  expect(createMask(['aaaa'])('aaaaaaa and aaaaaaaa')).toBe('[secret] and [secret]')
})

test('secrets side by side are masked each for itself', () => {
  expect(createMask(['key-1', 'word-2'])('key-1word-2key-1')).toBe('[secret][secret][secret]')
})

for (const [what, value] of [
  ['of four letters', 'aaab'],
  ['of many letters', 'shhhh-and-more'],
  ['that repeats itself', 'abcXabcYabcXabc'],
  ['of the greatest length', `${'k7-'.repeat(1365)}!`],
  ['beyond ASCII', 'pä§∑wörd😀x'],
] as const) {
  test(`no letter of a secret ${what} is left where a text is cut, wherever that is`, () => {
    const mask = createMask([value])
    const encodings = [value, Buffer.from(value).toString('hex'), encodeURIComponent(value)]
    for (const encoded of encodings) {
      const step = Math.ceil(encoded.length / 50)
      for (let length = 1; length < encoded.length; length += step)
        expect(mask(`it is ${encoded.slice(0, length)}`, 'cut')).toBe('it is ')
      expect(mask(`it is ${encoded}`, 'cut')).toBe('it is [secret]')
    }
  })
}

test('a whole secret before the beginning of another, or that ends like its own beginning, stays masked whole', () => {
  expect(createMask(['abcXabc'])('it is abcXabc', 'cut')).toBe('it is [secret]')
  expect(createMask(['xyzab', 'abcdefgh'])('it is xyzabcd', 'cut')).toBe('it is [secret]')
  expect(createMask(['12345', 'ab-12345-cd'])('it is ab-12345-', 'cut')).toBe('it is ')
})

test('the end of a text that was not cut stays, also where it is like the beginning of a secret', () => {
  expect(createMask(['shhhh'])('it is shhh')).toBe('it is shhh')
})

test('a value with half a letter is masked, and nothing fails for it', () => {
  expect(createMask(['\ud800abcd'])('it is \ud800abcd')).toBe('it is [secret]')
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

const shortTexts = fc.string({
  unit: fc.constantFrom('a', 'b', '"', '\\', '\n', '\ud800', '\udc00'),
  maxLength: 8,
})
/** How a secret may stand in a string: as it is, escaped, and within something that has been escaped. */
const spellings: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => JSON.stringify(secret).slice(1, -1),
  (secret) => JSON.stringify({ secret }),
]

test('JSON counts as untouched only where the mask leaves every string in it as it is', () => {
  const secrets = shortTexts.filter((text) => text.length > 3)
  fc.assert(
    fc.property(
      secrets,
      shortTexts,
      shortTexts,
      fc.constantFrom(...spellings),
      (secret, before, after, spell) => {
        const mask = createMask([secret])
        for (const text of [before + spell(secret) + after, before + after]) {
          const isLeft = mask(text) === text
          for (const kept of [{ text }, { [text]: 1 }, { list: [text] }])
            expect(isLeft || !isUntouched(JSON.stringify(kept), mask)).toBe(true)
        }
      },
    ),
  )
})

test('JSON without a secret counts as untouched', () => {
  expect(isUntouched(JSON.stringify({ kept: ['nothing', { of: 'it' }] }), createMask(['shhhh']))).toBe(true)
})

test('a secret is masked in JSON that stands within JSON', () => {
  const mask = createMask(['pass"word'])
  const kept = { forwarded: JSON.stringify({ secret: 'pass"word' }) }
  expect(isUntouched(JSON.stringify(kept), mask)).toBe(false)
  expect(JSON.parse(maskedJson(kept, mask))).toEqual({ forwarded: '{"secret":"[secret]"}' })
})
