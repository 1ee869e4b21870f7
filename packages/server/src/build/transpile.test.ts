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

test('a source that would keep the compiler busy for hours is given up, and those beside it are compiled', async () => {
  const endless = transpile(`let x: number = ${'a=>'.repeat(20_000)}1`).catch((thrown: unknown) => thrown)
  const beside = transpile(`let x: number = ${'a=>'.repeat(200)}1`)
  expect(await endless).toMatchObject({ fault: 'too_large', message: expect.stringContaining('5 seconds') })
  expect(await beside).toContain('let x=a=>')
  expect(await transpile('let y: number = 1')).toContain('let y=1')
})

test('types go, enums stay, and exports become CommonJS', async () => {
  const code = await transpile(
    `import type { Event } from 'somewhere'\nenum Level { low = 3 }\nexport const run = (event: Event): Level => Level.low`,
  )
  const { run } = exportsOf(code)
  expect(typeof run === 'function' && run()).toBe(3)
})
