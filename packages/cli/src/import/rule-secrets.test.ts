import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { revealSecret, SecretText } from '../secret-text.ts'
import { readRuleSecrets, revealed, secretsToSend } from './rule-secrets.ts'

const fromInput = (text: string) => readRuleSecrets('-', Readable.from([text]))

for (const text of [
  's3cret',
  '[]',
  '{"hooks": []}',
  '{"hooks": {"a": "s3cret"}}',
  '{"actions": {"a": {"B": 1}}}',
  '{"rules": {}}',
]) {
  test(`${text} is refused, and no value is quoted`, async () => {
    const refusal = await fromInput(text).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ ending: 'usage' })
    expect(JSON.stringify(refusal)).not.toContain('s3cret')
  })
}

test('a file that others can read is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-secrets-'))
  try {
    const path = join(folder, 'secrets.json')
    await writeFile(path, '{"hooks": {"a": {"B": "c"}}}', { mode: 0o600 })
    const { hooks } = await readRuleSecrets(path, Readable.from([]))
    expect(hooks.get('a')?.has('B')).toBe(true)
    await chmod(path, 0o640)
    await expect(readRuleSecrets(path, Readable.from([]))).rejects.toMatchObject({
      text: { why: 'Its mode is 640.' },
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what is given comes before what is exported, and what is here stays unless it is to be replaced', () => {
  const exported = new Map([
    ['A', new SecretText('exported a')],
    ['B', undefined],
    ['C', undefined],
    ['D', undefined],
  ])
  const given = new Map([
    ['A', new SecretText('given a')],
    ['B', new SecretText('given b')],
  ])
  const careful = secretsToSend(exported, given, ['B', 'C'], false)
  expect([revealed(careful.added), revealed(careful.replaced), careful.missing]).toEqual([
    { A: 'given a' },
    {},
    ['D'],
  ])
  const replacing = secretsToSend(exported, given, ['B', 'C'], true)
  expect([...replacing.replaced].map(([name, value]) => [name, revealSecret(value)])).toEqual([
    ['B', 'given b'],
  ])
})
