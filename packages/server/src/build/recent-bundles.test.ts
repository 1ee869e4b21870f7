import { expect, test } from 'vitest'
import { BuildError, type ModuleBundle } from '../domain/rule-build.ts'
import { rememberBundles } from './recent-bundles.ts'

const ms = { name: 'ms', version: '2.1.3' }
const uuid = { name: 'uuid', version: '11.1.0' }
const bundle: ModuleBundle = { packages: [], names: [], code: '' }

function counted(answers: (call: number) => ModuleBundle) {
  const calls = { count: 0 }
  const install = rememberBundles(async () => answers(++calls.count))
  return { calls, install }
}

test('what failed is tried anew', async () => {
  const { calls, install } = counted((call) => {
    if (call === 1) throw new BuildError('no_registry', 'Gone.')
    return bundle
  })
  await expect(install([ms], [])).rejects.toThrow('Gone.')
  expect(await install([ms], [])).toBe(bundle)
  expect(calls.count).toBe(2)
})

test('the same set is installed once, in whatever order, also when asked for twice at once', async () => {
  const { calls, install } = counted(() => bundle)
  await Promise.all([install([ms, uuid], ['ms/a', 'ms/b']), install([uuid, ms], ['ms/b', 'ms/a'])])
  await install([ms, uuid], ['ms/a', 'ms/b'])
  expect(calls.count).toBe(1)
})

test('another version or another path is another set', async () => {
  const { calls, install } = counted(() => bundle)
  await install([ms], [])
  await install([{ ...ms, version: '2.1.2' }], [])
  await install([ms], ['ms/a'])
  expect(calls.count).toBe(3)
})

test('no more than eight are remembered, and the one used longest ago goes first', async () => {
  const { calls, install } = counted(() => bundle)
  const patch = (n: number) => install([{ name: 'ms', version: `2.1.${n}` }], [])
  for (let n = 0; n < 8; n++) await patch(n)
  await patch(0)
  await patch(8)
  expect(calls.count).toBe(9)
  await patch(0)
  expect(calls.count).toBe(9)
  await patch(1)
  expect(calls.count).toBe(10)
})
