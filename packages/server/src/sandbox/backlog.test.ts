import { expect, test } from 'vitest'
import { Backlog } from './backlog.ts'

const turnOfTheLoop = () => new Promise<void>((resolve) => setImmediate(resolve))

test('between pieces of long work the event loop turns, and nothing is lost', async () => {
  const done: number[] = []
  let nowMs = 0
  const backlog = new Backlog(() => nowMs)
  const add = (piece: number) =>
    backlog.add(() => {
      nowMs += 3
      done.push(piece)
    })
  for (const piece of [1, 2, 3, 4]) add(piece)
  expect(done).toEqual([])
  await turnOfTheLoop()
  expect(done).toEqual([1, 2])
  add(5)
  for (let turn = 0; turn < 3; turn++) await turnOfTheLoop()
  expect(done).toEqual([1, 2, 3, 4, 5])
  add(6)
  await turnOfTheLoop()
  expect(done).toEqual([1, 2, 3, 4, 5, 6])
})

test('short pieces are done in one turn, those they add included', async () => {
  const done: string[] = []
  const backlog = new Backlog(() => 0)
  backlog.add(() => {
    done.push('first')
    backlog.add(() => done.push('second'))
  })
  await turnOfTheLoop()
  expect(done).toEqual(['first', 'second'])
})
