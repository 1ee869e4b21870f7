/** `tallystick login`, `doctor` and `settings` against a started server: who may come in, and does the way hold? */
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nextRsaPair } from '../../server/test/rsa-pairs.ts'
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
  const { id, secret } = here.server.billing
  const { audience } = here.server.bootstrap.management
  await here.ok(['grants', 'create', '--client', id, '--api', audience, '--scope', 'read:logs'])
  const as = { TALLYSTICK_URL: here.server.bootstrap.origin, TALLYSTICK_CLIENT_ID: id }
  const narrow = await here.ok(['doctor'], { env: { ...as, TALLYSTICK_CLIENT_SECRET: secret } })
  expect(narrow.output).toMatch(/^ok +management API: signed in by .*; its grant is too narrow/m)
  expect(narrow.output).toMatch(/^skipped +what ends: the grant is too narrow; it takes read:client_creden/m)
  const unwell = await here.tallystick(['doctor'], { now: () => new Date(Date.now() - 3_600_000) })
  expect(unwell.exitCode).toBe(1)
  expect(unwell.output).toMatch(/failed +clock: 3\d{3} s behind the server\n +Let both machines/)
})

test('the doctor names what ends soon with the command that mends it, and fails for what nothing outlives', async () => {
  const [first] = await here.server.management.clientSecrets.list(here.server.billing.id)
  const { id } = here.server.billing
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  const expires = inDays(40)
  await here.server.management.clientSecrets.update(id, first?.id ?? '', { expires_at: expires })
  expect((await here.ok(['doctor'])).output).toMatch(/^ok +what ends: nothing .* within 30 days$/m)
  const failing = await here.tallystick(['doctor', '--within', '60'])
  expect([failing.exitCode, failing.output]).toEqual([
    1,
    expect.stringMatching(
      new RegExp(
        `failed +what ends: The secret ${first?.id} of the client billing ends at ${expires}; nothing else.*\\. It was (never|last) used.*\n +.*: tallystick clients rotate-secret ${id} --overlap 7d`,
      ),
    ),
  ])
  const { id: next } = await here.server.management.clientSecrets.create(id, {})
  const replaced = await here.ok(['doctor', '--within', '60'])
  expect(replaced.output).toMatch(/^ok +what ends: The secret .*; something else proves the client/m)
  await here.server.management.clientSecrets.delete(id, next)
  await here.server.management.clientSecrets.update(id, first?.id ?? '', { expires_at: null })
  for (const days of ['0', '366', '1.5', 'x']) {
    expect((await here.tallystick(['doctor', '--within', days])).exitCode).toBe(2)
  }
})

test.each([
  ['a new key', () => ['--dpop']],
  ['a key from a file', () => ['--dpop-key', keyFile('ec', 'P-256')]],
  ['an Ed25519 key', () => ['--dpop-key', keyFile('ed25519')]],
  ['an RSA key', () => ['--dpop-key', keyFile('rsa')]],
] as const)('a token is bound to %s, also where the server asks for a nonce', async (_, options) => {
  for (const demand of ['required', 'optional']) {
    await here.ok(['settings', 'update', '--dpop-nonce', demand])
    expect(await bind(options())).toMatchObject({
      token_type: 'DPoP',
      claims: { cnf: { jkt: expect.stringMatching(/^[\w-]{43}$/) } },
    })
  }
  expect(await bind([])).toMatchObject({ token_type: 'Bearer' })
})

test('a file that holds no key for it ends with 2, and nothing of it is told', async () => {
  for (const path of [keyFile('ec', 'P-384'), keyFile('x25519'), new URL(import.meta.url).pathname]) {
    const { exitCode, messages } = await here.tallystick(tokenGet(['--dpop-key', path]))
    expect([exitCode, messages]).toEqual([
      2,
      expect.stringContaining('no key that a token could be bound to'),
    ])
    expect(messages).not.toContain('PRIVATE KEY')
  }
})

function tokenGet(options: readonly string[]): string[] {
  const invoices = 'https://invoices.example.com/'
  const named = ['--client', here.server.billing.id, '--api', invoices, '--secret-file', '-']
  return ['token', 'get', ...named, ...options]
}

async function bind(options: readonly string[]): Promise<unknown> {
  const input = `${here.server.billing.secret}\n`
  return JSON.parse((await here.ok(tokenGet([...options, '--json']), { input })).output)
}

function keyFile(type: 'ec' | 'ed25519' | 'rsa' | 'x25519', namedCurve = ''): string {
  const path = join(here.folder, `${type}${namedCurve}.pem`)
  writeFileSync(path, pemOf(type, namedCurve))
  return path
}

function pemOf(type: 'ec' | 'ed25519' | 'rsa' | 'x25519', namedCurve: string): string | Buffer {
  return pairOf(type, namedCurve).privateKey.export({ type: 'pkcs8', format: 'pem' })
}

function pairOf(type: 'ec' | 'ed25519' | 'rsa' | 'x25519', namedCurve: string) {
  if (type === 'ec') return generateKeyPairSync('ec', { namedCurve })
  if (type === 'rsa') return nextRsaPair()
  return type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519')
}
