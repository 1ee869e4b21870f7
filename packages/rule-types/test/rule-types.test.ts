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

test('the example of the documentation compiles under strict checks', async () => {
  const page = await readFile(join(packageDir, 'index.d.ts'), 'utf8')
  const example = page.match(/```js\n([\s\S]*?)```/)?.[1]
  if (example === undefined) throw new Error('index.d.ts has no example')
  expect(await checkRule(example.replace(/^ \* ?/gm, '').replaceAll('*\\/', '*/'))).toBe('')
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
async function checkRule(source: string): Promise<string> {
  await writeFile(join(project, 'rule.js'), source)
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
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['rule.js'] }),
  )
  return new Promise((resolve) => {
    execFile(join(modulesDir, '.bin/tsc'), ['-p', project, '--pretty', 'false'], (_error, stdout) =>
      resolve(stdout),
    )
  })
}
