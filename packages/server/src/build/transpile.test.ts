import { expect, test } from 'vitest'
import { BuildError } from '../domain/rule-build.ts'
import { transpile } from './transpile.ts'

function exportsOf(code: string): Record<string, unknown> {
  const module = { exports: {} }
  new Function('module', 'exports', code)(module, module.exports)
  return module.exports
}

test('what is neither JavaScript nor TypeScript is refused with its place', async () => {
  const error = await transpile('const a: number = 1\nexport const b = = 2').catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(BuildError)
  expect(error).toMatchObject({ fault: 'syntax_error', position: { line: 2, column: 18 } })
})

test('types go, enums stay, and exports become CommonJS', async () => {
  const code = await transpile(
    `import type { Event } from 'somewhere'\nenum Level { low = 3 }\nexport const run = (event: Event): Level => Level.low`,
  )
  const { run } = exportsOf(code)
  expect(typeof run === 'function' && run()).toBe(3)
})
