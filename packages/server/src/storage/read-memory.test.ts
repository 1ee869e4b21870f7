import { expect, test } from 'vitest'
import { createReadMemory, maxRemembered } from './read-memory.ts'

function counted(memory = createReadMemory()) {
  let asked = 0
  const ask = memory.remember((...words: string[]) => {
    asked += 1
    return words.includes('absent') ? undefined : { words, asked }
  })
  return { memory, ask, times: () => asked }
}

test('what was found is asked for again once something was written', () => {
  const { memory, ask, times } = counted()
  const first = ask('a')
  expect(ask('a')).toBe(first)
  memory.forget()
  expect(ask('a')).not.toBe(first)
  expect(times()).toBe(2)
})

test('that nothing was found is remembered and forgotten like anything else', () => {
  const { memory, ask, times } = counted()
  expect([ask('absent'), ask('absent'), times()]).toEqual([undefined, undefined, 1])
  memory.forget()
  ask('absent')
  expect(times()).toBe(2)
})

test('arguments that read alike when joined are told apart', () => {
  const { ask } = counted()
  expect(ask('ab', 'c')).not.toBe(ask('a', 'bc'))
})

test('a read that fails is not remembered', () => {
  const memory = createReadMemory()
  let failures = 1
  const ask = memory.remember(() => {
    if (failures-- > 0) throw new Error('the disk is away')
    return 'found'
  })
  expect(() => ask()).toThrow()
  expect(ask()).toBe('found')
})

test('made-up arguments do not make it grow', () => {
  const { ask, times } = counted()
  for (let index = 0; index < 10 * maxRemembered; index += 1) ask(`unknown ${index}`)
  ask('unknown 0')
  expect(times()).toBe(10 * maxRemembered + 1)
})
