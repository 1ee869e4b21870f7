/** The sandbox through its door: what programs may do, and what becomes of those that fail. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWatch } from '../../test/own-time.ts'
import { startTestSandbox, type TestSandbox, testLimits } from '../../test/sandbox/start-test-sandbox.ts'
import type { ConsoleLine } from './invocation.ts'

let tested: TestSandbox
beforeAll(async () => {
  tested = await startTestSandbox()
})
afterAll(() => tested.sandbox.close())

const resultOf = async (...args: Parameters<TestSandbox['run']>) => {
  const { outcome } = await tested.run(...args)
  return outcome.kind === 'returned' ? outcome.rawValue : outcome
}

test('a program that throws tells name, message and the line of its source', async () => {
  const source = '\nmodule.exports = () => {\n  throw new RangeError("too far")\n}'
  expect(await resultOf(source)).toEqual({ kind: 'threw', name: 'RangeError', message: 'too far', line: 3 })
})

test('a program that cannot be evaluated fails every invocation that waited for it, and is tried afresh', async () => {
  const source = 'throw new Error("not today")'
  const failed = { kind: 'threw', name: 'Error', message: 'not today', line: 1 }
  const all = await Promise.all(Array.from({ length: 20 }, () => resultOf(source, { name: 'not-today' })))
  expect(all).toEqual(Array.from({ length: 20 }, () => failed))
  expect(await resultOf(source, { name: 'not-today' })).toEqual(failed)
})

test('code that cannot be had rejects the invocation and nothing else', async () => {
  const load = () => Promise.reject(new Error('the store is closed'))
  const invocation = {
    program: { id: 'unloadable', owner: 'tests', load },
    inputJson: '{}',
    seed: '',
    egressAllow: [],
    onConsole: () => undefined,
  }
  await expect(tested.sandbox.invoke(invocation)).rejects.toThrow('the store is closed')
  expect(await resultOf('module.exports = () => 1')).toBe(1)
})

test('an invocation that never settles ends at its deadline', async () => {
  await using short = await startTestSandbox({ limits: { ...testLimits, timeoutMs: 1000 } })
  const sinceAsked = startWatch()
  const { outcome, durationMs } = await short.run('module.exports = () => undefined')
  expect(outcome).toEqual({ kind: 'timed_out', afterMs: 1000 })
  expect(durationMs).toBeGreaterThan(990)
  expect(sinceAsked()).toBeLessThan(1500)
})

test('the first settling counts, and what follows it only prints', async () => {
  const { outcome, console } = await tested.run(
    'module.exports = (input, settle) => { settle(1); settle(2); throw new Error("3") }',
  )
  expect(outcome).toEqual({ kind: 'returned', rawValue: 1 })
  expect(console.map((line) => line.level)).toEqual(['warn', 'warn'])
})

test('lines printed after settling reach the listener', async () => {
  const lines: ConsoleLine[] = []
  const source = 'module.exports = (i, settle) => { settle(1); setTimeout(() => console.error("later"), 30) }'
  await tested.run(source, { onConsole: (line) => lines.push(line) })
  expect(lines).toEqual([])
  await expect.poll(() => lines).toEqual([{ level: 'error', text: 'later' }])
})

test('console lines read as in Node', async () => {
  const { console } = await tested.run(`module.exports = () => {
    console.log('a %s and %d of %j', 'text', 42, { x: [1] }, 'rest')
    console.info({ name: 'x', list: [1, 'two', null], nested: { deep: { deeper: { deepest: 1 } } } })
    console.debug(new Map([['k', new Set([1])]]), undefined, true, 10n, () => 1)
    console.dir(Buffer.from('hi'))
    return 1
  }`)
  expect(console).toEqual([
    { level: 'info', text: 'a text and 42 of {"x":[1]} rest' },
    {
      level: 'info',
      text: "{\n  name: 'x',\n  list: [ 1, 'two', null ],\n  nested: { deep: { deeper: [Object] } }\n}",
    },
    { level: 'debug', text: "Map(1) { 'k' => Set(1) { 1 } } undefined true 10n [Function (anonymous)]" },
    { level: 'info', text: '<Buffer 68 69>' },
  ])
})

test('console text beyond 16 kB is cut, and one line says so', async () => {
  const { console } = await tested.run(
    'module.exports = () => { for (let i = 0; i < 50; i++) console.log("é".repeat(500)); return 1 }',
  )
  const bytes = console.slice(0, -1).reduce((sum, line) => sum + Buffer.byteLength(line.text), 0)
  expect(bytes).toBeLessThanOrEqual(16_384)
  expect(console.at(-1)?.text).toMatch(/output cut/)
  expect(console.length).toBe(18)
})

test('the same seed draws the same, another seed something else', async () => {
  const source =
    'module.exports = () => [Math.random(), crypto.randomUUID(), require("crypto").randomBytes(8).toString("hex")]'
  const seed = (byte: number) => Buffer.alloc(32, byte).toString('base64url')
  const [first, again, other] = [
    await resultOf(source, { seed: seed(7) }),
    await resultOf(source, { seed: seed(7) }),
    await resultOf(source, { seed: seed(8) }),
  ]
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
})

test('randomness spreads over the whole interval', async () => {
  const mean = await resultOf(
    'module.exports = () => { let s = 0; for (let i = 0; i < 2000; i++) s += Math.random(); return s / 2000 }',
  )
  expect(mean).toBeGreaterThan(0.45)
  expect(mean).toBeLessThan(0.55)
})

test('a leading "use strict" has no effect on the whole, and a returned value wins over module.exports', async () => {
  expect(await resultOf('"use strict"; undeclared = 1; module.exports = 0; return () => undeclared')).toBe(1)
})

test('input passes whole: line breaks, spaces and __proto__ as an own name', async () => {
  const input = JSON.parse('{"text":"a\\nb \\u2028 c","__proto__":{"x":1}}')
  const source = 'module.exports = (input) => [input.text, Object.keys(input), input.x === undefined]'
  expect(await resultOf(source, { input })).toEqual(['a\nb \u2028 c', ['text', '__proto__'], true])
})

test('runner processes have an empty environment and say nothing in their arguments', () => {
  const pids = tested.sandbox.runnerPids()
  expect(pids.length).toBeGreaterThanOrEqual(2)
  for (const pid of pids) {
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('')
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toMatch(/secret|TALLYSTICK_/)
    expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8')).toMatch(/^0+\n$/)
  }
})
