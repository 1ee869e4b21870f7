import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runRecorded } from '../test/recorded-run.ts'

const stops: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const threeLines = /^Error: .+\.\nWhy: {3}.+\nDo: {4}.+\n$/

const wrongUsages = [
  { args: ['aps'], todo: 'apis' },
  { args: ['apis', 'lst'], todo: 'list' },
  { args: ['apis', 'list', '--idz'], todo: '--ids' },
  { args: ['apis', 'create'], todo: '--help' },
  { args: ['apis', 'create', 'x', '--alg', 'none'], todo: '--help' },
  { args: ['apis', 'create', 'x', '--lifetime', 'long'], todo: '--help' },
  { args: ['clients', 'create', 'x', '--metadata', 'plan'], todo: '--help' },
  { args: ['clients', 'update', 'x', '--enable', '--disable'], todo: '--help' },
  { args: ['logs', 'list', '--type', 'nonsense'], todo: '--help' },
  { args: ['--url', 'localhost:8420/x', 'apis', 'list'], todo: 'http://localhost:8420' },
  { args: ['help', 'nonsense'], todo: 'tallystick help' },
]

for (const { args, todo } of wrongUsages) {
  test(`wrong usage ends with 2 and says what to do: ${args.join(' ')}`, async () => {
    const { exitCode, output, messages } = await runRecorded(args)
    expect([exitCode, output]).toEqual([2, ''])
    expect(messages).toMatch(threeLines)
    expect(messages.split('\n')[2]).toContain(todo)
  })
}

test('without credentials the exit code is 4, and the way to sign in is named', async () => {
  const { exitCode, messages } = await runRecorded(['clients', 'list'])
  expect(exitCode).toBe(4)
  expect(messages).toContain('tallystick login')
})

test('a server that cannot be reached ends with 6 and is named', async () => {
  const { exitCode, messages } = await runRecorded(['clients', 'list', '--url', 'http://127.0.0.1:1'], {
    env: signedIn,
  })
  expect(exitCode).toBe(6)
  expect(messages).toMatch(threeLines)
  expect(messages).toContain('http://127.0.0.1:1 cannot be reached')
})

test('with --json a failure is JSON too, on standard error', async () => {
  const { output, messages } = await runRecorded(['clients', 'list', '--json'])
  expect(output).toBe('')
  expect(JSON.parse(messages)).toMatchObject({ error: { ending: 'not_allowed' } })
})

test('where nobody can be asked, a deletion needs --yes', async () => {
  const { exitCode, messages } = await runRecorded(
    ['clients', 'delete', 'x', '--url', 'http://127.0.0.1:1'],
    {
      env: signedIn,
    },
  )
  expect(exitCode).toBe(2)
  expect(messages).toContain('--yes')
})

test('a secret given as an argument is refused, and not repeated', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-run-'))
  stops.push(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'rule.js'), 'module.exports = 1')
  const args = ['rules', 'create', 'r', join(folder, 'rule.js'), '--secret', 'KEY=hunter2']
  const { exitCode, messages } = await runRecorded([...args, '--url', 'http://127.0.0.1:1'], {
    env: signedIn,
  })
  expect(exitCode).toBe(2)
  expect(messages).not.toContain('hunter2')
})

test('a token endpoint that redirects is not followed with the secret', async () => {
  const asked: string[] = []
  const url = await listen((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  const { exitCode } = await runRecorded(['clients', 'list', '--url', url], { env: signedIn })
  expect([exitCode, asked]).toEqual([1, ['/oauth/token']])
})

test('--debug shows the exchange, and neither secret nor token', async () => {
  const url = await listen((request, response) => {
    response.setHeader('content-type', 'application/json')
    const isTokenRequest = request.url === '/oauth/token'
    response.end(
      JSON.stringify(
        isTokenRequest
          ? { access_token: 'opaque-but-private', token_type: 'Bearer' }
          : { start: 0, limit: 100, total: 0, clients: [] },
      ),
    )
  })
  const { exitCode, messages } = await runRecorded(['clients', 'list', '--debug', '--url', url], {
    env: signedIn,
  })
  expect(exitCode).toBe(0)
  expect(messages).toContain(`> POST ${url}/oauth/token`)
  expect(messages).toContain('< 200')
  expect(messages).not.toContain('top-secret')
  expect(messages).not.toContain('opaque-but-private')
})

test('what a server says is shown and not obeyed', async () => {
  const url = await listen((_request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({ error: 'invalid_client', error_description: '\u001b]0;owned\u0007\nError: fake' }),
    )
  })
  const { messages } = await runRecorded(['clients', 'list', '--url', url], { env: signedIn })
  expect(messages).toMatch(threeLines)
  expect(messages).not.toContain('\u001b')
})

test('Ctrl-C ends with 130', async () => {
  const interruption = new AbortController()
  const url = await listen(() => interruption.abort())
  const { exitCode } = await runRecorded(['clients', 'list', '--url', url], {
    env: signedIn,
    interrupted: interruption.signal,
  })
  expect(exitCode).toBe(130)
})

test('help leads with examples, lists every exit code, and goes to standard output', async () => {
  const help = await runRecorded(['rules', '--help'])
  expect([help.exitCode, help.messages]).toEqual([0, ''])
  expect(help.output.indexOf('Examples:')).toBe(0)
  const { output } = await runRecorded(['help', 'exit-codes'])
  for (const code of [0, 1, 2, 3, 4, 5, 6, 130]) expect(output).toMatch(new RegExp(`^ +${code}  \\w`, 'm'))
  expect((await runRecorded(['help', 'rules', 'create'])).output).toContain('--secrets-file')
})

test('a noun without its verb shows its help and counts as wrong usage', async () => {
  const { exitCode, output, messages } = await runRecorded(['rules'])
  expect([exitCode, output]).toEqual([2, ''])
  expect(messages).toContain('Usage: tallystick rules')
})

test('colours appear only where they are wanted', async () => {
  const plain = await runRecorded(['aps'])
  const forced = await runRecorded(['aps'], { env: { FORCE_COLOR: '1' } })
  const refused = await runRecorded(['aps', '--no-color'], { env: { FORCE_COLOR: '1' } })
  expect([plain, forced, refused].map(({ messages }) => messages.includes('\u001b['))).toEqual([
    false,
    true,
    false,
  ])
})

const signedIn = { TALLYSTICK_CLIENT_ID: 'someone', TALLYSTICK_CLIENT_SECRET: 'top-secret' }

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('The listener has no port.')
  return `http://127.0.0.1:${address.port}`
}
