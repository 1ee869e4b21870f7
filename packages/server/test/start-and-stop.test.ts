/** Starting, refusing to start, and stopping, as the operator sees them: the real program in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readBootstrap, requestToken } from './test-server.ts'

const program = new URL('../bin/tallystick-server.js', import.meta.url).pathname
const folders: string[] = []
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-start-'))
  folders.push(folder)
  return folder
}

interface Started {
  readonly child: ChildProcess
  readonly output: () => string
  readonly errors: () => string
  readonly exitCode: () => Promise<number | null>
}

function start(env: Record<string, string>): Started {
  const child = spawn(process.execPath, [program], {
    env: { TALLYSTICK_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let output = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const exit = once(child, 'exit')
  return { child, output: () => output, errors: () => errors, exitCode: async () => (await exit)[0] }
}

async function startReady(dataDir: string, env: Record<string, string> = {}) {
  const started = start({ TALLYSTICK_DATA_DIR: dataDir, ...env })
  const exited = started.exitCode()
  while (!started.output().includes('is ready at')) {
    const ended = await Promise.race([
      exited,
      new Promise<string>((resolve) => setTimeout(resolve, 10, 'waiting')),
    ])
    if (ended !== 'waiting') throw new Error(`the server ended: ${started.errors()}`)
  }
  return { ...started, url: readBootstrap(dataDir).origin.replace('localhost', '127.0.0.1') }
}

for (const [name, env, words] of [
  [
    'every fault of the settings at once',
    { TALLYSTICK_PORT: 'x', TALLYSTICK_STARTER: 'x' },
    /^TALLYSTICK_PORT .*\nTALLYSTICK_STARTER .*\n$/,
  ],
  [
    'a database server, which is not supported',
    { TALLYSTICK_DATABASE_URL: 'postgres://a:hunter22@b/c' },
    /^TALLYSTICK_DATABASE_URL [^\n]*\n$/,
  ],
  [
    'a data folder that cannot be made',
    { TALLYSTICK_DATA_DIR: '/proc/tallystick' },
    /^The data folder \/proc\/tallystick cannot be written[^\n]*\n$/,
  ],
] as const) {
  test(`the server names ${name} in a line each and ends within three seconds`, async () => {
    const begun = performance.now()
    const started = start(env)
    expect(await started.exitCode()).toBe(1)
    expect(performance.now() - begun).toBeLessThan(3000)
    expect(started.errors()).toMatch(words)
    expect(started.errors()).not.toContain('hunter22')
  })
}

test('a first start makes private files, prints the credentials once, and gives a token with the rule’s claim', async () => {
  const dataDir = join(newFolder(), 'data')
  const first = await startReady(dataDir)
  const bootstrap = readBootstrap(dataDir)
  if (!bootstrap.starter) throw new Error('there is no starter')
  const { audience, client_id, client_secret, rule } = bootstrap.starter
  expect(first.output()).toContain(client_secret)
  expect(first.output()).toContain(bootstrap.webtask.token)
  expect([audience, rule]).toEqual(['https://api.example.com/', 'myrule'])
  expect(statSync(join(dataDir, 'bootstrap.json')).mode & 0o777).toBe(0o600)
  expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600)
  expect(statSync(join(dataDir, 'tallystick.db')).mode & 0o777).toBe(0o600)
  const answer = await requestToken(first.url, { client_id, client_secret, audience })
  expect(answer.claims).toMatchObject({ scope: 'test', 'https://example.com/hello': expect.any(String) })
  first.child.kill('SIGTERM')
  expect(await first.exitCode()).toBe(0)

  const second = await startReady(dataDir)
  expect(second.output()).not.toMatch(/tsk_/)
  expect((await requestToken(second.url, { client_id, client_secret, audience })).status).toBe(200)
})

test('no secret of a first start lies readable anywhere but in its two files', async () => {
  const dataDir = newFolder()
  const { child, exitCode } = await startReady(dataDir)
  const { management, webtask, starter } = readBootstrap(dataDir)
  const masterKey = readFileSync(join(dataDir, 'master.key'), 'utf8').trim()
  child.kill('SIGTERM')
  await exitCode()
  const secrets = [management.client_secret, webtask.token, starter?.client_secret ?? '', masterKey]
  for (const name of readdirSync(dataDir)) {
    if (name === 'bootstrap.json' || name === 'master.key') continue
    const bytes = readFileSync(join(dataDir, name))
    for (const secret of secrets) {
      for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
        expect(bytes.includes(Buffer.from(secret).toString(encoding))).toBe(false)
      }
    }
    expect(bytes.includes('PRIVATE KEY')).toBe(false)
    expect(bytes.includes('"d":')).toBe(false)
  }
})

test('a second server on the same data is refused with one line, and the first goes on', async () => {
  const dataDir = newFolder()
  const first = await startReady(dataDir)
  const second = start({ TALLYSTICK_DATA_DIR: dataDir })
  expect(await second.exitCode()).toBe(1)
  expect(second.errors().trim().split('\n')).toHaveLength(1)
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
})

for (const [name, change] of [
  [
    'a wrong master key',
    (dataDir: string) =>
      writeFileSync(join(dataDir, 'master.key'), `${Buffer.alloc(32, 7).toString('base64url')}\n`),
  ],
  ['no master key', (dataDir: string) => rmSync(join(dataDir, 'master.key'))],
] as const) {
  test(`with ${name} the server refuses to start and overwrites nothing; the right one restores all`, async () => {
    const dataDir = newFolder()
    const first = await startReady(dataDir)
    const { starter } = readBootstrap(dataDir)
    first.child.kill('SIGTERM')
    await first.exitCode()
    const rightKey = readFileSync(join(dataDir, 'master.key'))
    const database = readFileSync(join(dataDir, 'tallystick.db'))
    change(dataDir)
    const filesBefore = readdirSync(dataDir).filter(
      (file) => !file.startsWith('lock.db') && !file.startsWith('tallystick.db-'),
    )

    const refused = start({ TALLYSTICK_DATA_DIR: dataDir })
    expect(await refused.exitCode()).toBe(1)
    expect(refused.errors()).toMatch(/master key/i)
    expect(refused.errors().trim().split('\n')).toHaveLength(1)
    expect(
      readdirSync(dataDir).filter(
        (file) => !file.startsWith('lock.db') && !file.startsWith('tallystick.db-'),
      ),
    ).toEqual(filesBefore)
    expect(readFileSync(join(dataDir, 'tallystick.db')).equals(database)).toBe(true)

    writeFileSync(join(dataDir, 'master.key'), rightKey)
    const again = await startReady(dataDir)
    const answer = await requestToken(again.url, {
      audience: starter?.audience,
      client_id: starter?.client_id,
      client_secret: starter?.client_secret,
    })
    expect(answer.status).toBe(200)
  })
}

test('SIGTERM: what is in flight is answered, new work is refused, the exit code is 0', async () => {
  const dataDir = newFolder()
  const server = await startReady(dataDir)
  const { webtask, starter } = readBootstrap(dataDir)
  await fetch(`${server.url}/api/tokens/issue`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${webtask.token}` },
    body: JSON.stringify({
      ten: webtask.container,
      jtn: 'myrule',
      code: 'module.exports = (a, scope, c, d, cb) => setTimeout(cb, 700, null, { scope })',
      meta: { 'auth0-extension': 'runtime', 'auth0-extension-name': 'credentials-exchange' },
    }),
  })
  const fields = {
    audience: starter?.audience,
    client_id: starter?.client_id,
    client_secret: starter?.client_secret,
  }
  const inFlight = Array.from({ length: 20 }, () => requestToken(server.url, fields))
  await new Promise((resolve) => setTimeout(resolve, 200))
  server.child.kill('SIGTERM')
  // A terminal sends the signal to every process of the group, and npm passes it on: still one wish.
  setTimeout(() => server.child.kill('SIGTERM'), 50)
  const answers = await Promise.all(inFlight)
  expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200))
  expect(await server.exitCode()).toBe(0)
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
})

test('open log streams, idle connections and silent sockets do not delay the end', async () => {
  const dataDir = newFolder()
  const server = await startReady(dataDir)
  const { webtask } = readBootstrap(dataDir)
  const { port } = new URL(server.url)
  const silent = connect(Number(port), '127.0.0.1')
  silent.on('error', () => undefined)
  const stream = await fetch(`${server.url}/api/logs/tenant/${webtask.container}?key=${webtask.token}`, {
    headers: { accept: 'text/event-stream' },
  })
  const streamed = stream.text()
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  const begun = performance.now()
  server.child.kill('SIGTERM')
  expect(await server.exitCode()).toBe(0)
  expect(performance.now() - begun).toBeLessThan(5000)
  await streamed
  silent.destroy()
})

test('issuer and management audience follow the settings of each start, credentials stay', async () => {
  const dataDir = newFolder()
  const first = await startReady(dataDir)
  const before = readBootstrap(dataDir)
  first.child.kill('SIGTERM')
  await first.exitCode()
  const port = String(20_000 + (process.pid % 20_000))
  const second = await startReady(dataDir, {
    TALLYSTICK_PUBLIC_ORIGIN: 'https://auth.example.com',
    TALLYSTICK_PORT: port,
  })
  expect(second.output()).toContain('https://auth.example.com')
  const after = readBootstrap(dataDir)
  expect(after).toEqual({
    ...before,
    origin: 'https://auth.example.com',
    management: { ...before.management, audience: 'https://auth.example.com/api/v2/' },
    webtask: { ...before.webtask, url: 'https://auth.example.com' },
  })
  const answer = await requestToken(`http://127.0.0.1:${port}`, {
    client_id: after.management.client_id,
    client_secret: after.management.client_secret,
    audience: after.management.audience,
  })
  expect(answer.claims).toMatchObject({
    iss: 'https://auth.example.com/',
    aud: 'https://auth.example.com/api/v2/',
  })
})

test('an older Node is told in one line what is missing', async () => {
  const source = readFileSync(program, 'utf8')
  const folder = newFolder()
  mkdirSync(join(folder, 'bin'))
  const copy = join(folder, 'bin', 'program.mjs')
  // The same program in a process that says it is older.
  writeFileSync(
    copy,
    `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })\n${source.replace(/^#!.*\n/, '')}`,
  )
  chmodSync(copy, 0o755)
  const child = spawn(process.execPath, [copy], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const [code] = await once(child, 'exit')
  expect(code).toBe(1)
  expect(errors).toMatch(/^Tallystick needs Node 24 or newer; this is 20\.20\.2\.[^\n]*\n$/)
})
