/** Runners die; invocations do not. */
import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { startTestSandbox, testLimits } from '../../test/sandbox/start-test-sandbox.ts'

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const support = new URL('../../test/sandbox/start-test-sandbox.ts', import.meta.url).href
const serverThatWaits = `
  const { startTestSandbox } = await import('${support}')
  const tested = await startTestSandbox({ limits: { timeoutMs: 60000, memoryMb: 64, maxFetchBytes: 1, maxConsoleBytes: 1 } })
  void tested.run('for (;;) {}')
  setTimeout(() => console.log(JSON.stringify(tested.sandbox.runnerPids())), 500)`

test('kill -9 of runners with calls in flight fails none of them', async () => {
  await using tested = await startTestSandbox()
  const source =
    'module.exports = async () => { await new Promise((r) => setTimeout(r, 60)); console.log("once"); return 1 }'
  const calls = []
  for (let round = 0; round < 5; round++) {
    for (let call = 0; call < 20; call++) calls.push(tested.run(source, { name: `p${call % 4}` }))
    await new Promise((resolve) => setTimeout(resolve, 30))
    const [first] = tested.sandbox.runnerPids()
    if (first !== undefined) process.kill(first, 'SIGKILL')
    await expect.poll(() => tested.sandbox.runnerPids().length).toBe(3)
  }
  const results = await Promise.all(calls)
  expect(results.filter(({ outcome }) => outcome.kind !== 'returned')).toEqual([])
  expect(results.every(({ console }) => console.length === 1)).toBe(true)
  expect(results.some(({ resends }) => resends > 0)).toBe(true)
})

test('a program that kills runners rests, longer each time, and may run again', async () => {
  let now = 1_000_000
  await using tested = await startTestSandbox({ now: () => now, limits: { ...testLimits, timeoutMs: 1000 } })
  const source =
    "const until = Date.now() + 80; while (Date.now() < until); module.exports = () => 'a'.repeat(1 << 22).lastIndexOf('a'.repeat(1 << 21) + 'b')"
  const run = () => tested.run(source, { name: 'killer' })
  expect((await run()).outcome.kind).toBe('timed_out')
  await expect
    .poll(async () => (await run()).outcome, { interval: 50 })
    .toEqual({ kind: 'quarantined', retryAfterSeconds: 1 })
  now += 1001
  expect((await run()).outcome.kind).toBe('timed_out')
  await expect
    .poll(async () => (await run()).outcome, { interval: 50 })
    .toEqual({ kind: 'quarantined', retryAfterSeconds: 2 })
})

test('runners die with a server that was killed, also while a program runs in them', async () => {
  const server = spawn(process.execPath, ['--input-type=module', '-e', serverThatWaits], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const pids = await new Promise<number[]>((resolve) => {
    server.stdout.once('data', (chunk: Buffer) => resolve(JSON.parse(chunk.toString())))
  })
  expect(pids.filter(isAlive)).toHaveLength(pids.length)
  server.kill('SIGKILL')
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
})

test('closing ends what is in flight and leaves no process', async () => {
  const tested = await startTestSandbox()
  const pids = tested.sandbox.runnerPids()
  const call = tested.run('module.exports = () => undefined')
  await tested.sandbox.close()
  expect((await call).outcome).toEqual({ kind: 'runner_lost' })
  expect(pids.filter(isAlive)).toEqual([])
  expect(tested.sandbox.ready()).toBe(false)
})
