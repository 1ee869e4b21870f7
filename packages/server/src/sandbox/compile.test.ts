/** A source is refused before it is ever run. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestSandbox, type TestSandbox, testAdapter } from '../../test/sandbox/start-test-sandbox.ts'

let tested: TestSandbox
beforeAll(async () => {
  tested = await startTestSandbox()
})
afterAll(() => tested.sandbox.close())

const compile = (source: string) =>
  tested.sandbox.compile({
    prologue: 'class InvalidRequestError extends Error {}',
    source,
    adapter: testAdapter,
    modules: undefined,
  })

test('a syntax error tells its line and column in the source', async () => {
  expect(await compile('const a = 1\nconst b = ;')).toMatchObject({
    kind: 'syntax_error',
    line: 2,
    column: 11,
  })
})

for (const [source, line, column] of [
  ['module.exports = {', 1, 19],
  ['module.exports = () => {\n  return [1,', 2, 13],
  ['a(\r\n', 2, 1],
  ['`never closed', 1, 14],
  ['})', 1, 3],
] as const) {
  test(`a syntax error stands within the source: ${JSON.stringify(source)}`, async () => {
    expect(await compile(source)).toMatchObject({ kind: 'syntax_error', line, column })
  })
}

for (const [why, source] of [
  ['a module of the new kind', 'import x from "crypto"'],
  ['an export', 'export default function () {}'],
  ['a class of a name the prologue has', 'class InvalidRequestError {}'],
  ['leaving the function it is put into', '}); (function () {'],
  ['brackets nested too deep', `module.exports = ${'['.repeat(60_000)}${']'.repeat(60_000)}`],
] as const) {
  test(`refused: ${why}`, async () => {
    expect(await compile(source)).toMatchObject({ kind: 'syntax_error' })
  })
}

test('a module that does not exist is named with its place, wherever it is required', async () => {
  const source = 'module.exports = () => {\n  return require("left-pad")("x")\n}'
  expect(await compile(source)).toEqual({ kind: 'unknown_module', module: 'left-pad', line: 2, column: 18 })
})

test('a require in a text or a comment is none', async () => {
  expect(await compile('// require("left-pad")\nmodule.exports = "require(\'left-pad\')"')).toEqual({
    kind: 'compiled',
    requires: [],
  })
})

test('sloppy code of 2016 compiles: with, octal, a top-level return, "use strict" in front', async () => {
  const source =
    '"use strict"\nvar o = 010; with ({}) {}\nreturn function (a, a) { return require("node:crypto") }'
  expect(await compile(source)).toEqual({ kind: 'compiled', requires: [] })
})
