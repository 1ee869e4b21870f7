import { expect, test } from 'vitest'
import { ManagementError } from '../../domain/errors.ts'
import { availableModules, parseNodeDependencies } from './webtask-modules.ts'

const parse = (text: string) => parseNodeDependencies({ 'wt-node-dependencies': text })

test.each([
  ['not json', 'a JSON object'],
  ['["ms"]', 'a JSON object'],
  ['null', 'a JSON object'],
  ['{"ms":"^2.1.3"}', 'one exact version'],
  ['{"ms":"latest"}', 'one exact version'],
  ['{"ms":"git+https://example.com/ms.git"}', 'one exact version'],
  ['{"ms":2}', 'one exact version'],
  ['{"../ms":"2.1.3"}', 'no name of a package'],
  ['{"__proto__":"2.1.3"}', 'no name of a package'],
])('dependencies that are none are refused with the status that the client prints: %s', (text, words) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ code: 'operation_not_supported', message: expect.stringContaining(words) }),
  )
})

test('no meta, or an empty one, asks for no packages', () => {
  expect(parseNodeDependencies({})).toEqual([])
  expect(parse('')).toEqual([])
  expect(parse('{}')).toEqual([])
})

test('names and exact versions are taken', () => {
  expect(parse('{"ms":"2.1.3","@scope/one":"1.0.0-rc.1"}')).toEqual([
    { name: 'ms', version: '2.1.3' },
    { name: '@scope/one', version: '1.0.0-rc.1' },
  ])
})

test('modules that the client asks for are available, unless they are none', () => {
  const modules = [{ name: 'ms', version: '2.1.3' }]
  expect(availableModules({ modules })).toEqual([{ name: 'ms', version: '2.1.3', state: 'available' }])
  for (const body of [undefined, {}, { modules: 'ms' }, { modules: [null] }, { modules: [{ name: 'ms' }] }]) {
    expect(() => availableModules(body)).toThrow(ManagementError)
  }
})
