/** What `docs/fapi.md` says of our tests is true. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/fapi.md', root), 'utf8')
const section = page.slice(page.indexOf('## The modules of the conformance suite'))
const rows = [...section.matchAll(/^\| ([^|]+) \| [^|]+ \| `([^`|]+)` \| `([^|]+)` \|$/gm)].map(
  ([, module = '', file = '', name = '']) => ({ module, file, name }),
)

test('every row of the table names a module, a file and a test', () => {
  const lines = section.split('\n').filter((line) => line.startsWith('| '))
  // But for its head.
  expect(rows).toHaveLength(lines.length - 1)
  expect(new Set(rows.map(({ module }) => module)).size).toBeGreaterThan(10)
})

test.each(rows)('of the module “$module” the test “$name” is there', ({ file, name }) => {
  const source = readFileSync(new URL(file, root), 'utf8')
  const isThere = ["'", '`', '"'].some((quote) => source.includes(quote + name + quote))
  expect([file, name, isThere]).toEqual([file, name, true])
})
