/** `tallystick streams` and `tallystick stats` against a started server. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
let folder: string
beforeAll(async () => {
  here = await startBesideServer()
  folder = mkdtempSync(join(tmpdir(), 'tallystick-streams-'))
})
afterAll(async () => {
  await here.close()
  rmSync(folder, { recursive: true })
})

test('a stream to a private address is refused, and the way out is told', async () => {
  const { exitCode, messages } = await here.tallystick(['streams', 'create', 'x', 'http://10.0.0.1/'])
  expect(exitCode).not.toBe(0)
  expect(messages).toContain('TALLYSTICK_STREAM_PRIVATE')
})

test('a stream is made, paused, resumed, renewed and deleted, and its secrets are in files alone', async () => {
  const [authorization, secret] = [join(folder, 'token'), join(folder, 'secret')]
  writeFileSync(authorization, 'Bearer of-the-collector\n')
  const created = await here.ok([
    ...['streams', 'create', 'siem', 'https://logs.example.com/in', '--out', secret],
    ...[
      '--authorization-file',
      authorization,
      '--category',
      'auth.token_exchange.fail',
      '--from',
      '2026-11-01',
    ],
  ])
  expect(readFileSync(secret, 'utf8')).toMatch(/^tsk_stream_\w{49}\n$/)
  expect(statSync(secret).mode & 0o777).toBe(0o600)
  const [id = ''] = (await here.ok(['streams', 'list', '--ids'])).output.split('\n')
  const { output } = await here.ok(['streams', 'show', id])
  expect(output).toMatch(/^endpoint +https:\/\/logs.example.com\/in$/m)
  expect(output).toMatch(/^categories +auth.token_exchange.fail$/m)
  expect((await here.ok(['streams', 'pause', id])).output).toMatch(/^status +paused$/m)
  expect((await here.ok(['streams', 'resume', id])).output).toMatch(/^status +active$/m)
  const renewed = await here.ok(['streams', 'rotate-secret', id])
  expect(renewed.output).toMatch(/^signing_secret {2}tsk_stream_/m)
  for (const { output, messages } of [created, renewed]) {
    expect(output + messages).not.toContain('of-the-collector')
    expect(output + messages).not.toContain(readFileSync(secret, 'utf8').trim())
  }
  await here.ok(['streams', 'delete', id, '--yes'])
  expect((await here.ok(['streams', 'list', '--ids'])).output).toBe('')
})

test('tokens are counted per client and API, and a day that is none is refused', async () => {
  await here.server.requestToken()
  await here.server.requestToken({ client_secret: 'wrong' })
  const { output } = await here.ok(['stats', '--client', here.server.billing.id])
  expect(output).toMatch(/^DAY +CLIENT +API +ISSUED +REFUSED/)
  expect(output).toMatch(new RegExp(`${here.server.billing.id} +https://invoices.example.com/ +1 +0$`, 'm'))
  expect((await here.ok(['stats', '--from', '2020-01-01', '--to', '2020-01-02'])).output).toBe('')
  expect((await here.tallystick(['stats', '--from', '1 Nov'])).exitCode).toBe(2)
})
