import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { parseKeyValues, readKeyValues } from './key-values.ts'

for (const text of ['novalue', '=value', '']) {
  test(`what has no key or no value is refused and not repeated: "${text}"`, () => {
    expect(() => parseKeyValues([text], '--secret')).toThrow(/^--secret needs the form KEY=VALUE\.$/)
  })
}

test('a value begins behind the first equals sign, may be empty, and the last one counts', () => {
  expect(parseKeyValues(['a=b=c', 'e=', 'a=d'], '--secret')).toEqual({ a: 'd', e: '' })
  expect(parseKeyValues(['a.b=c'], '--secret')).toEqual({ 'a.b': 'c' })
})

test('names of prototypes are names like others here; the server refuses them', () => {
  expect(Object.hasOwn(parseKeyValues(['__proto__=x'], '--secret'), '__proto__')).toBe(true)
})

test('files and standard input hold comments, quotes and export', async () => {
  const text = '# a comment\nONE=1\nexport TWO="two words"\nTHREE=\'#3\'\n'
  const expected = { ONE: '1', TWO: 'two words', THREE: '#3' }
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-'))
  const path = join(folder, 'secrets.env')
  writeFileSync(path, text)
  expect(await readKeyValues(path, Readable.from([]))).toEqual(expected)
  expect(await readKeyValues('-', Readable.from([text]))).toEqual(expected)
  expect(await readKeyValues(undefined, Readable.from([text]))).toEqual({})
  rmSync(folder, { recursive: true })
})
