import { expect, test } from 'vitest'
import { parseUnambiguousObject } from './unambiguous-object.ts'

test.each([
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '{"a":{"b":1,"b":1}}',
  '{"a":[{"b":1},{"b":1,"b":2}]}',
  '{"a":{},"b":[],"a":{}}',
  '{"__proto__":1,"__proto__":2}',
  '{"a\\\\":1,"a\\\\":2}',
  '{"\\"":1,"\\"":2}',
  '[]',
  'null',
  '"{}"',
  '{"a":1',
  '',
])('%s is refused', (json) => {
  expect(() => parseUnambiguousObject(json)).toThrow()
})

test.each([
  '{}',
  '{"a":{"a":{"a":1}}}',
  '{"a":[{"b":1},{"b":2}],"b":"a"}',
  '{"a":"\\"b\\":1,\\"b\\":2","b":"{\\"a\\":1}"}',
  '{"a":"\\\\","b":":"}',
])('%s says everything once', (json) => {
  expect(parseUnambiguousObject(json)).toEqual(JSON.parse(json))
})
