/** The public client, unmodified, against a real server: what it prints and how it ends. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { processesBelow } from '../../server/test/process-tree.ts'
import { measureSlowdown } from '../../server/test/slowdown.ts'
import { startTestServer, type TestServer } from '../../server/test/test-server.ts'
import { wtCliBins } from './install-wt-cli.ts'
import { makeHome, type Running, run, start, type TestHome } from './run-program.ts'

const myrule = `module.exports = function (client, scope, audience, context, cb) {
  var access_token = {};
  access_token['https://foo.com/claim'] = 'bar';
  access_token.scope = scope;
  access_token.scope.push('extra');
  console.log('secret has', context.webtask.secrets.SOME_SECRET.length, 'letters');
  cb(null, access_token);
};
`
const hook = `module.exports = (client, scope, audience, context, cb) => cb(null, { scope, 'https://foo.com/hook': 'ran' })\n`
const files = { 'myrule.js': myrule, 'hook.js': hook, 'broken.js': 'var one = 1;\nfunction (\n' }
const extension = ['--meta', 'auth0-extension=runtime', '--meta', 'auth0-extension-name=credentials-exchange']
const compiler = ['--meta', 'wt-compiler=auth0-ext-compilers/client-credentials-exchange']
const createExample = ['create', 'myrule.js', ...compiler, ...extension, '--secret', 'SOME_SECRET=shhhh']

let server: TestServer
let home: TestHome

beforeAll(async () => {
  server = await startTestServer()
  home = makeHome(files)
  const { container, token } = server.bootstrap.webtask
  const initialised = await wt('init', '--url', server.url, '--container', container, '--token', token)
  expect(initialised.code).toBe(0)
})
afterAll(async () => {
  home.remove()
  await server.close()
})
afterEach(async () => {
  const { container, token } = server.bootstrap.webtask
  const init = { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }
  for (const name of ['myrule', 'hook']) await fetch(`${server.url}/api/webtask/${container}/${name}`, init)
})

const wt = (...args: string[]) => run(home, wtCliBins.wt, args)
const auth0 = (...args: string[]) => run(home, wtCliBins.auth0, args)

test('a rule that does not compile is refused with one clean line that names the place', async () => {
  const { code, out, err } = await wt('create', 'broken.js', ...extension)
  expect([code, out]).toEqual([8, ''])
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(err).toMatch(/Error creating webtask: .*line 2, column \d+/)
  expect((await wt('rm', 'broken')).code).toBe(5)
})

test('a rule that requires an unknown module is refused by its name', async () => {
  const piped = ['create', '-n', 'broken', ...extension]
  const { code, err } = await run(home, wtCliBins.wt, piped, "require('left-pad'); module.exports = () => {}")
  expect(code).toBe(8)
  expect(err).toContain('left-pad')
})

test('a webtask without the meta of a rule is refused with the meta to add', async () => {
  const { code, err } = await wt('create', 'myrule.js')
  expect(code).toBe(8)
  expect(err).toContain('--meta auth0-extension=runtime --meta auth0-extension-name=credentials-exchange')
})

test('a URL instead of code is refused, for the server fetches nothing', async () => {
  const { code, err } = await wt('create', 'https://example.com/rule.js', ...extension)
  expect(code).toBe(8)
  expect(err).toMatch(/does not fetch code/)
})

test('secrets of special names are refused and change nothing', async () => {
  for (const name of ['__proto__', 'constructor', 'a.b']) {
    expect((await wt('create', 'myrule.js', ...extension, '--secret', `${name}=x`)).code).toBe(8)
  }
})

test('a wrong token is told in words, also at the log', async () => {
  const listed = await wt('ls', '--token', 'wrong')
  expect(listed.code).toBe(6)
  expect(listed.err).toMatch(/^The management token is not valid here/)
  const logs = await wt('logs', '--token', 'wrong')
  expect(logs.code).toBe(7)
  expect(logs.out).toMatch(/The management token is not valid here/)
})

test('the example works as written: create, a token with its claim and scope, the printed line, rm', async () => {
  const logs = start(home, wtCliBins.wt, ['logs'])
  await logs.until((out) => out.includes('connected to streaming logs'))
  const created = await wt(...createExample)
  expect(created.code).toBe(0)
  expect(created.out).toMatch(/Webtask created/)

  const { status, body, claims } = await server.requestToken({ scope: 'read' })
  await logs.until((out) => out.includes('secret has 5 letters'))
  expect(status).toBe(200)
  expect(body.scope).toBe('read extra')
  expect(claims).toMatchObject({ scope: 'read extra', 'https://foo.com/claim': 'bar' })
  const slowdown = measureSlowdown(() => processesBelow(process.pid))
  const delayMs = await usualDelay(logs)
  expect(delayMs).toBeLessThan(200 * slowdown())
  logs.interrupt()
  expect((await logs.ended).code).toBe(0)

  expect((await wt('rm', 'myrule')).out).toMatch(/Removed webtask: myrule/)
  const again = await wt('rm', 'myrule')
  expect(again.code).toBe(5)
  expect(again.err).toMatch(/No such webtask: myrule/)
  expect((await server.requestToken({ scope: 'read' })).claims).not.toHaveProperty(['https://foo.com/claim'])
})

/**
 * Milliseconds from an answer until its line is printed: the
 * median of five, lest a moment of a busy machine count for all.
 */
async function usualDelay(logs: Running): Promise<number> {
  const delays: number[] = []
  for (let line = 2; line <= 6; line++) {
    await server.requestToken({ scope: 'read' })
    const answeredAt = performance.now()
    await logs.until((out) => out.split('secret has 5 letters').length > line)
    delays.push(performance.now() - answeredAt)
  }
  return delays.toSorted((one, other) => one - other)[2] ?? Number.NaN
}

test('in a folder like the checkout a rule is named after its file, not after the package beside it', async () => {
  const packageJson = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')
  const checkout = makeHome({ ...files, 'package.json': packageJson })
  const { container, token } = server.bootstrap.webtask
  const at = ['--url', server.url, '--container', container, '--token', token]
  const created = await run(checkout, wtCliBins.wt, [...createExample, ...at])
  checkout.remove()
  expect(created.code).toBe(0)
  const names = JSON.parse((await wt('ls', '-o', 'json')).out).map(
    (webtask: { name: string }) => webtask.name,
  )
  expect(names).toContain('myrule')
  expect(names).not.toContain('tallystick')
  expect((await wt('rm', 'myrule')).code).toBe(0)
})

test('ls and inspect tell what was uploaded; secrets and code only when asked', async () => {
  await wt(...createExample)
  const listed = await wt('ls', '-o', 'json', '--show-token')
  const [item] = JSON.parse(listed.out)
  expect(item).toMatchObject({
    name: 'myrule',
    container: server.bootstrap.webtask.container,
    meta: { 'auth0-extension': 'runtime', 'auth0-extension-name': 'credentials-exchange' },
  })
  const plain = JSON.parse((await wt('inspect', 'myrule', '-o', 'json')).out)
  expect(plain).not.toHaveProperty('code')
  expect(typeof plain.ectx).toBe('string')
  const full = JSON.parse((await wt('inspect', 'myrule', '--decrypt', '--fetch-code', '-o', 'json')).out)
  expect(full).toMatchObject({ jtn: 'myrule', code: myrule, ectx: { SOME_SECRET: 'shhhh' }, mb: 1, dr: 1 })
  const byToken = JSON.parse((await wt('inspect', item.token, '-o', 'json')).out)
  expect(byToken.jti).toBe(full.jti)
})

test('the token that create returns is the one that ls tells afterwards', async () => {
  const created = JSON.parse((await wt(...createExample, '-o', 'json', '--show-token')).out)
  const [listed] = JSON.parse((await wt('ls', '-o', 'json', '--show-token')).out)
  expect(listed.token).toBe(created.token)
  expect(created.url).toBe(listed.url)
})

test('update changes the code and keeps the secrets; create replaces everything', async () => {
  await wt(...createExample)
  expect((await wt('update', 'myrule', 'hook.js')).out).toMatch(/Webtask updated/)
  const inspect = async () =>
    JSON.parse((await wt('inspect', 'myrule', '--decrypt', '--fetch-code', '-o', 'json')).out)
  expect(await inspect()).toMatchObject({ code: hook, ectx: { SOME_SECRET: 'shhhh' } })
  await wt('create', 'hook.js', '--name', 'myrule', ...extension)
  expect(await inspect()).not.toHaveProperty('ectx')
})

test('revoking the token of a webtask removes the rule', async () => {
  const { token } = JSON.parse((await wt(...createExample, '-o', 'json', '--show-token')).out)
  expect((await wt('token', 'revoke', token)).out).toMatch(/Token revoked/)
  expect((await wt('rm', 'myrule')).code).toBe(5)
})

test('the hooks client creates disabled, enables and disables without losing code or secrets', async () => {
  const hookRan = async () => (await server.requestToken()).claims['https://foo.com/hook']
  const created = await auth0(
    'create',
    '-t',
    'credentials-exchange',
    '-n',
    'hook',
    'hook.js',
    '--secret',
    'KEY=value',
  )
  expect(created.out).toMatch(/created in disabled state/)
  expect(await hookRan()).toBeUndefined()

  expect((await auth0('enable', 'hook')).out).toMatch(/has been enabled/)
  expect(await hookRan()).toBe('ran')
  expect((await auth0('ls')).out).toMatch(/hook \(enabled\)/)
  const inspected = JSON.parse((await wt('inspect', 'hook', '--decrypt', '--fetch-code', '-o', 'json')).out)
  expect(inspected).toMatchObject({ code: hook, ectx: { KEY: 'value' } })

  const updated = await auth0('create', '-t', 'credentials-exchange', '-n', 'hook', 'hook.js')
  expect(updated.out).toMatch(/updated in enabled state/)
  expect((await auth0('disable', 'hook')).out).toMatch(/has been disabled/)
  expect(await hookRan()).toBeUndefined()
  expect((await auth0('rm', 'hook')).code).toBe(0)
  expect((await auth0('ls', '-t', 'credentials-exchange')).out).not.toMatch(/hook\b.*enabled/)
})

test('a URL with a final slash and several rules in their order work', async () => {
  const { container, token } = server.bootstrap.webtask
  const at = ['--url', `${server.url}/`, '--container', container, '--token', token]
  const order = (value: number) => ['--meta', `auth0-extension-order=${value}`]
  const claim = (value: string) =>
    `module.exports = (c, scope, a, x, cb) => cb(null, { scope, 'https://foo.com/last': '${value}' })`
  const create = (name: string, value: number, code: string) =>
    run(home, wtCliBins.wt, ['create', '-n', name, ...extension, ...order(value), ...at], code)
  expect((await create('myrule', 2, claim('second'))).code).toBe(0)
  expect((await create('hook', 1, claim('first'))).code).toBe(0)
  expect((await server.requestToken()).claims['https://foo.com/last']).toBe('second')
})

test('what is not offered is answered with a sentence', async () => {
  expect((await wt('cron', 'ls')).err).toMatch(/Scheduled webtasks are not offered/)
  expect((await wt('token', 'create', '--ten', server.bootstrap.webtask.container)).err).toMatch(
    /Other tokens are not issued/,
  )
})
