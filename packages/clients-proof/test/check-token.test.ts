import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judge, openJudgedTokens, samplesFolder } from './judged-tokens.ts'

let tokens: Awaited<ReturnType<typeof openJudgedTokens>>
beforeAll(async () => {
  tokens = await openJudgedTokens()
})
afterAll(() => tokens.world.close())

const node = { command: process.execPath, args: ['judge.js'], folder: join(samplesFolder, 'node') }

describe.each(['RS256', 'ES256'] as const)('the sample for Node, of %s', (algorithm) => {
  test('takes the good tokens and no other', async () => {
    const cases = await tokens.casesOf(algorithm)
    const { issuer } = tokens.world.mine.issuer
    const answers = await judge(
      node,
      { issuer, algorithm },
      cases.map(({ authorization }) => authorization),
    )
    expect(cases.map(({ name }, at) => `${name}: ${answers[at]}`)).toEqual(
      cases.map(({ name, answer }) => `${name}: ${answer}`),
    )
  })
})

test('a key set that cannot be read is no fault of the token', async () => {
  const [good] = await tokens.casesOf('ES256')
  const nowhere = { issuer: 'http://127.0.0.1:1/', algorithm: 'ES256' } as const
  expect(await judge(node, nowhere, [good?.authorization ?? ''])).toEqual(['503'])
})

test('the pages show each sample as it is run', async () => {
  for (const [language, sample] of Object.entries({
    node: 'node/check-token.js',
    python: 'python/check_token.py',
    go: 'go/check_token.go',
    java: 'java/CheckToken.java',
  })) {
    const page = join(import.meta.dirname, `../../../docs/resource-servers/${language}.md`)
    expect(await readFile(page, 'utf8')).toContain(
      (await readFile(join(samplesFolder, sample), 'utf8')).trim(),
    )
  }
})
