/** Our own `wt`, as a program, against a real server. */
import { existsSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/test-server.ts'
import { makeHome, run, start, type TestHome } from './run-program.ts'

const bin = join(import.meta.dirname, '..', 'bin', 'wt.js')
const extension = ['--meta', 'auth0-extension=runtime', '--meta', 'auth0-extension-name=credentials-exchange']
const printing = `module.exports = function (client, scope, audience, context, cb) {
  console.warn('hello \\u001b[31m' + Object.keys(context.webtask.secrets).sort() + '\\nsecond line');
  cb(null, { scope: scope, 'https://foo.com/secret': context.webtask.secrets.KEY || null });
};
`
const files = {
  'myrule.js': printing,
  'broken.js': 'var one = 1;\nfunction (\n',
  'more.env': '# more\nexport MORE="of it"\n',
}

let server: TestServer
let home: TestHome

beforeAll(async () => {
  server = await startTestServer()
  home = makeHome({ ...files, token: `${server.bootstrap.webtask.token}\n` })
  const { container } = server.bootstrap.webtask
  const initialised = await wt(
    'init',
    '--url',
    `${server.url}/`,
    '--container',
    container,
    '--token-file',
    'token',
  )
  expect(initialised.code).toBe(0)
})
afterAll(async () => {
  home.remove()
  await server.close()
})
afterEach(async () => {
  const { container, token } = server.bootstrap.webtask
  const init = { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }
  for (const name of ['myrule', 'other']) await fetch(`${server.url}/api/webtask/${container}/${name}`, init)
})

const wt = (...args: string[]) => run(home, bin, args)
const create = (...args: string[]) => wt('create', 'myrule.js', ...extension, ...args)
const inspected = async (name = 'myrule') =>
  JSON.parse((await wt('inspect', name, '--decrypt', '--fetch-code', '--json')).out)

test('without a profile it says how to make one', async () => {
  const empty = makeHome()
  const { code, err } = await run(empty, bin, ['ls'])
  empty.remove()
  expect(code).toBe(3)
  expect(err).toMatch(/wt init/)
})

test('what is missing or unknown ends with the code of the public client and one clean line', async () => {
  const cases: [number, string[]][] = [
    [2, ['frobnicate']],
    [2, ['cron', 'ls']],
    [2, ['create', 'nofile.js']],
    [2, ['create', 'myrule.js', '--secret', 'novalue']],
    [2, ['ls', '-p', 'default', '--token', 'x']],
    [5, ['ls', '-p', 'nobody']],
    [5, ['rm', 'nobody']],
    [5, ['inspect', 'nobody']],
    [5, ['update', 'nobody', 'myrule.js']],
    [6, ['ls', '--token', 'wrong']],
    [7, ['ls', '--url', 'http://127.0.0.1:1']],
    [7, ['logs', '--token', 'wrong']],
    [8, ['create', 'broken.js', ...extension]],
    [8, ['create', 'myrule.js']],
  ]
  for (const [code, args] of cases) {
    const ended = await wt(...args)
    expect([args, ended.code, ended.out]).toEqual([args, code, ''])
    expect(ended.err.trim().split('\n')).toHaveLength(1)
    expect(ended.err).not.toMatch(/report|Uncaught|\bat .*:\d+/)
  }
})

test('nothing waits for somebody who is not there', async () => {
  const existing = start(home, bin, [
    'init',
    '--url',
    'http://localhost:1',
    '--container',
    'x',
    '--token',
    'y',
  ])
  expect((await existing.ended).code).toBe(1)
  expect((await start(home, bin, ['profile', 'nuke']).ended).code).toBe(1)
  expect((await start(home, bin, ['ls']).ended).code).toBe(0)
  expect((await start(home, bin, ['create', 'myrule.js', ...extension]).ended).code).toBe(0)
})

test('code that never comes on standard input is not waited for', async () => {
  const { code, err } = await start(home, bin, ['create', '-n', 'myrule', ...extension]).ended
  expect(code).toBe(4)
  expect(err).toMatch(/Nothing came on standard input/)
})

test('the profile file is private and has the form that the public client reads', async () => {
  const path = join(home.path, '.webtask')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const { container, token } = server.bootstrap.webtask
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ default: { url: server.url, token, container } })
  const shown = await wt('profile', 'ls', '--json')
  expect(shown.out).not.toContain(token)
  expect((await wt('profile', 'get', 'default', '-f', 'container')).out).toBe(`${container}\n`)
})

test('a profile file that is no JSON is left alone and named', async () => {
  const broken = makeHome()
  const path = join(broken.path, '.webtask')
  await writeFile(path, '{ "default": ')
  const { code, err } = await run(broken, bin, [
    'init',
    '--url',
    'http://x',
    '--container',
    'c',
    '--token',
    't',
  ])
  expect(code).toBe(99)
  expect(err).toContain(path)
  expect(await readFile(path, 'utf8')).toBe('{ "default": ')
  broken.remove()
})

test('init keeps no token that the server refuses, and says so when nobody could be asked', async () => {
  const fresh = makeHome()
  const { container, token } = server.bootstrap.webtask
  const init = (url: string, ...more: string[]) => run(fresh, bin, ['init', '--url', url, ...more])
  const refused = await init(server.url, '--container', container, '--token', 'wrong')
  const unknown = await init(server.url, '--container', 'another', '--token', token)
  expect([refused.code, unknown.code]).toEqual([6, 6])
  expect(refused.err).toMatch(/not valid here.*The profile was not written/)
  expect(existsSync(join(fresh.path, '.webtask'))).toBe(false)
  const unasked = await init('http://127.0.0.1:1', '--container', container, '--token', token)
  expect(unasked.code).toBe(0)
  expect(unasked.err).toMatch(/^The token was not checked: http:\/\/127\.0\.0\.1:1 cannot be reached/)
  expect(existsSync(join(fresh.path, '.webtask'))).toBe(true)
  fresh.remove()
})

test('beside a server, init needs no flags', async () => {
  const beside = makeHome()
  const env = { TALLYSTICK_DATA_DIR: server.dataDir }
  const { code, out } = await run(beside, bin, ['init', '--json'], '', env)
  beside.remove()
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ profile: 'default', container: server.bootstrap.webtask.container })
})

test('create takes secrets from a file and from standard input, and the rule gets them', async () => {
  const args = ['create', 'myrule.js', ...extension, '--secrets-file', '-', '--json']
  const created = await run(home, bin, args, 'KEY=from stdin\n')
  expect(JSON.parse(created.out)).toMatchObject({
    name: 'myrule',
    container: server.bootstrap.webtask.container,
  })
  expect((await server.requestToken()).claims['https://foo.com/secret']).toBe('from stdin')
})

test('update keeps secrets and everything else that is not named', async () => {
  await create('--secret', 'KEY=one', '--secret', 'OTHER=two', '--param', 'p=q', '--meta', 'note=mine')
  const updated = await wt(
    'update',
    'myrule',
    '--secrets-file',
    'more.env',
    '--secret',
    'KEY=three',
    '--remove-secret',
    'OTHER',
  )
  expect([updated.code, updated.err.includes('shhhh')]).toEqual([0, false])
  expect(await inspected()).toMatchObject({
    code: printing,
    ectx: { KEY: 'three', MORE: 'of it' },
    pctx: { p: 'q' },
    meta: { note: 'mine', 'auth0-extension': 'runtime' },
    mb: 1,
  })
  expect((await inspected()).ectx).not.toHaveProperty('OTHER')
  await run(home, bin, ['update', 'myrule', '-'], 'module.exports = (a, b, c, d, cb) => cb(null, {})')
  expect((await inspected()).ectx).toEqual({ KEY: 'three', MORE: 'of it' })
  expect((await wt('update', 'myrule', '--remove-secret', 'OTHER')).code).toBe(5)
})

test('ls and rm tell people and programs', async () => {
  expect(JSON.parse((await wt('ls', '--json')).out)).toEqual([])
  await create()
  const [listed] = JSON.parse((await wt('ls', '-o', 'json')).out)
  expect(listed).toMatchObject({ name: 'myrule', meta: { 'auth0-extension': 'runtime' } })
  expect(listed).not.toHaveProperty('token')
  expect((await wt('ls', '--verbose')).out).toMatch(/Name: +myrule/)
  expect((await wt('rm', 'myrule')).out).toBe('Removed webtask: myrule\n')
  expect((await wt('rm', 'myrule')).code).toBe(5)
})

test('each log line names time, level and rule, and what a rule prints cannot move the cursor', async () => {
  await create('--secret', 'KEY=one')
  const logs = start(home, bin, ['logs'])
  await logs.until((_, err) => err.includes('connected to streaming logs'))
  await server.requestToken()
  const out = await logs.until((text) => text.includes('second line'))
  expect(out).toMatch(/^\d\d:\d\d:\d\d\.\d{3}Z WARN {2}myrule: hello \\x1b\[31mKEY\n {4}second line\n$/m)
  logs.interrupt()
  expect((await logs.ended).code).toBe(0)
})

test('logs as JSON are one record a line, and can be cut to one rule', async () => {
  await create()
  await run(
    home,
    bin,
    ['create', '-n', 'other', ...extension],
    'module.exports = (a, b, c, d, cb) => { console.log("from other"); cb(null, { scope: b }) }',
  )
  const logs = start(home, bin, ['logs', '--json', '--rule', 'other'])
  await logs.until((_, err) => err.includes('connected'))
  await server.requestToken()
  const out = await logs.until((text) => text.includes('from other'))
  const records = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(records.every((record) => record.rule === 'other')).toBe(true)
  expect(records.at(-1)).toMatchObject({ msg: 'from other', level: 30 })
  logs.interrupt()
  await logs.ended
})

test('watching uploads the file again when it changes', async () => {
  const watching = start(home, bin, ['create', 'myrule.js', ...extension, '--watch'])
  await watching.until((_, err) => err.includes('Watching'))
  await writeFile(join(home.path, 'myrule.js'), `// changed\n${printing}`)
  await watching.until((out) => out.split('Webtask created').length === 3)
  watching.interrupt()
  expect((await watching.ended).code).toBe(0)
  expect((await inspected()).code).toMatch(/^\/\/ changed/)
})
