/** The sentences by which docs/refusals.md is searched are those that the log has. */
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const page = read('docs/refusals.md')
const sources = globSync('packages/server/src/{token,keys,domain}/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('.test.ts'))
  .map(read)
  .join('\n')

const sentences = [...page.matchAll(/^\| `([A-Z,][^`]+)` \|/gm)].map(([, sentence = '']) => sentence)

test('the page of refusals quotes the sentences of the log', () => {
  expect(sentences.length).toBeGreaterThan(30)
})

test.each(sentences)('the log may say: %s', (sentence) => {
  const parts = sentence.split('…').map((part) => part.trim())
  expect(parts.filter((part) => part.length > 1 && !sources.includes(part))).toEqual([])
})
