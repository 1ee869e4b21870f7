/** `tallystick login`, `doctor` and `settings` against a started server: who may come in, and does the way hold? */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BesideServer, startBesideServer } from './beside-server.ts'
import { runRecorded } from './recorded-run.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
})
afterAll(() => here.close())

test('wrong credentials end with 4 and say which', async () => {
  const { exitCode, messages } = await here.tallystick(['apis', 'list'], {
    env: { TALLYSTICK_CLIENT_ID: 'someone', TALLYSTICK_CLIENT_SECRET: 'wrong' },
  })
  expect(exitCode).toBe(4)
  expect(messages).toContain('invalid_client')
  expect(messages).not.toContain('wrong\n')
})

test('login remembers what works, and logout forgets it once', async () => {
  const { client_id, client_secret } = here.server.bootstrap.management
  const env = { XDG_CONFIG_HOME: join(here.folder, 'config') }
  const { origin } = here.server.bootstrap
  const login = ['login', '--url', origin, '--client-id', client_id, '--secret-file', '-']
  expect((await runRecorded(login, { env, input: 'wrong' })).exitCode).toBe(4)
  expect((await runRecorded(['apis', 'list'], { env })).exitCode).toBe(4)
  expect(await runRecorded(login, { env, input: `${client_secret}\n` })).toMatchObject({
    exitCode: 0,
    output: '',
  })
  expect((await stat(join(here.folder, 'config/tallystick/profile.json'))).mode & 0o777).toBe(0o600)
  expect((await runRecorded(['apis', 'list'], { env })).exitCode).toBe(0)
  const [first, second] = [await runRecorded(['logout'], { env }), await runRecorded(['logout'], { env })]
  expect([first.exitCode, first.output, second.exitCode, second.output]).toEqual([0, '', 0, ''])
  expect(first.messages).toMatch(/profile\.json is gone/)
  expect(second.messages).toMatch(/Nothing was remembered/)
  expect((await runRecorded(['apis', 'list'], { env })).exitCode).toBe(4)
})

test('the settings say where rules may fetch from', async () => {
  expect((await here.tallystick(['settings', 'update'])).exitCode).toBe(2)
  const hosts = ['--egress-allow', 'plans.example.com', '--egress-allow', '10.0.0.5:8080']
  await here.ok(['settings', 'update', ...hosts])
  expect(await here.json(['settings', 'show'])).toMatchObject({
    egress: { allow: ['plans.example.com', '10.0.0.5:8080'] },
  })
  await here.ok(['settings', 'update', '--egress-none'])
  expect(await here.json(['settings', 'show'])).toMatchObject({ egress: { allow: [] } })
})

test('the doctor finds the way to the management API, and says where it breaks', async () => {
  const well = await here.tallystick(['doctor'])
  expect([well.exitCode, well.messages]).toEqual([0, ''])
  expect(well.output).not.toContain('failed')
  const unwell = await here.tallystick(['doctor'], { now: () => new Date(Date.now() - 3_600_000) })
  expect(unwell.exitCode).toBe(1)
  expect(unwell.output).toMatch(/failed +clock: 3\d{3} s behind the server\n +Let both machines/)
})
