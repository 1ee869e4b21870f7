/** Who is held to account when the slow runner goes down. */
import { expect, test } from 'vitest'
import { Flight } from './flight.ts'
import { Suspects } from './suspects.ts'

function flightOf(programId: string, isInSlice = true): Flight {
  const flight = new Flight(
    {
      program: {
        id: programId,
        owner: 'tests',
        load: () => Promise.resolve({ prologue: '', source: '', adapter: '', modules: undefined }),
      },
      inputJson: '{}',
      seed: '',
      egressAllow: [],
      onConsole: () => undefined,
    },
    0,
    1000,
    16_384,
    { resolve: () => undefined, reject: () => undefined },
  )
  flight.isInSlice = isInSlice
  return flight
}

const judge = (suspects: Suspects, lost: Flight[], isAlone = true) => [
  ...suspects.judge(lost, 'out_of_memory', isAlone),
]

test('one program in a slice is convicted at once, whoever else waited', () => {
  expect(judge(new Suspects(), [flightOf('a'), flightOf('b', false)])).toEqual(['a'])
})

test('nobody is convicted for a runner that was killed from outside', () => {
  expect([...new Suspects().judge([flightOf('a')], 'killed_from_outside', true)]).toEqual([])
})

test('a program is not convicted alone while a source was being compiled', () => {
  const suspects = new Suspects()
  const flight = flightOf('a')
  expect(judge(suspects, [flight], false)).toEqual([])
  expect(suspects.admit(flight)).toBe(true)
  expect(flight.isOnTrial).toBe(true)
})

test('of several, none is convicted, and each is tried while the others wait', () => {
  const suspects = new Suspects()
  const [a, b] = [flightOf('a'), flightOf('b')]
  expect(judge(suspects, [a, b])).toEqual([])
  expect([suspects.admit(a), suspects.admit(b)]).toEqual([true, false])
  expect(suspects.leave(a)).toBe(true)
  expect(suspects.admit(b)).toBe(true)
  expect(judge(suspects, [b])).toEqual(['b'])
})

test('one on trial is not convicted for what a stranger beside it may have done, until it happens again', () => {
  const suspects = new Suspects()
  const [a, b] = [flightOf('a'), flightOf('b')]
  judge(suspects, [a, b])
  suspects.admit(a)
  expect(judge(suspects, [a, flightOf('stranger')])).toEqual([])
  expect(judge(suspects, [a, flightOf('another stranger')])).toEqual(['a'])
})

test('what let a deadline pass in a slice is convicted, and those beside it are not', () => {
  const [overdue, other] = [flightOf('overdue'), flightOf('other')]
  overdue.killAt = 1300
  expect([...new Suspects().judge([overdue, other], 'overdue', true)]).toEqual(['overdue'])
})
