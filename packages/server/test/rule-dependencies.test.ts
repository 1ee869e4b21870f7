/**
 * Packages of npm by each of the three doors: when they are
 * installed, what is refused, and what stays without a registry.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLoopbackRegistry } from './loopback-registry.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let registry: Awaited<ReturnType<typeof startLoopbackRegistry>>
let server: TestServer
beforeAll(async () => {
  registry = await startLoopbackRegistry({
    'greeting@1.0.0': "module.exports = 'hello'",
    'greeting@2.0.0': "module.exports = 'good day'",
    'parting@1.0.0': "module.exports = 'bye'",
  })
  server = await startTestServer({ settings: { TALLYSTICK_NPM_REGISTRY: registry.url } })
})
afterAll(async () => {
  await server.close()
  await registry.close()
})

const trigger = 'credentials-exchange'
const callback = (claim: string) =>
  `module.exports = (client, scope, audience, context, cb) => cb(null, { scope, 'https://example.com/${claim}': require('greeting') })`
const actionCode =
  "const greeting = require('greeting'); exports.onExecuteCredentialsExchange = async (event, api) => { api.accessToken.setCustomClaim('action', greeting) }"
const claims = async () => (await server.requestToken()).claims

test('a package or a version that the registry does not have is refused by each door, and nothing is stored', async () => {
  const { hooks, actions, rules } = server.management
  const refused = { status: 400, message: expect.stringContaining('greeting') }
  const missing = { name: 'greeting', version: '9.9.9' }
  await expect(
    hooks.create({
      name: 'h',
      script: callback('hook'),
      triggerId: trigger,
      dependencies: { greeting: '9.9.9' },
    }),
  ).rejects.toMatchObject(refused)
  const action = {
    name: 'a',
    code: actionCode,
    supported_triggers: [{ id: trigger } as const],
    dependencies: [missing],
  }
  await expect(actions.create({ ...action, deploy: true })).rejects.toMatchObject(refused)
  const answer = await server.sendRule({
    source: callback('webtask'),
    meta: { 'wt-node-dependencies': '{"greeting":"9.9.9"}' },
  })
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('greeting')])
  expect(await rules.list()).toEqual([])
  expect(await hooks.list()).toEqual([])
})

test('a draft asks no registry; its deploy does, and fails without a change', async () => {
  const { actions } = server.management
  const { id } = await actions.create({
    name: 'draft',
    code: actionCode,
    supported_triggers: [{ id: trigger }],
    dependencies: [{ name: 'greeting', version: '9.9.9' }],
  })
  await expect(actions.deploy(id)).rejects.toMatchObject({ status: 400 })
  const asked = registry.requested.length
  const draft = await actions.update(id, { dependencies: [{ name: 'greeting', version: '1.0.0' }] })
  expect(draft).toMatchObject({ status: 'built', all_changes_deployed: false })
  expect(draft).not.toHaveProperty('deployed_version')
  expect(registry.requested).toHaveLength(asked)
  expect((await actions.test(id)).payload.claims).toEqual({ action: 'hello' })
  await actions.delete(id)
})

test('packages are installed with the rule by each door, and last without the registry, also for a roll-back', async () => {
  const { hooks, hookSecrets, actions, actionVersions, actionBindings } = server.management
  const meta = { 'wt-node-dependencies': '{"greeting":"2.0.0"}' }
  await server.uploadRule({ source: callback('webtask'), meta })
  const hook = await hooks.create({
    name: 'hook',
    script: callback('hook'),
    triggerId: trigger,
    enabled: true,
    dependencies: { greeting: '1.0.0' },
  })
  const { id } = await actions.create({
    name: 'action',
    code: actionCode,
    supported_triggers: [{ id: trigger }],
    dependencies: [{ name: 'greeting', version: '1.0.0' }],
  })
  const first = await actions.deploy(id)
  await actions.update(id, { dependencies: [{ name: 'greeting', version: '2.0.0' }] })
  await actions.deploy(id)
  await actionBindings.update(trigger, { bindings: [{ ref: { type: 'action_id', value: id } }] })
  expect(await claims()).toMatchObject({
    'https://example.com/webtask': 'good day',
    'https://example.com/hook': 'hello',
    action: 'good day',
  })

  await registry.close()
  await actionVersions.deploy(id, first.id, { update_draft: true })
  await hookSecrets.add(hook.id, { KEY: 'value' })
  await hooks.update(hook.id, { name: 'renamed' })
  expect(await actions.get(id)).toMatchObject({ dependencies: [{ name: 'greeting', version: '1.0.0' }] })
  expect(await claims()).toMatchObject({
    'https://example.com/webtask': 'good day',
    'https://example.com/hook': 'hello',
    action: 'hello',
  })
  await expect(hooks.update(hook.id, { dependencies: { parting: '1.0.0' } })).rejects.toMatchObject({
    status: 400,
  })
  expect((await hooks.get(hook.id)).dependencies).toEqual({ greeting: '1.0.0' })
})
