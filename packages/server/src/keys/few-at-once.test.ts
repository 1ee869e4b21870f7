import { expect, test } from 'vitest'
import { createFewAtOnce } from './few-at-once.ts'

test('no more than the limit is done at once, in the order of asking, also where some of it fails', async () => {
  const fewAtOnce = createFewAtOnce(2)
  const begun: number[] = []
  let running = 0
  let most = 0
  const done = await Promise.allSettled(
    [0, 1, 2, 3, 4, 5].map((number) =>
      fewAtOnce(async () => {
        begun.push(number)
        most = Math.max(most, ++running)
        await new Promise(setImmediate)
        running--
        if (number % 2 === 1) throw new Error('odd')
        return number
      }),
    ),
  )
  expect(most).toBe(2)
  expect(begun).toEqual([0, 1, 2, 3, 4, 5])
  expect(done.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, false, true, false])
})
