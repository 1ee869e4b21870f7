import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createAsker } from './ask.ts'
import { revealSecret } from './secret-text.ts'
import { createTerminal } from './terminal.ts'

test('without a terminal nothing is asked, and the failure names what answers instead', async () => {
  const { asker, shown } = open({ isTTY: false })
  await expect(asker.line('Client id:', '--client-id ID')).rejects.toMatchObject({
    ending: 'usage',
    text: { todo: 'Give --client-id ID.' },
  })
  expect(shown()).toBe('')
})

test('--no-input never asks, though a terminal is there', async () => {
  const { asker } = open({ noInput: true })
  await expect(asker.confirm('Delete it?')).rejects.toMatchObject({ ending: 'usage' })
})

for (const answer of ['n', '', 'yess', 'no']) {
  test(`only a yes is a yes: ${JSON.stringify(answer)} is not`, async () => {
    const { asker, type } = open()
    const asked = asker.confirm('Delete it?')
    type(`${answer}\r`)
    await expect(asked).rejects.toMatchObject({ ending: 'failed' })
  })
}

test('Ctrl-C in place of an answer ends with 130', async () => {
  const { asker, type } = open()
  const asked = asker.secret('Secret:', '--secret-file FILE')
  type('half\u0003')
  await expect(asked).rejects.toMatchObject({ exitCode: 130 })
})

test('a secret is not shown while it is typed, and can be corrected', async () => {
  const { asker, type, shown } = open()
  const asked = asker.secret('Secret:', '--secret-file FILE')
  type('hunter3\u007f2\r')
  expect(revealSecret(await asked)).toBe('hunter2')
  expect(shown()).toBe('Secret: \n')
})

test('--yes answers without asking', async () => {
  const { asker, shown } = open({ isTTY: false, yes: true })
  await asker.confirm('Delete it?')
  expect(shown()).toBe('')
})

/** A keyboard and a screen; what raw mode would do, a stream of keys does already. */
function open({ isTTY = true, noInput = false, yes = false } = {}) {
  const keys = Object.assign(new PassThrough(), { isTTY, setRawMode: () => {} })
  let shown = ''
  const screen = { isTTY, write: (text: string) => (shown += text) }
  const terminal = createTerminal({ input: keys, output: screen, messages: screen, env: {}, noColor: true })
  const interrupted = new AbortController().signal
  const asker = createAsker({ terminal, noInput, yes, interrupted })
  return { asker, type: (text: string) => keys.write(text), shown: () => shown }
}
