/** What the sandbox does at its own limits: isolates, invocations under way, memory. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startTestSandbox, type TestSandbox, testLimits } from '../../test/sandbox/start-test-sandbox.ts'

/**
 * A sandbox of the slow lane alone, whose isolates are kept as those of the other: there no slice is stopped, and so no
 * invocation begun again elsewhere, because the machine was busy.
 */
const steady = { fastRunners: 0 }

const counter = 'globalThis.count = 0; module.exports = () => ++globalThis.count'

async function count(tested: TestSandbox, name: string): Promise<unknown> {
  const { outcome } = await tested.run(counter, { name })
  return outcome.kind === 'returned' ? outcome.rawValue : outcome
}

test('globals live on between invocations of one program and are not seen by another', async () => {
  await using tested = await startTestSandbox(steady)
  expect([await count(tested, 'first'), await count(tested, 'first')]).toEqual([1, 2])
  const { outcome } = await tested.run('module.exports = () => typeof globalThis.count', { name: 'second' })
  expect(outcome).toEqual({ kind: 'returned', rawValue: 'undefined' })
})

test('of more isolates than a runner keeps, the one used longest ago goes and comes back fresh', async () => {
  await using tested = await startTestSandbox(steady)
  for (let at = 0; at < 200; at++) expect(await count(tested, `early-${at}`)).toBe(1)
  expect(await count(tested, 'early-0')).toBe(2)
  for (let at = 0; at < 60; at++) expect(await count(tested, `late-${at}`)).toBe(1)
  expect(await count(tested, 'early-0')).toBe(3)
  expect(await count(tested, 'late-0')).toBe(2)
  expect(await count(tested, 'early-1')).toBe(1)
  expect(tested.events.filter(({ kind }) => kind === 'runner_ended')).toEqual([])
})

test('an isolate in use is not given up, however many others come', async () => {
  await using tested = await startTestSandbox(steady)
  const source =
    'module.exports = (i, settle) => { const mine = i.mine; setTimeout(() => settle(mine), 3000) }'
  const long = tested.run(source, { name: 'long', input: { mine: 7 } })
  for (let at = 0; at < 260; at++) await count(tested, `passing-${at}`)
  const { outcome, resends } = await long
  expect([outcome, resends]).toEqual([{ kind: 'returned', rawValue: 7 }, 0])
})

test('one invocation more than a program may have under way is told to come back, and other programs run', async () => {
  await using tested = await startTestSandbox({ limits: { ...testLimits, timeoutMs: 5000 } })
  const source = 'module.exports = ({ answer }) => answer'
  const never = (input = {}) => tested.run(source, { name: 'never', input })
  const underWay = Array.from({ length: 1000 }, () => never())
  expect((await never()).outcome).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  expect(await count(tested, 'other')).toBe(1)
  const endings = new Set((await Promise.all(underWay)).map(({ outcome }) => outcome.kind))
  expect([...endings]).toEqual(['timed_out'])
  await expect.poll(() => count(tested, 'other')).toBeGreaterThan(1)
  expect((await never({ answer: 1 })).outcome).toEqual({ kind: 'returned', rawValue: 1 })
})

test('beyond what all programs may have under way, every program is told to come back', async () => {
  await using tested = await startTestSandbox({ limits: { ...testLimits, timeoutMs: 1000 } })
  const source = 'module.exports = () => undefined'
  const underWay = Array.from({ length: 5000 }, (_, at) => tested.run(source, { name: `never-${at % 5}` }))
  expect(await count(tested, 'other')).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  await Promise.all(underWay)
})

const maxGrowthMb = 60

for (const lane of ['fast', 'slow'] as const) {
  test(`memory stays flat while programs print without end in the ${lane} lane`, async () => {
    await using tested = await startTestSandbox()
    const busy = lane === 'slow' ? 'for (const until = Date.now() + 90; Date.now() < until; );' : ''
    const source = `${busy} module.exports = () => { for (let at = 0; at < 1e5; at++) console.log('x'.repeat(1000)); return 1 }`
    const flood = (calls: number) =>
      Promise.all(Array.from({ length: calls }, () => tested.run(source, { name: 'flood' })))
    await flood(10)
    const pids = [process.pid, ...tested.sandbox.runnerPids()]
    const before = pids.map(residentMb)
    const peak = [...before]
    const timer = setInterval(() => {
      for (const [at, pid] of pids.entries()) peak[at] = Math.max(peak[at] ?? 0, residentMb(pid))
    }, 10)
    for (let round = 0; round < 8; round++) await flood(10)
    clearInterval(timer)
    const growth = peak.map((mb, at) => mb - (before[at] ?? 0))
    expect(Math.max(...growth)).toBeLessThan(maxGrowthMb)
  })
}

function residentMb(pid: number): number {
  return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 1e6
}
