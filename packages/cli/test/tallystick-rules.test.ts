/** `tallystick rules` against a started server, from the first upload to a rule's line in the tail. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { invoices } from '../../server/test/test-server.ts'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
  await here.file('billing.secret', here.server.billing.secret)
})
afterAll(() => here.close())

const by = 'https://plans.example.com/by'
const getToken = () => {
  const client = here.server.billing.id
  return ['token', 'get', '--client', client, '--api', invoices, '--secret-file', secretFile()]
}
const secretFile = () => `${here.folder}/billing.secret`

function addPlan(name: string): string {
  return `module.exports = function (client, scope, audience, context, cb) {
  if (context.webtask.secrets.KEY) {
    console.log('the key has', context.webtask.secrets.KEY.length, 'letters\\n\\u001b[2Jand more')
  }
  cb(null, {
    scope: scope.concat('extra').filter(function (value, index, all) { return all.indexOf(value) === index }),
    '${by}': '${name}',
  })
}
`
}

async function claims(): Promise<unknown> {
  return Object(await here.json(getToken())).claims
}

test('a rule that is not there ends with 3', async () => {
  expect((await here.tallystick(['rules', 'show', 'nothing'])).exitCode).toBe(3)
})

test('a rule makes the token, and the tail shows what it prints', async () => {
  const secrets = await here.file('secrets', '# of the rule\nKEY=hunter2\n')
  const code = await here.file('add-plan.js', addPlan('first'))
  await here.ok(['rules', 'create', 'add-plan', code, '--secrets-file', secrets])

  const tail = here.followTail(['--rule', 'add-plan'], (output) => output.includes('seccft'))
  await tail.connected
  expect(await here.json([...getToken(), '--scope', 'read'])).toMatchObject({
    scope: 'read extra',
    header: { alg: 'ES256' },
    claims: { aud: invoices, [by]: 'first' },
  })
  const { exitCode, output } = await tail.ended
  expect(exitCode).toBe(130)
  expect(output).toMatch(/info +add-plan: the key has 7 letters\n {4}\| \\x1b\[2Jand more\n/)
  expect(output).not.toContain('hunter2')
})

test('an update of the code keeps the secrets, and makes a version', async () => {
  await here.ok(['rules', 'update', 'add-plan', await here.file('add-plan.js', addPlan('second'))])
  expect(await here.json(['rules', 'show', 'add-plan'])).toMatchObject({
    version: { number: 2, secrets: ['KEY'] },
  })
  expect(await claims()).toMatchObject({ [by]: 'second' })
  const { output } = await here.ok(['rules', 'versions', 'add-plan', '--ids'])
  expect(output.trim().split('\n')).toHaveLength(2)
  const code = await here.ok(['rules', 'show', 'add-plan', '--code'])
  expect(code.output).toBe(addPlan('second'))
})

test('code that does not compile is refused with its line, and changes nothing', async () => {
  const broken = await here.file('broken.js', 'module.exports = function () {\n  return }{\n}')
  const { exitCode, messages } = await here.tallystick(['rules', 'update', 'add-plan', broken])
  expect(exitCode).toBe(1)
  expect(messages).toMatch(/line 2/)
  expect(await claims()).toMatchObject({ [by]: 'second' })
})

test('rules run in the order that was asked for, and a disabled one does not run', async () => {
  await here.ok(['rules', 'create', 'overwrite', await here.file('third.js', addPlan('third'))])
  expect(await claims()).toMatchObject({ [by]: 'third' })
  await here.ok(['rules', 'order', 'overwrite'])
  expect(await claims()).toMatchObject({ [by]: 'second' })
  await here.ok(['rules', 'disable', 'add-plan'])
  expect(await claims()).toMatchObject({ [by]: 'third' })
})

test('ids flow from one command into the next', async () => {
  const ids = (await here.ok(['rules', 'list', '--ids'])).output
  await here.ok(['rules', 'delete', '-', '--yes'], { input: ids })
  expect(await here.json(['rules', 'list'])).toEqual([])
})
