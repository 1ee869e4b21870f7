/** The same trial for every hostile program, in either lane, beside a neighbour that must not notice. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Lane } from '../../src/sandbox/protocol.ts'
import { measureStolenTime } from '../stolen-time.ts'
import { hostilePrograms } from './hostile-programs.ts'
import { startNeighbour, startTestSandbox, type TestSandbox, testLimits } from './start-test-sandbox.ts'

const answerWithinMs = testLimits.timeoutMs + 500
/** An invocation of the neighbour is never failed; it is held up 250 ms at worst on a machine that is not busy. */
const maxNeighbourP99Ms = 500
/** More than any slice of the fast lane may take, also when the engine is late to stop it. */
const busyStart = 'for (const until = Date.now() + 150; Date.now() < until; );'

export function describeHostileMatrix(lane: Lane): void {
  let tested: TestSandbox
  beforeAll(async () => {
    tested = await startTestSandbox()
  })
  afterAll(() => tested.sandbox.close())

  const neighbourWork = lane === 'slow' ? 'for (const until = Date.now() + 15; Date.now() < until; );' : ''
  const neighbour = `module.exports = (input) => { ${neighbourWork} return { sum: input.a + 1 } }`

  for (const { name, source, endings, returns } of hostilePrograms) {
    test(`${lane} lane: ${name} is contained`, async () => {
      const callNeighbour = () => tested.run(neighbour, { name: 'neighbour', input: { a: 1 } })
      await callNeighbour()
      await expect.poll(() => tested.sandbox.runnerPids().length, { timeout: 10_000 }).toBe(3)
      const stopNeighbour = startNeighbour(callNeighbour, lane === 'slow' ? 60 : 10)
      const stolen = measureStolenTime()
      const startedAt = performance.now()
      const result = await tested.run(`${lane === 'slow' ? busyStart : ''}${source}`, { name })
      const took = performance.now() - startedAt
      // What does not let go after its deadline is killed 300 ms later; the neighbour must not notice that either.
      await new Promise((resolve) => setTimeout(resolve, result.outcome.kind === 'timed_out' ? 400 : 50))
      const report = await stopNeighbour()

      expect(endings).toContain(result.outcome.kind)
      if (returns !== undefined) expect(result.outcome).toEqual({ kind: 'returned', rawValue: returns })
      expect(report.failures).toEqual([])
      const factor = stolen()
      expect(took).toBeLessThan(answerWithinMs * factor)
      expect(report.p99Ms).toBeLessThan(maxNeighbourP99Ms * factor)
      if (lane === 'slow') expect(result.lane).toBe('slow')
    })
  }
}
