/** The same trial for every hostile program, in either lane, beside a neighbour that must not notice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Lane } from '../../src/sandbox/protocol.ts'
import { measureSlowdown } from '../slowdown.ts'
import { type HostileProgram, hostilePrograms } from './hostile-programs.ts'
import { startNeighbour, startTestSandbox, type TestSandbox, testLimits } from './start-test-sandbox.ts'

const stopAfterMs = 700
const answerWithinMs = stopAfterMs + 500
/** An invocation of the neighbour is never failed; it is held up 250 ms at worst on a machine that is not busy. */
const maxNeighbourMs = 500
/** More than any slice of the fast lane may take, also when the engine is late to stop it. */
const busyStart = 'for (const until = Date.now() + 150; Date.now() < until; );'

export function describeHostileMatrix(lane: Lane): void {
  // Those that must end by themselves prove how they end, and have all the time in which a busy machine gets there.
  const mustBeStopped = ({ endings }: HostileProgram) => endings.includes('timed_out')
  describe('programs that must be stopped', () => {
    describeTrials(lane, hostilePrograms.filter(mustBeStopped), stopAfterMs)
  })
  describe('programs that end by themselves', () => {
    const others = hostilePrograms.filter((program) => !mustBeStopped(program))
    describeTrials(lane, others, testLimits.timeoutMs)
  })
}

function describeTrials(lane: Lane, programs: readonly HostileProgram[], timeoutMs: number): void {
  let tested: TestSandbox
  beforeAll(async () => {
    tested = await startTestSandbox({ limits: { ...testLimits, timeoutMs } })
  })
  afterAll(() => tested.sandbox.close())

  const neighbourWork = lane === 'slow' ? 'for (const until = Date.now() + 15; Date.now() < until; );' : ''
  const neighbour = `module.exports = (input) => { ${neighbourWork} return { sum: input.a + 1 } }`
  const callNeighbour = () => tested.run(neighbour, { name: 'neighbour', input: { a: 1 } })

  for (const { name, source, endings, returns } of programs) {
    test(`${lane} lane: ${name} is contained`, async () => {
      await callNeighbour()
      await expect.poll(() => tested.sandbox.runnerPids().length).toBe(3)
      const stopNeighbour = startNeighbour(callNeighbour, lane === 'slow' ? 60 : 10)
      const slowdown = measureSlowdown(() => tested.sandbox.runnerPids())
      const startedAt = performance.now()
      const result = await tested.run(`${lane === 'slow' ? busyStart : ''}${source}`, { name })
      const took = performance.now() - startedAt
      // What does not let go after its deadline is killed 300 ms later; the neighbour must not notice that either.
      await new Promise((resolve) => setTimeout(resolve, result.outcome.kind === 'timed_out' ? 400 : 50))
      const report = await stopNeighbour()
      const factor = slowdown()

      expect(endings).toContain(result.outcome.kind)
      if (returns !== undefined) expect(result.outcome).toEqual({ kind: 'returned', rawValue: returns })
      if (timeoutMs === stopAfterMs) expect(took).toBeLessThan(answerWithinMs * factor)
      // One that had a processor for less than half of its time may well run out of it.
      const isExcused = (kind: string) => kind === 'timed_out' && factor > 2
      expect(report.failures.filter(({ kind }) => !isExcused(kind))).toEqual([])
      expect(report.p99Ms).toBeLessThan(maxNeighbourMs * factor)
      if (lane === 'slow') expect(result.lane).toBe('slow')
    })
  }
}
