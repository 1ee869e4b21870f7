import { expect, test } from 'vitest'
import { ManagementError } from '../../../domain/errors.ts'
import { entityTagOf, matchesStrongly, matchesWeakly, parseTagCondition } from './entity-tag.ts'

test.each([
  '',
  ' ',
  'abc',
  '"abc',
  'abc"',
  '"a" "b"',
  '"a",',
  ',"a"',
  '*, "a"',
  'w/"a"',
  '"a"b"',
  `"${'x'.repeat(4000)}"`,
])('a condition that holds no entity tags is refused: %s', (raw) => {
  expect(() => parseTagCondition('If-Match', raw)).toThrow(ManagementError)
})

test('a condition is any object, one tag or several', () => {
  expect(parseTagCondition('If-Match', undefined)).toBeUndefined()
  expect(parseTagCondition('If-Match', ' * ')).toBe('*')
  expect(parseTagCondition('If-Match', '"a"')).toEqual(['"a"'])
  expect(parseTagCondition('If-Match', '"a,b" ,  W/"c",""')).toEqual(['"a,b"', 'W/"c"', '""'])
})

test('a weak tag is enough to read and not enough to change', () => {
  expect(matchesStrongly(['W/"a"', '"b"'], '"a"')).toBe(false)
  expect(matchesStrongly(['"b"', '"a"'], '"a"')).toBe(true)
  expect(matchesWeakly(['W/"a"'], '"a"')).toBe(true)
  expect([matchesStrongly('*', '"a"'), matchesWeakly('*', '"a"')]).toEqual([true, true])
})

test('a tag changes with every member but those that are shown once', () => {
  const tag = entityTagOf({ id: 1, name: 'a' })
  expect(tag).toMatch(/^"[\w-]{27}"$/)
  expect(entityTagOf({ id: 1, name: 'a', secret: 's' }, ['secret'])).toBe(tag)
  expect(entityTagOf({ id: 1, name: 'b' })).not.toBe(tag)
  expect(entityTagOf({ id: 1, name: 'a', more: undefined })).toBe(tag)
  expect(entityTagOf([1])).not.toBe(entityTagOf([2]))
})
