import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

const gate = () => Promise.withResolvers<string>()

test('work under one name waits for what came before, also where that fails, and work under another does not', async () => {
  const inTurn = createTurns()
  const [first, second] = [gate(), gate()]
  const begun: string[] = []
  const work = (name: string, until: Promise<string>) => () => {
    begun.push(name)
    return until
  }
  const failing = inTurn('a', work('a1', first.promise))
  const next = inTurn('a', work('a2', second.promise))
  expect(await inTurn('b', work('b1', Promise.resolve('b')))).toBe('b')
  expect(begun).toEqual(['a1', 'b1'])
  first.reject(new Error('no'))
  await expect(failing).rejects.toThrow('no')
  second.resolve('done')
  expect(await next).toBe('done')
  expect(await inTurn('a', async () => 'later')).toBe('later')
})
