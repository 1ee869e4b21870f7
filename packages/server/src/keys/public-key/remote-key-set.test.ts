import { expect, test } from 'vitest'
import type { TenantId } from '../../domain/tenant.ts'
import {
  createRemoteKeySets,
  defaultKeySetAgeSeconds,
  KeySetError,
  keySetFetchBurst,
  maxFetchesInAll,
  maxFetchesPerTenant,
  maxKeptKeySets,
  maxKeySetAgeSeconds,
  minKeySetAgeSeconds,
  secondsPerKeySetFetch,
} from './remote-key-set.ts'

/** Publishes what it is told to, and counts; its keys are their own kids. */
function publish(keys: readonly string[], maxAgeSeconds?: number) {
  let clock = 1_700_000_000_000
  const state = { keys, isDown: false, fetched: [] as string[], gate: Promise.resolve() }
  const sets = createRemoteKeySets<string>({
    async fetchKeys({ name }) {
      state.fetched.push(name)
      await state.gate
      if (state.isDown) throw new KeySetError('It is down.')
      return { keys: state.keys, maxAgeSeconds }
    },
    now: () => new Date(clock),
  })
  const ask = (kid: string, name = 'one', tenant = 'ten_a') =>
    sets.keysOf({ tenantId: tenant as TenantId, name }, (key) => key === kid)
  return { state, ask, pass: (seconds: number) => (clock += seconds * 1000) }
}

const found = (...keys: string[]) => ({ kind: 'found', keys })
const unavailable = { kind: 'unavailable', why: 'It is down.' }

test.each([
  ['says nothing', undefined, defaultKeySetAgeSeconds],
  ['allows a minute and a half', 90, 90],
  ['allows no copy', 0, minKeySetAgeSeconds],
  ['allows a year', 31_536_000, maxKeySetAgeSeconds],
])('of a source that %s a copy is used that long and no longer', async (_name, maxAge, seconds) => {
  const { state, ask, pass } = publish(['a'], maxAge)
  expect(await ask('a')).toEqual(found('a'))
  state.keys = ['b']
  pass(seconds - 1)
  expect(await ask('a')).toEqual(found('a'))
  expect(state.fetched).toHaveLength(1)
  pass(1)
  expect(await ask('a')).toEqual(found())
  expect(state.fetched).toHaveLength(2)
})

test('a key that is not in the copy is looked for once more, and found when the owner turned to it', async () => {
  const { state, ask } = publish(['a'])
  await ask('a')
  state.keys = ['a', 'b']
  expect(await ask('b')).toEqual(found('b'))
  expect(await ask('a')).toEqual(found('a'))
  expect(state.fetched).toHaveLength(2)
})

test('whoever asks for keys that nobody has cannot make the source be fetched without end', async () => {
  const { state, ask, pass } = publish(['a'], maxKeySetAgeSeconds)
  for (let count = 0; count < 100; count += 1) expect(await ask(`unknown ${count}`)).toEqual(found())
  expect(state.fetched).toHaveLength(keySetFetchBurst)
  pass(secondsPerKeySetFetch - 1)
  await ask('unknown')
  expect(state.fetched).toHaveLength(keySetFetchBurst)
  pass(1)
  for (let count = 0; count < 3; count += 1) await ask('unknown')
  expect(state.fetched).toHaveLength(keySetFetchBurst + 1)
  // Meanwhile the copy serves all others, and what one of the fetches brought is there for everyone.
  expect(await ask('a')).toEqual(found('a'))
})

test('many requests at the same time are one fetch', async () => {
  const { state, ask } = publish(['a'])
  expect(await Promise.all(Array.from({ length: 50 }, () => ask('a')))).toEqual(
    Array.from({ length: 50 }, () => found('a')),
  )
  expect(state.fetched).toHaveLength(1)
})

test('while the source is down an old copy serves on, until it is an hour old', async () => {
  const { state, ask, pass } = publish(['a'])
  await ask('a')
  state.isDown = true
  pass(maxKeySetAgeSeconds - 1)
  expect(await ask('a')).toEqual(found('a'))
  pass(1)
  expect(await ask('a')).toEqual(unavailable)
  state.isDown = false
  expect(await ask('a')).toEqual(found('a'))
})

test('a clock that is set back makes a copy last no longer', async () => {
  const { state, ask, pass } = publish(['a'])
  await ask('a')
  state.keys = ['b']
  pass(-86_400)
  expect(await ask('a')).toEqual(found())
  expect(await ask('b')).toEqual(found('b'))
})

test('a source that never answered is unavailable, and is not asked without end', async () => {
  const { state, ask } = publish(['a'])
  state.isDown = true
  expect(await ask('a')).toEqual(unavailable)
  for (let count = 0; count < 100; count += 1) expect(await ask('a')).toMatchObject({ kind: 'unavailable' })
  expect(state.fetched).toHaveLength(keySetFetchBurst)
})

test('the slow sources of one tenant take so many places, and none of another tenant', async () => {
  const { state, ask } = publish(['a'])
  const { promise, resolve } = Promise.withResolvers<void>()
  state.gate = promise
  const slow = Array.from({ length: maxFetchesPerTenant }, (_, index) => ask('a', `slow ${index}`))
  expect(await ask('a', 'one more')).toMatchObject({ kind: 'unavailable' })
  state.gate = Promise.resolve()
  expect(await ask('a', 'one', 'ten_b')).toEqual(found('a'))
  resolve()
  expect(await Promise.all(slow)).toEqual(slow.map(() => found('a')))
  expect(await ask('a', 'one more')).toEqual(found('a'))
})

test('all tenants together take so many places, and no more', async () => {
  const { state, ask } = publish(['a'])
  const { promise, resolve } = Promise.withResolvers<void>()
  state.gate = promise
  const slow = Array.from({ length: maxFetchesInAll }, (_, index) => ask('a', 'one', `ten_${index}`))
  expect(await ask('a', 'one', 'ten_z')).toMatchObject({ kind: 'unavailable' })
  resolve()
  expect(await Promise.all(slow)).toEqual(slow.map(() => found('a')))
  expect(await ask('a', 'one', 'ten_z')).toEqual(found('a'))
})

test('tenants that name the same source share no copy', async () => {
  const { state, ask } = publish(['a'])
  await ask('a')
  state.keys = ['b']
  expect(await ask('a', 'one', 'ten_b')).toEqual(found())
  expect(await ask('a')).toEqual(found('a'))
})

test('only so many copies are kept; the one that was not used for the longest time makes room', async () => {
  const { state, ask } = publish(['a'])
  for (let count = 0; count < maxKeptKeySets; count += 1) await ask('a', `source ${count}`)
  await ask('a', 'source 0')
  await ask('a', 'one more')
  state.fetched = []
  await ask('a', 'source 0')
  expect(state.fetched).toEqual([])
  await ask('a', 'source 1')
  expect(state.fetched).toEqual(['source 1'])
})
