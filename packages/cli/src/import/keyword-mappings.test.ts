import { expect, test } from 'vitest'
import { keywordLeft, parseKeywordMappings, replaceKeywords } from './keyword-mappings.ts'

test('what is no JSON object is refused without quoting it', () => {
  for (const text of ['s3cret', '["s3cret"]', '"s3cret"']) {
    expect(() => parseKeywordMappings(text, 'config.json')).toThrow(/keywords in config\.json/)
    expect(() => parseKeywordMappings(text, 'config.json')).not.toThrow(/s3cret/)
  }
})

test('the configuration of the deploy tool is as good as the mappings alone', () => {
  const mappings = { NAME: 'billing' }
  const whole = { AUTH0_DOMAIN: 'x', AUTH0_KEYWORD_REPLACE_MAPPINGS: mappings }
  const expected = new Map(Object.entries(mappings))
  expect(parseKeywordMappings(JSON.stringify(mappings), 'a')).toEqual(expected)
  expect(parseKeywordMappings(JSON.stringify(whole), 'a')).toEqual(expected)
})

test('a text takes the place of ##NAME##, and a JSON value that of @@NAME@@ with or without quotes', () => {
  const mappings = new Map<string, unknown>([
    ['NAME', "bill$&ing'"],
    ['LIST', ['a', 'b']],
    ['NUMBER', 3],
  ])
  expect(replaceKeywords('##NAME## ##NAME## ##NUMBER##', mappings)).toBe("bill$&ing' bill$&ing' 3")
  for (const text of ['@@LIST@@', '"@@LIST@@"', "'@@LIST@@'"]) {
    expect(replaceKeywords(text, mappings)).toBe('["a","b"]')
  }
})

test('a keyword that stays is named, and a name of another kind is none', () => {
  expect(keywordLeft('a ##B.c-1## @@D@@')).toBe('##B.c-1##')
  expect(keywordLeft('{"a": @@D@@}')).toBe('@@D@@')
  expect(keywordLeft('## heading ## a@@b')).toBeUndefined()
})
