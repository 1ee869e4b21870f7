/** `tallystick rules run`: the real sandbox, without a server. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRuleRunner as openServersRunner } from '../../server/src/rule-runner.ts'
import type { RuleRunner } from '../src/rule-runner.ts'
import { type RunSettings, runRecorded } from './recorded-run.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-run-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const run = (args: readonly string[], settings: RunSettings = {}) =>
  runRecorded(['rules', 'run', ...args], settings)

const action = (body: string) =>
  file('action.js', `exports.onExecuteCredentialsExchange = async (event, api) => {${body}}`)

test('an Action that denies ends with 1, and says what the client would get', async () => {
  const ended = await run([action("api.access.deny('invalid_request', 'not today')")])
  expect(ended.exitCode).toBe(1)
  expect(ended.output).toContain('refused: invalid_request, not today')
  expect(ended.messages).toContain('The rule refused the request.')
})

for (const [name, source] of [
  ['action.js', "exports.onExecuteCredentialsExchange = async () => {\n\n  throw new TypeError('boom')\n}"],
  [
    'action.ts',
    "interface Plan {}\nexport const onExecuteCredentialsExchange = async (event: Plan): Promise<void> => {\n  throw new TypeError('boom')\n}",
  ],
] as const) {
  test(`a rule that throws ends with 1, and says where: ${name}`, async () => {
    const ended = await run([file(name, source)])
    expect(ended.exitCode).toBe(1)
    expect(ended.messages).toMatch(/The rule failed\.[\s\S]*threw TypeError: boom \(line 3\)/)
  })
}

test('a module that is not there is refused by its name and line, also in TypeScript', async () => {
  const ended = await run([file('imports.ts', "type A = 1\nimport ms from 'ms'\nexport default ms")])
  expect(ended.exitCode).toBe(1)
  expect(ended.messages).toMatch(/the module 'ms', .* \(line 2\)/)
})

test('a rule that does not compile ends with 1 and its line, and runs nothing', async () => {
  const ended = await run([file('broken.ts', 'const a: number = 1\nconst b = = 2')])
  expect(ended).toMatchObject({ exitCode: 1, output: '' })
  expect(ended.messages).toMatch(/cannot be built[\s\S]*line 2/)
})

for (const [name, args, input] of [
  ['an event that is no JSON', ['--event', '-'], '{ nonsense'],
  ['an event that cannot be one', ['--event', '-'], '{ "accessToken": { "scope": "read" } }'],
  ['granted scopes that are none', ['--granted', 'a"b'], ''],
  ['a model that there is not', ['--model', 'pipeline'], ''],
  ['one input for two things', ['--event', '-', '--secrets-file', '-'], '{}'],
  ['an input to be watched', ['--event', '-', '--watch'], '{}'],
  ['dependencies that are none', ['--dependencies', '/nowhere/package.json'], ''],
] as const) {
  test(`wrong usage ends with 2: ${name}`, async () => {
    const ended = await run([action(''), ...args], { input })
    expect([ended.exitCode, ended.output]).toEqual([2, ''])
  })
}

test('settings of the environment that a server refuses are refused here', async () => {
  const ended = await run([action('')], { env: { TALLYSTICK_RULE_TIMEOUT_MS: 'soon' } })
  expect(ended.exitCode).toBe(2)
  expect(ended.messages).toContain('TALLYSTICK_RULE_TIMEOUT_MS')
})

test('a range in place of a version is refused by the name of its package', async () => {
  const packageJson = file('package.json', '{ "dependencies": { "lodash": "^4.17.21" } }')
  const ended = await run([action(''), '--dependencies', packageJson])
  expect(ended.exitCode).toBe(1)
  expect(ended.messages).toMatch(/lodash needs one exact version/)
})

test('a TypeScript Action shows its claims, scopes, lines and remarks, and ends with 0', async () => {
  const rule = file(
    'action.ts',
    `interface Plan { readonly name: string }
export const onExecuteCredentialsExchange = async (event: any, api: any): Promise<void> => {
  const plan: Plan = { name: event.client.metadata.plan }
  console.log('the key is', event.secrets.KEY)
  console.log('second\\nline \\u001b[2J')
  api.accessToken.setCustomClaim('plan', plan).accessToken.setCustomClaim('sub', 'admin')
  api.transaction.addTargetScope('admin').transaction.addTargetScope('foreign')
}`,
  )
  const event = file('event.json', '{ "client": { "metadata": { "plan": "gold" } } }')
  const secrets = file('secrets', 'KEY=hunter2hunter2\n')
  const ended = await run([
    rule,
    '--event',
    event,
    '--secrets-file',
    secrets,
    '--granted',
    'read write admin',
  ])
  expect(ended.exitCode).toBe(0)
  expect(ended.output).toContain('the key is [secret]\n')
  expect(ended.output).toContain('info  second\n    | line \\x1b[2J\n')
  expect(ended.output).toContain(
    'A claim that the rule action.ts set was dropped: sub (the name is reserved).',
  )
  expect(ended.output).toMatch(/^result +granted\n/m)
  expect(ended.output).toMatch(/^scopes +read write admin\n/m)
  expect(ended.output).toMatch(/^claims +plan = {"name":"gold"}\n/m)
  expect(ended.output).toMatch(/^dropped +sub\n/m)
  expect(ended.output).toMatch(/^model +action\n/m)
  expect(ended.output).toMatch(/^time +[\d.]+ ms in the (fast|slow) lane; built in [\d.]+ ms\n/m)
  expect(ended.output).not.toContain('hunter2')
})

test('a callback rule runs under the sample, as JSON when that is asked for', async () => {
  const rule = file(
    'rule.js',
    "module.exports = (client, scope, audience, context, cb) => cb(null, { scope, 'https://foo.com/a': client.name })",
  )
  const ended = await run([rule, '--json'])
  expect(JSON.parse(ended.output)).toMatchObject({
    kind: 'ran',
    model: 'callback',
    ended: 'returned',
    outcome: { kind: 'granted', scopes: ['read', 'write'], claims: { 'https://foo.com/a': 'Sample client' } },
    console: [],
    droppedClaims: [],
  })
})

test('a rule comes from standard input, and is called as it is told to', async () => {
  const ended = await run(['-', '--model', 'action', '--json'], {
    input: "exports['onExecuteCredentials' + 'Exchange'] = () => {}",
  })
  expect(JSON.parse(ended.output)).toMatchObject({ model: 'action', outcome: { kind: 'granted' } })
})

test('with --watch it runs again when a file changes, goes on after a failure, and Ctrl-C ends it with 130', async () => {
  const rule = action("api.accessToken.setCustomClaim('plan', 'first')")
  const interruption = new AbortController()
  const steps = [
    { seen: 'plan = "first"', next: () => action('throw new Error()') },
    { seen: 'failed: server_error', next: () => action("api.accessToken.setCustomClaim('plan', 'third')") },
    { seen: 'plan = "third"', next: () => interruption.abort() },
  ]
  const ended = await run([rule, '--watch'], {
    interrupted: interruption.signal,
    onOutput: (output) => {
      if (steps[0] && output.includes(steps[0].seen)) steps.shift()?.next()
    },
  })
  expect([ended.exitCode, steps]).toEqual([130, []])
})

test('the part of the server that runs rules is what the command line takes it for', async () => {
  const open: (env: Record<string, string>) => Promise<RuleRunner> = openServersRunner
  const runner = await open({})
  expect(await runner.run({ ...nothing, source: 'module.exports = 1 +' })).toMatchObject({ kind: 'not_run' })
  await runner.close()
})

const nothing = {
  name: 'nothing',
  model: 'auto',
  dependencies: {},
  rawEvent: {},
  secrets: {},
  granted: undefined,
  egressAllow: [],
} as const
