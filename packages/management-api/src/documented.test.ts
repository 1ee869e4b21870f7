/** What `docs/management-api.md` says of operations and of their tests is true. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Operation } from './contract/operation.ts'
import { operations } from './contract.ts'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/management-api.md', root), 'utf8')

test("the page's table of operations is the contract's", () => {
  const rows = Object.values<Operation>(operations).map(({ method, path, scopes, allScopes }) => {
    const needed = scopes.map((scope) => `\`${scope}\``).join(allScopes ? ' and ' : ' or ')
    return `| ${method} | \`${path}\` | ${needed} |`
  })
  const told = page.split('\n').filter((line) => /^\| (GET|POST|PUT|PATCH|DELETE) \| `/.test(line))
  expect(told.toSorted()).toEqual(rows.toSorted())
})

const section = page.slice(page.indexOf('## What SDKs and the deploy tool call'))
const endpoints = section.split('\n').filter((line) => /^\| (GET|POST|PUT)[ ,]/.test(line))

test.each(endpoints)('an endpoint that tools call is there, and so are its tests: %s', (line) => {
  const [, told = '', mark, tests = ''] = line.split('|').map((cell) => cell.trim())
  expect(mark).toBe('✓')
  const paths = [...told.matchAll(/`(\/[^`]*)`/g)].map(([, path]) => path ?? '')
  const methods = told.match(/\b(GET|POST|PUT|PATCH|DELETE)\b/g) ?? []
  for (const path of paths.filter((one) => !one.startsWith('/.well-known') && one !== '/oauth/token')) {
    const there = Object.values<Operation>(operations).filter((operation) => operation.path === path)
    expect(there.map(({ method }) => method)).toEqual(expect.arrayContaining([...methods]))
  }
  const files = [...tests.matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? '')
  expect(files).not.toEqual([])
  for (const file of files) {
    const place = file.startsWith('packages/') ? file : `packages/server/${file}`
    expect([file, existsSync(new URL(place, root))]).toEqual([file, true])
  }
})
