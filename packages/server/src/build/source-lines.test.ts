import { expect, test } from 'vitest'
import { onSourceLines } from './source-lines.ts'
import { transpile } from './transpile.ts'

/** Line of the source at which the transpiled code throws. */
async function throwingLine(source: string): Promise<number> {
  const code = await transpile(source)
  try {
    const module: { exports: { run?: () => void } } = { exports: {} }
    // The frame puts two lines in front.
    new Function('module', 'exports', 'require', code)(module, module.exports, () => ({}))
    module.exports.run?.()
  } catch (error) {
    return Number(/<anonymous>:(\d+):\d+/.exec(String(Object(error).stack))?.[1]) - 2
  }
  throw new Error('It did not throw.')
}

for (const [name, source, line] of [
  ['behind types', 'interface A {\n  a: string\n}\ntype B = A\n\nthrow new Error()', 6],
  [
    'in an exported function',
    'export const run = () => {\n\n  const a: number = 1\n  throw new Error(String(a))\n}',
    4,
  ],
  [
    'behind a text of several lines',
    'const a = `x\ny\n\nz`\nexport const run = (): void => {\n  throw new Error(a)\n}',
    6,
  ],
  ['behind comments', '// one\n/* two\nthree */\n\nthrow new Error()', 5],
  [
    'behind an import',
    "import a, { b } from 'c'\nimport * as d from 'e'\n\nexport const run = () => {\n  a, b, d\n  throw new Error()\n}",
    6,
  ],
  [
    'in a class',
    'class A {\n  readonly a = 1\n  b(): never {\n    throw new Error()\n  }\n}\nexport const run = () => new A().b()',
    4,
  ],
  ['with the line ends of Windows', 'type A = 1\r\n\r\nthrow new Error()', 3],
] as const) {
  test(`an error tells the line of the source: ${name}`, async () => {
    expect(await throwingLine(source)).toBe(line)
  })
}

test('a break never changes what the code means', async () => {
  const source = `
    const a = (n: number) => {
      return (
        // far below
        n + 1
      )
    }
    const later = async () => await (
      a(1)
    )
    let n = 1
    n
    ++n
    const text = \`first
    \${a(
      2
    )} last\`
    export const result = [a(1), n, text, typeof later().then]`
  const module: { exports: { result?: unknown } } = { exports: {} }
  new Function('module', 'exports', await transpile(source))(module, module.exports)
  expect(module.exports.result).toEqual([2, 2, 'first\n    3 last', 'function'])
})

test('code without a map stays as it is', () => {
  expect(onSourceLines('a;b', { mappings: '' })).toBe('a;b')
})
