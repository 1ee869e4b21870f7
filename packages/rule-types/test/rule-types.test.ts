import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtinModules } from '../../server/src/sandbox/builtin-modules.ts'

const packageDir = fileURLToPath(new URL('..', import.meta.url))
const modulesDir = fileURLToPath(new URL('../../../node_modules', import.meta.url))
let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'tallystick-rule-types-'))
  await mkdir(join(project, 'node_modules/@tallystick'), { recursive: true })
  await symlink(packageDir, join(project, 'node_modules/@tallystick/rule-types'))
  await symlink(join(modulesDir, '@types'), join(project, 'node_modules/@types'))
})

afterAll(() => rm(project, { recursive: true }))

test('a rule that misuses what it receives is refused by the checker, line by line', async () => {
  const report = await checkRule(`
    /// <reference types="@tallystick/rule-types" />
    /** @type {import('@tallystick/rule-types').CallbackRule} */
    module.exports = function (client, scope, audience, context, cb) {
      client.secret
      scope.push(42)
      context.webtask.storage
      new UnauthorizedError('no such class')
      cb(null, { scope: 'read' })
      cb(null, { sub: 'someone else' })
    }`)
  const refusedLines = [...report.matchAll(/rule\.js\((\d+),/g)].map((match) => Number(match[1]))
  expect(refusedLines).toEqual([5, 6, 7, 8, 9, 10])
})

test('an Action that misuses what it receives is refused by the checker, line by line', async () => {
  const report = await checkRule(
    `
    import type { API, Event } from '@tallystick/rule-types'
    export const onExecuteCredentialsExchange = async (event: Event, api: API): Promise<void> => {
      event.client.secret
      event.request.geoip.countryCode.length
      event.transaction.requested_scopes.push(1)
      const country: string = event.request.language
      api.access.deny('access_denied', 'no such code')
      api.accessToken.addScope('read')
      api.accessToken.setExpiresIn('60')
      api.transaction.setTargetScopes('read')
      api.cache.set('key', { an: 'object' })
      api.cache.get('key').value
      api.cache.set('key', 'value').record
    }`,
    'rule.ts',
  )
  const refusedLines = [...report.matchAll(/rule\.ts\((\d+),/g)].map((match) => Number(match[1]))
  expect([...new Set(refusedLines)]).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
})

test('the same Action in JavaScript is checked by the type in its comment', async () => {
  const report = await checkRule(`
    /** @type {import('@tallystick/rule-types').CredentialsExchangeAction} */
    exports.onExecuteCredentialsExchange = async (event, api) => {
      event.client.secret
      api.access.deny('access_denied')
    }`)
  const refusedLines = [...report.matchAll(/rule\.js\((\d+),/g)].map((match) => Number(match[1]))
  expect(refusedLines).toEqual([4, 5])
})

test('an Action that does all it may compiles under strict checks', async () => {
  expect(
    await checkRule(
      `
      import type { API, CacheResult, CredentialsExchangeAction, Event } from '@tallystick/rule-types'
      export const onExecuteCredentialsExchange: CredentialsExchangeAction = async (event: Event, api: API) => {
        const { plan = 'free' } = event.client.metadata
        const kept: CacheResult = api.cache.set('plan', plan, { ttl: 60_000 })
        if (kept.type === 'error') console.warn(kept.code)
        const cached: string | undefined = api.cache.get('plan')?.value
        api.cache.delete('plan')
        api.accessToken
          .setCustomClaim('plan', cached ?? plan)
          .transaction.addTargetScope('read')
          .transaction.removeTargetScope('write')
          .transaction.setTargetScopes(event.transaction.requested_scopes)
          .transaction.clearTargetScopes()
        if (event.request.ip === '') api.access.deny('server_error', 'no address').access.deny('invalid_scope')
      }`,
      'rule.ts',
    ),
  ).toBe('')
})

test('the examples of the documentation compile under strict checks', async () => {
  const page = await readFile(join(packageDir, 'index.d.ts'), 'utf8')
  const examples = [...page.matchAll(/```(js|ts)\n([\s\S]*?)```/g)]
  expect(examples).toHaveLength(3)
  for (const [, language, text = ''] of examples) {
    const source = text.replace(/^ \* ?/gm, '').replaceAll('*\\/', '*/')
    expect(await checkRule(source, `rule.${language}`), source).toBe('')
  }
})

test('the rule of the first walk compiles as it was written in 2016', async () => {
  expect(
    await checkRule(`
    /** @type {import('@tallystick/rule-types').CallbackRule} */
    module.exports = function (client, scope, audience, context, cb) {
      /** @type {import('@tallystick/rule-types').AccessTokenChanges} */
      var access_token = {};
      access_token['https://foo.com/claim'] = 'bar';
      access_token.scope = scope;
      access_token.scope.push('extra');
      console.log('secret has', context.webtask.secrets.SOME_SECRET.length, 'letters');
      cb(null, access_token);
    };`),
  ).toBe('')
})

test('the modules that the page lists are those that a rule finds', async () => {
  const page = await readFile(join(packageDir, 'index.d.ts'), 'utf8')
  const listed = page.match(/type BuiltinModule =([^\n]*\n(?: {2}\|.*\n)*)/)?.[1] ?? ''
  expect([...listed.matchAll(/'(\w+)'/g)].map((match) => match[1])).toEqual([...builtinModules].sort())
})

/** What the checker prints about the rule; empty when it finds nothing wrong. */
async function checkRule(source: string, name = 'rule.js'): Promise<string> {
  await writeFile(join(project, name), source)
  const options = {
    strict: true,
    checkJs: true,
    allowJs: true,
    noEmit: true,
    module: 'commonjs',
    target: 'es2024',
    lib: ['es2024'],
    types: ['node'],
    skipLibCheck: false,
  }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: [name] }))
  return new Promise((resolve) => {
    const flags = ['-p', project, '--pretty', 'false', '--checkers', '1']
    execFile(join(modulesDir, '.bin/tsc'), flags, (_error, stdout) => resolve(stdout))
  })
}
