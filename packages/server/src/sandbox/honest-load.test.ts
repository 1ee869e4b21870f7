/** Much honest work is not misbehaviour. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestSandbox, type TestSandbox } from '../../test/sandbox/start-test-sandbox.ts'
import { measureSlowdown } from '../../test/slowdown.ts'
import type { SandboxEvent } from './conduct.ts'

let tested: TestSandbox
beforeAll(async () => {
  tested = await startTestSandbox()
})
afterAll(() => tested.sandbox.close())

/**
 * A runner ended. Where everything takes more than twice its
 * time, one may have been silent for too long and be replaced.
 */
const isFault = (slowdown: number) => (event: SandboxEvent) =>
  event.kind === 'runner_ended' && !(event.cause === 'silent' && slowdown > 2)

const busy = 'for (const until = Date.now() + 5; Date.now() < until; );'

for (const [when, source] of [
  ['at once', `module.exports = () => { ${busy} return 1 }`],
  [
    'after a timer',
    `module.exports = async () => { await new Promise((r) => setTimeout(r, 50)); ${busy} return 1 }`,
  ],
] as const) {
  test(`two hundred invocations that work 5 ms ${when} are all answered and cost no runner`, async () => {
    const slowdown = measureSlowdown(() => tested.sandbox.runnerPids())
    const calls = Array.from({ length: 200 }, (_, call) =>
      tested.run(source, { name: `${when} ${call % 4}` }),
    )
    const results = await Promise.all(calls)
    expect(results.filter(({ outcome }) => outcome.kind !== 'returned')).toEqual([])
    expect(tested.events.splice(0).filter(isFault(slowdown()))).toEqual([])
  })
}

test('a hundred programs that are all cold at once cost no runner', async () => {
  const slowdown = measureSlowdown(() => tested.sandbox.runnerPids())
  const calls = Array.from({ length: 100 }, () => tested.run('module.exports = () => 1'))
  const results = await Promise.all(calls)
  expect(results.filter(({ outcome }) => outcome.kind !== 'returned')).toEqual([])
  expect(tested.events.splice(0).filter(isFault(slowdown()))).toEqual([])
})

test('an invocation whose turn never came ends at its deadline without a trace of it being run', async () => {
  await using short = await startTestSandbox({
    limits: { timeoutMs: 1000, memoryMb: 64, maxFetchBytes: 1, maxConsoleBytes: 100 },
  })
  const slowdown = measureSlowdown(() => short.sandbox.runnerPids())
  const source = `globalThis.runs = 0; module.exports = () => { globalThis.runs++; ${busy} return 1 }`
  const calls = Array.from({ length: 250 }, () => short.run(source, { name: 'queued' }))
  const results = await Promise.all(calls)
  const returned = results.filter(({ outcome }) => outcome.kind === 'returned').length
  // As many as there was time for, which is not the same on every machine.
  expect(returned).toBeGreaterThan(0)
  expect(returned).toBeLessThan(250)
  expect(results.filter(({ outcome }) => outcome.kind === 'timed_out')).toHaveLength(250 - returned)
  expect(short.events.filter(isFault(slowdown()))).toEqual([])
})

test('what a program prints while it is evaluated is not taken for a failure', async () => {
  const source = `for (let id = 1; id < 2000; id++) console.log('E ' + id + ' '); module.exports = () => 1`
  expect((await tested.run(source)).outcome).toEqual({ kind: 'returned', rawValue: 1 })
})

test('a fetch of a body that is too large fails alone', async () => {
  const source = `module.exports = async () => {
    try { await fetch('https://api.example.com/', { method: 'POST', body: 'x'.repeat(2e6) }) } catch (error) { return String(error) }
  }`
  expect((await tested.run(source)).outcome).toEqual({
    kind: 'returned',
    rawValue: 'RangeError: The request is larger than 1 MB.',
  })
})
