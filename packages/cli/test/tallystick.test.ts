/** `tallystick` against a started server, from the first API to a rule's line in the tail. */
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/test-server.ts'
import { type RecordedRun, type RunSettings, runRecorded } from './recorded-run.ts'

let server: TestServer
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallystick-cli-'))
  // The server's own address is its origin, as it is for a user.
  server = await startTestServer({ settings: { TALLYSTICK_PORT: String(await freePort()) } })
})

afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const audience = 'https://plans.example.com/'

test('what is not there ends with 3, what is there already with 5', async () => {
  expect((await tallystick(['clients', 'show', 'nobody'])).exitCode).toBe(3)
  expect((await tallystick(['rules', 'show', 'nothing'])).exitCode).toBe(3)
  await tallystick(['apis', 'create', audience, '--scope', 'read Read plans', '--alg', 'ES256'])
  expect((await tallystick(['apis', 'create', audience])).exitCode).toBe(5)
})

test('wrong credentials end with 4 and say which', async () => {
  const { exitCode, messages } = await tallystick(['apis', 'list'], {
    env: { TALLYSTICK_CLIENT_ID: 'someone', TALLYSTICK_CLIENT_SECRET: 'wrong' },
  })
  expect(exitCode).toBe(4)
  expect(messages).toContain('invalid_client')
  expect(messages).not.toContain('wrong\n')
})

test('an API is created, changed by what is named alone, and listed', async () => {
  await tallystick(['apis', 'update', audience, '--add-scope', 'write', '--lifetime', '600'])
  const api = await json(['apis', 'show', audience])
  expect(api).toMatchObject({
    identifier: audience,
    signing_alg: 'ES256',
    token_lifetime: 600,
    scopes: [{ value: 'read', description: 'Read plans' }, { value: 'write' }],
  })
  const { output } = await tallystick(['apis', 'list'])
  expect(output.split('\n')[0]).toMatch(/^IDENTIFIER +NAME +SCOPES +ALG +ID$/)
  expect(output).toContain(audience)
})

test('a new secret is in the file of --out alone, which only its owner may read', async () => {
  const file = join(folder, 'plans.secret')
  const { output, messages } = await tallystick([
    'clients',
    'create',
    'plans',
    '--metadata',
    'plan=gold',
    '--out',
    file,
  ])
  const secret = (await readFile(file, 'utf8')).trim()
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(secret).not.toBe('')
  expect(output + messages).not.toContain(secret)
  expect(await json(['clients', 'show', await idOfClient('plans')])).toMatchObject({
    client_metadata: { plan: 'gold' },
  })
})

test('a client, a grant and a rule together make a token, and the tail shows what the rule prints', async () => {
  const client = await idOfClient('plans')
  await ok(['grants', 'create', '--client', client, '--api', audience, '--scope', 'read'])
  await writeFile(join(folder, 'add-plan.js'), addPlan('first'))
  await writeFile(join(folder, 'secrets'), '# of the rule\nKEY=hunter2\n')
  await ok([
    'rules',
    'create',
    'add-plan',
    join(folder, 'add-plan.js'),
    '--secrets-file',
    join(folder, 'secrets'),
  ])

  const tail = followTail(['--rule', 'add-plan'], (output) => output.includes('seccft'))
  await tail.connected
  const token = await json([
    'token',
    'get',
    '--client',
    client,
    '--api',
    audience,
    '--secret-file',
    join(folder, 'plans.secret'),
  ])
  expect(token).toMatchObject({
    scope: 'read extra',
    header: { alg: 'ES256' },
    claims: {
      aud: audience,
      'https://plans.example.com/plan': 'gold',
      'https://plans.example.com/by': 'first',
    },
  })
  const { exitCode, output } = await tail.ended
  expect(exitCode).toBe(130)
  expect(output).toMatch(/info +add-plan: the key has 7 letters\n {4}\| \\x1b\[2Jand more\n/)
  expect(output).not.toContain('hunter2')
})

test('an update of the code keeps the secrets, and makes a version', async () => {
  await writeFile(join(folder, 'add-plan.js'), addPlan('second'))
  await ok(['rules', 'update', 'add-plan', join(folder, 'add-plan.js')])
  expect(await json(['rules', 'show', 'add-plan'])).toMatchObject({
    version: { number: 2, secrets: ['KEY'] },
  })
  const claims = await claimsOfPlans()
  expect(claims).toMatchObject({ 'https://plans.example.com/by': 'second' })
  expect(
    (await tallystick(['rules', 'versions', 'add-plan', '--ids'])).output.trim().split('\n'),
  ).toHaveLength(2)
  expect((await tallystick(['rules', 'show', 'add-plan', '--code'])).output.trim()).toBe(
    addPlan('second').trim(),
  )
})

test('code that does not compile is refused with its line, and changes nothing', async () => {
  await writeFile(join(folder, 'broken.js'), 'module.exports = function () {\n  return }{\n}')
  const { exitCode, messages } = await tallystick(['rules', 'update', 'add-plan', join(folder, 'broken.js')])
  expect(exitCode).toBe(1)
  expect(messages).toMatch(/line 2/)
  expect(await claimsOfPlans()).toMatchObject({ 'https://plans.example.com/by': 'second' })
})

test('rules run in the order that was asked for, and a disabled one does not run', async () => {
  await writeFile(join(folder, 'third.js'), addPlan('third'))
  await ok(['rules', 'create', 'overwrite', join(folder, 'third.js')])
  expect(await claimsOfPlans()).toMatchObject({ 'https://plans.example.com/by': 'third' })
  await ok(['rules', 'order', 'overwrite'])
  expect(await claimsOfPlans()).toMatchObject({ 'https://plans.example.com/by': 'second' })
  await ok(['rules', 'disable', 'add-plan'])
  expect(await claimsOfPlans()).toMatchObject({ 'https://plans.example.com/by': 'third' })
})

test('the log tells of exchanges and of changes, and filters both', async () => {
  const exchanges = await json(['logs', 'list', '--type', 'seccft', '--limit', '2'])
  expect(exchanges).toMatchObject([{ type: 'seccft' }, { type: 'seccft' }])
  const [id = ''] = (await tallystick(['logs', 'list', '--type', 'fapi', '--ids'])).output.split('\n')
  expect((await tallystick(['logs', 'show', id])).output).toMatch(/^id +[0-9a-f-]{36}\n/)
})

test('a rotated secret ends the old one', async () => {
  const client = await idOfClient('plans')
  expect((await tallystick(['clients', 'rotate-secret', client])).exitCode).toBe(2)
  const args = ['token', 'get', '--client', client, '--api', audience, '--secret-file', '-']
  const old = await readFile(join(folder, 'plans.secret'), 'utf8')
  await ok(['clients', 'rotate-secret', client, '--yes', '--out', join(folder, 'plans.secret')])
  expect((await tallystick(args, { input: old })).exitCode).toBe(4)
  expect(
    (await tallystick(args, { input: await readFile(join(folder, 'plans.secret'), 'utf8') })).exitCode,
  ).toBe(0)
})

test('the settings say where rules may fetch from', async () => {
  expect((await tallystick(['settings', 'update'])).exitCode).toBe(2)
  await ok(['settings', 'update', '--egress-allow', 'plans.example.com', '--egress-allow', '10.0.0.5:8080'])
  expect(await json(['settings', 'show'])).toMatchObject({
    egress: { allow: ['plans.example.com', '10.0.0.5:8080'] },
  })
  await ok(['settings', 'update', '--egress-none'])
  expect(await json(['settings', 'show'])).toMatchObject({ egress: { allow: [] } })
})

test('the doctor finds the way to the management API, and says where it breaks', async () => {
  const well = await tallystick(['doctor'])
  expect([well.exitCode, well.messages]).toEqual([0, ''])
  expect(well.output).not.toContain('failed')
  const unwell = await tallystick(['doctor'], { now: () => new Date(Date.now() - 3_600_000) })
  expect(unwell.exitCode).toBe(1)
  expect(unwell.output).toMatch(/failed +clock: 3\d{3} s behind the server\n +Let both machines/)
})

test('login remembers what works, and logout forgets it', async () => {
  const { client_id, client_secret } = server.bootstrap.management
  const env = { XDG_CONFIG_HOME: join(folder, 'config') }
  const login = ['login', '--url', server.bootstrap.origin, '--client-id', client_id, '--secret-file', '-']
  expect((await runRecorded(login, { env, input: 'wrong' })).exitCode).toBe(4)
  expect((await runRecorded(['apis', 'list'], { env })).exitCode).toBe(4)
  expect((await runRecorded(login, { env, input: `${client_secret}\n` })).exitCode).toBe(0)
  expect((await stat(join(folder, 'config/tallystick/profile.json'))).mode & 0o777).toBe(0o600)
  expect((await runRecorded(['apis', 'list'], { env })).exitCode).toBe(0)
  expect((await runRecorded(['logout'], { env })).exitCode).toBe(0)
  expect((await runRecorded(['apis', 'list'], { env })).exitCode).toBe(4)
})

test('ids flow from one command into the next, and everything can be deleted', async () => {
  const ids = (await tallystick(['rules', 'list', '--ids'])).output
  await ok(['rules', 'delete', '-', '--yes'], { input: ids })
  expect(await json(['rules', 'list'])).toEqual([])
  await ok(['clients', 'delete', await idOfClient('plans'), '--yes'])
  await ok(['apis', 'delete', audience, '--yes'])
  expect((await tallystick(['apis', 'show', audience])).exitCode).toBe(3)
})

function addPlan(by: string): string {
  return `module.exports = function (client, scope, audience, context, cb) {
  if (context.webtask.secrets.KEY) {
    console.log('the key has', context.webtask.secrets.KEY.length, 'letters\\n\\u001b[2Jand more')
  }
  cb(null, {
    scope: scope.concat('extra').filter(function (value, index, all) { return all.indexOf(value) === index }),
    'https://plans.example.com/plan': client.metadata.plan,
    'https://plans.example.com/by': '${by}',
  })
}
`
}

/** Beside the server's data folder, where nothing needs to be said. */
function tallystick(args: readonly string[], settings: RunSettings = {}): Promise<RecordedRun> {
  const env = { TALLYSTICK_DATA_DIR: server.dataDir, ...settings.env }
  return runRecorded(args, { workingDir: folder, ...settings, env })
}

async function ok(args: readonly string[], settings: RunSettings = {}): Promise<RecordedRun> {
  const ended = await tallystick(args, settings)
  expect(ended, args.join(' ')).toMatchObject({ exitCode: 0 })
  return ended
}

async function json(args: readonly string[]): Promise<unknown> {
  return JSON.parse((await ok([...args, '--json'])).output)
}

async function idOfClient(name: string): Promise<string> {
  const { output } = await ok(['clients', 'list'])
  return output.match(new RegExp(`^(\\S+) +${name} `, 'm'))?.[1] ?? ''
}

async function claimsOfPlans(): Promise<unknown> {
  const secretFile = join(folder, 'plans.secret')
  const client = await idOfClient('plans')
  const token = await json([
    'token',
    'get',
    '--client',
    client,
    '--api',
    audience,
    '--secret-file',
    secretFile,
  ])
  return Object(token).claims
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  listener.close()
  if (address === null || typeof address === 'string') throw new TypeError('The listener has no port.')
  return address.port
}

/** Follows until the output has what is awaited, then presses Ctrl-C. */
function followTail(args: readonly string[], isEnough: (output: string) => boolean) {
  const interruption = new AbortController()
  const ended = tallystick(['logs', 'tail', ...args], {
    interrupted: interruption.signal,
    onOutput: (output) => {
      if (isEnough(output)) interruption.abort()
    },
  })
  // A follower sees what happens after it came; its own arrival shows nowhere.
  const connected = new Promise((resolve) => setTimeout(resolve, 500))
  return { ended, connected }
}
