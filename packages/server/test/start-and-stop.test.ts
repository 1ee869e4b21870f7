/** Starting, starting again, and stopping, as the operator sees them: the real program in a process of its own. */
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { followEvents } from './follow-events.ts'
import { findFreePort } from './free-port.ts'
import { startServerProcess } from './server-process.ts'
import { type StartedProgram, startProgram, untilReady } from './started-program.ts'
import { type BootstrapFile, readBootstrap, requestToken, type TokenAnswer } from './test-server.ts'

let root: string
const started: StartedProgram[] = []

/** What a first start made, and what it answered before it was stopped; tests start with copies of its folder. */
let first: {
  readonly dataDir: string
  readonly output: string
  readonly bootstrap: BootstrapFile
  readonly starter: NonNullable<BootstrapFile['starter']>
  readonly answer: TokenAnswer
  readonly exitCode: number | null
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tallystick-start-'))
  const dataDir = join(root, 'first', 'data')
  const program = await startReady(dataDir)
  const bootstrap = readBootstrap(dataDir)
  const { starter } = bootstrap
  if (!starter) throw new Error('there is no starter')
  const answer = await requestToken(program.url, requestOf(starter))
  const exitCode = await program.stop()
  first = { dataDir, output: program.output(), bootstrap, starter, answer, exitCode }
})
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL')
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function newFolder(): string {
  return mkdtempSync(join(root, 'data-'))
}

function copyOfFirst(): string {
  const folder = newFolder()
  cpSync(first.dataDir, folder, { recursive: true })
  return folder
}

function start(env: Readonly<Record<string, string>>): StartedProgram {
  const program = startProgram(env)
  started.push(program)
  return program
}

async function startReady(dataDir: string, env: Readonly<Record<string, string>> = {}) {
  const program = start({ TALLYSTICK_DATA_DIR: dataDir, ...env })
  await untilReady(program)
  return { ...program, url: readBootstrap(dataDir).origin.replace('localhost', '127.0.0.1') }
}

function requestOf({ audience, client_id, client_secret }: NonNullable<BootstrapFile['starter']>) {
  return { audience, client_id, client_secret }
}

function streamOf(url: string, { container, token }: BootstrapFile['webtask']): string {
  return `${url}/api/logs/tenant/${container}?key=${encodeURIComponent(token)}`
}

test('a first start makes private files, prints the credentials once, and gives a token with the rule’s claim', async () => {
  const { dataDir, bootstrap, starter, answer } = first
  expect(first.output).toContain(starter.client_secret)
  expect(first.output).toContain(bootstrap.webtask.token)
  expect([starter.audience, starter.rule]).toEqual(['https://api.example.com/', 'myrule'])
  for (const name of ['bootstrap.json', 'master.key', 'tallystick.db']) {
    expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600])
  }
  expect(answer.claims).toMatchObject({ scope: 'test', 'https://example.com/hello': expect.any(String) })
})

test('whoever reads that the server is ready may stop it at once: it ends well', () => {
  expect(first.exitCode).toBe(0)
  // What was not closed well leaves these behind.
  expect(readdirSync(first.dataDir).filter((name) => /^tallystick\.db-/.test(name))).toEqual([])
})

test('no secret of a first start lies readable anywhere but in its two files', () => {
  const { dataDir, bootstrap, starter } = first
  const { management, webtask } = bootstrap
  const masterKey = readFileSync(join(dataDir, 'master.key'), 'utf8').trim()
  const secrets = [management.client_secret, webtask.token, starter.client_secret, masterKey]
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

test('a later start prints no credentials; a second server on its data is refused with one line, and it goes on', async () => {
  const dataDir = copyOfFirst()
  const server = await startReady(dataDir)
  expect(server.output()).not.toMatch(/tsk_/)
  expect((await requestToken(server.url, requestOf(first.starter))).status).toBe(200)

  const second = start({ TALLYSTICK_DATA_DIR: dataDir })
  expect(await second.exited).toBe(1)
  expect(second.errors().trim().split('\n')).toHaveLength(1)
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
})

test('with a wrong master key, or none, the server refuses to start and overwrites nothing; the right one restores all', async () => {
  const dataDir = copyOfFirst()
  const keyPath = join(dataDir, 'master.key')
  const rightKey = readFileSync(keyPath)
  const database = readFileSync(join(dataDir, 'tallystick.db'))
  const files = () => readdirSync(dataDir).filter((file) => !/^(?:lock\.db|tallystick\.db-)/.test(file))

  const changes = [
    () => writeFileSync(keyPath, `${Buffer.alloc(32, 7).toString('base64url')}\n`),
    () => rmSync(keyPath),
  ]
  for (const change of changes) {
    change()
    const before = files()
    const refused = start({ TALLYSTICK_DATA_DIR: dataDir })
    expect(await refused.exited).toBe(1)
    expect(refused.errors()).toMatch(/master key/i)
    expect(refused.errors().trim().split('\n')).toHaveLength(1)
    expect(files()).toEqual(before)
    expect(readFileSync(join(dataDir, 'tallystick.db')).equals(database)).toBe(true)
  }

  writeFileSync(keyPath, rightKey)
  const again = await startReady(dataDir)
  expect((await requestToken(again.url, requestOf(first.starter))).status).toBe(200)
})

test('SIGTERM: what is in flight is answered, new work is refused, the exit code is 0', async () => {
  const server = await startReady(copyOfFirst(), { TALLYSTICK_RULE_TIMEOUT_MS: '20000' })
  const { webtask } = first.bootstrap
  await fetch(`${server.url}/api/tokens/issue`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${webtask.token}` },
    body: JSON.stringify({
      ten: webtask.container,
      jtn: 'myrule',
      code: 'module.exports = (a, scope, c, d, cb) => { console.log("begun"); setTimeout(cb, 700, null, { scope }) }',
      meta: { 'auth0-extension': 'runtime', 'auth0-extension-name': 'credentials-exchange' },
    }),
  })
  const lines = await followEvents(streamOf(server.url, webtask))
  const inFlight = Array.from({ length: 20 }, () => requestToken(server.url, requestOf(first.starter)))
  for (let begun = 0; begun < 20; ) {
    if (JSON.stringify(await lines.nextEvent()).includes('begun')) begun++
  }
  server.child.kill('SIGUSR1')
  server.child.kill('SIGTERM')
  // A terminal sends the signal to every process of the group, and npm passes it on: still one wish.
  setTimeout(() => server.child.kill('SIGTERM'), 50)
  const answers = await Promise.all(inFlight)
  expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200))
  expect(await server.exited).toBe(0)
  // Of the first signal: a debugger would show the master key to everybody on this host.
  expect(server.errors()).not.toContain('Debugger')
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
})

test('open log streams, idle connections and silent sockets do not delay the end', async () => {
  const server = await startReady(copyOfFirst())
  const { port } = new URL(server.url)
  const silent = connect(Number(port), '127.0.0.1')
  silent.on('error', () => undefined)
  const stream = await fetch(streamOf(server.url, first.bootstrap.webtask), {
    headers: { accept: 'text/event-stream' },
  })
  const streamed = stream.text()
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  const lived = server.tookMs()
  expect(await server.stop()).toBe(0)
  expect(server.tookMs() - lived).toBeLessThan(5000)
  await streamed
  silent.destroy()
})

test('a full disk that its output is kept on keeps the server from nothing', async () => {
  const output = openSync('/dev/full', 'w')
  const settings = { TALLYSTICK_LOG_LEVEL: 'info', TALLYSTICK_RULE_TIMEOUT_MS: '20000' }
  const server = await startServerProcess({
    dataDir: copyOfFirst(),
    port: await findFreePort(),
    settings,
    output,
  })
  expect((await requestToken(server.url, requestOf(first.starter))).status).toBe(200)
  expect(await server.stop()).toBe(0)
  closeSync(output)
})

test('issuer and management audience follow the settings of each start, credentials stay', async () => {
  const dataDir = copyOfFirst()
  const before = first.bootstrap
  const port = String(await findFreePort())
  const server = await startReady(dataDir, {
    TALLYSTICK_PUBLIC_ORIGIN: 'https://auth.example.com',
    TALLYSTICK_PORT: port,
  })
  expect(server.output()).toContain('https://auth.example.com')
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
