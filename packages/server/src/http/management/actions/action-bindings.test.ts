import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
let client: { client_id: string; client_secret: string }
beforeAll(async () => {
  world = await startTwoTenants()
  const { clients, resourceServers, clientGrants } = world.mine.connection
  const made = await clients.create({ name: 'machine' })
  client = { client_id: made.client_id, client_secret: String(made.client_secret) }
  await resourceServers.create({ identifier: 'urn:api', scopes: [{ value: 'read' }] })
  await clientGrants.create({ client_id: made.client_id, audience: 'urn:api', scope: ['read'] })
})
afterAll(() => world.close())
beforeEach(() => bind([]))

const trigger = 'credentials-exchange'
let count = 0

/** Deployed: it writes its name into the claim `ran`. */
async function newAction(changes: { code?: string; deploy?: boolean } = {}) {
  const name = `action ${++count}`
  const ran = `[...(event.accessToken.customClaims.ran ?? []), '${name}']`
  const code = `exports.onExecuteCredentialsExchange = async (event, api) => { api.accessToken.setCustomClaim('ran', ${ran}) }`
  const supported_triggers = [{ id: trigger, version: 'v2' } as const]
  return world.mine.connection.actions.create({ name, supported_triggers, code, deploy: true, ...changes })
}

type Ref = { type: 'action_name' | 'action_id' | 'binding_id'; value: string }
const bind = (refs: Ref[]) =>
  world.mine.connection.actionBindings.update(trigger, { bindings: refs.map((ref) => ({ ref })) })
const byName = ({ name }: { name: string }): Ref => ({ type: 'action_name', value: name })

async function exchange() {
  const response = await world.mine.fetch('/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', audience: 'urn:api', ...client }),
  })
  const body: { access_token: string } = JSON.parse(await response.text())
  return { id: String(response.headers.get('x-request-id')), status: response.status, body }
}
const ran = async () => decodeJwt((await exchange()).body.access_token).ran

test('an Action that was never deployed cannot be bound, and what was bound stays', async () => {
  const one = await newAction()
  const draft = await newAction({ deploy: false })
  await bind([byName(one)])
  await expect(bind([byName(draft), byName(one)])).rejects.toMatchObject({
    status: 400,
    message: `The Action ${draft.name} was never deployed. Deploy it before it is bound.`,
  })
  expect(await ran()).toEqual([one.name])
})

test('an Action that is not there, or is another tenant’s, cannot be bound', async () => {
  const body = { name: 'theirs', supported_triggers: [{ id: trigger } as const], deploy: true }
  const theirs = await world.theirs.connection.actions.create(body)
  const refs: Ref[] = [
    { type: 'action_id', value: theirs.id },
    { type: 'action_name', value: 'theirs' },
    { type: 'binding_id', value: 'bnd_nothing' },
  ]
  for (const ref of refs) {
    await expect(bind([ref])).rejects.toMatchObject({ status: 404, message: 'That action does not exist.' })
  }
})

test('an Action is bound once, and secrets are the Action’s', async () => {
  const one = await newAction()
  await expect(bind([byName(one), { type: 'action_id', value: one.id }])).rejects.toMatchObject({
    status: 400,
  })
  const { actionBindings } = world.mine.connection
  const bindings = [{ ref: byName(one), secrets: [{ name: 'A', value: 'v' }] }]
  await expect(actionBindings.update(trigger, { bindings })).rejects.toMatchObject({ status: 400 })
})

test('a trigger has twenty bindings and no more', async () => {
  const refs: Ref[] = []
  while (refs.length < 21) refs.push(byName(await newAction()))
  expect((await bind(refs.slice(0, 20))).total).toBe(20)
  await expect(bind(refs)).rejects.toMatchObject({ status: 400, code: 'invalid_body' })
  expect(await ran()).toHaveLength(20)
})

test('another trigger is not there', async () => {
  const { actionBindings } = world.mine.connection
  await expect(actionBindings.list('post-login')).rejects.toMatchObject({
    status: 404,
    code: 'inexistent_trigger',
  })
})

test('the triggers tell what runs at them', async () => {
  const { triggers } = await world.mine.connection.actionBindings.triggers()
  expect(triggers).toEqual([
    {
      id: 'credentials-exchange',
      version: 'v2',
      status: 'CURRENT',
      runtimes: ['node18-actions', 'node22'],
      default_runtime: 'node22',
      binding_policy: 'trigger-bound',
      compatible_triggers: [],
    },
    expect.objectContaining({ version: 'v1', status: 'DEPRECATED', default_runtime: 'node12' }),
  ])
})

test('bound Actions run in the order of their bindings, and unbound ones at once no more', async () => {
  const [one, two] = [await newAction(), await newAction()]
  expect(await ran()).toBeUndefined()
  await bind([byName(two), byName(one)])
  expect(await ran()).toEqual([two.name, one.name])
  await bind([byName(one), byName(two)])
  expect(await ran()).toEqual([one.name, two.name])
  await bind([byName(two)])
  expect(await ran()).toEqual([two.name])
  await bind([])
  expect(await ran()).toBeUndefined()
})

test('a binding is told with its Action, and keeps its id while it is bound', async () => {
  const [one, two] = [await newAction(), await newAction()]
  const { actions, actionBindings } = world.mine.connection
  const first = await bind([byName(one)])
  expect(first).toEqual({
    bindings: [
      {
        id: expect.stringMatching(/^bnd_/),
        trigger_id: trigger,
        display_name: one.name,
        action: await actions.get(one.id),
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    ],
    total: 1,
    page: 0,
    per_page: 100,
  })
  const [binding] = first.bindings
  if (!binding) throw new Error('Nothing is bound.')
  const second = await actionBindings.update(trigger, {
    bindings: [
      { ref: byName(two) },
      { ref: { type: 'binding_id', value: binding.id }, display_name: 'Named' },
    ],
  })
  expect(second.bindings.map(({ display_name }) => display_name)).toEqual([two.name, 'Named'])
  expect(second.bindings[1]).toMatchObject({ id: binding.id, created_at: binding.created_at })
  expect((await bind([{ type: 'action_id', value: one.id }])).bindings[0]).toMatchObject({
    display_name: 'Named',
  })
  expect(await actionBindings.list(trigger, { page: 1, per_page: 1 })).toMatchObject({
    bindings: [],
    total: 1,
  })
})

test('of two orders at the same time one holds, and they are not mixed', async () => {
  const [one, two] = [await newAction(), await newAction()]
  await Promise.all([bind([byName(one)]), bind([byName(two)]), bind([byName(two), byName(one)])])
  const { bindings } = await world.mine.connection.actionBindings.list(trigger)
  const bound = bindings.map(({ display_name }) => display_name)
  expect([[one.name], [two.name], [two.name, one.name]]).toContainEqual(bound)
})

test('a changed draft changes nothing that runs until it is deployed', async () => {
  const one = await newAction()
  const { actions } = world.mine.connection
  await bind([byName(one)])
  await actions.update(one.id, { code: one.code.replace('[...', "['changed', ...") })
  expect(await ran()).toEqual([one.name])
  await actions.deploy(one.id)
  expect(await ran()).toEqual(['changed', one.name])
})

test('a bound Action is deleted only by force, and its binding goes with it', async () => {
  const one = await newAction()
  const { actions, actionBindings } = world.mine.connection
  await bind([byName(one)])
  await expect(actions.delete(one.id)).rejects.toMatchObject({ status: 409 })
  expect(await ran()).toEqual([one.name])
  await actions.delete(one.id, { force: true })
  expect(await ran()).toBeUndefined()
  expect((await actionBindings.list(trigger)).bindings).toEqual([])
})

test('an execution tells what each Action of an exchange did, and only of those', async () => {
  const { actions } = world.mine.connection
  const unseen = await exchange()
  await expect(actions.execution(unseen.id)).rejects.toMatchObject({ status: 404 })
  await expect(actions.execution('nothing')).rejects.toMatchObject({ status: 404 })
  const one = await newAction()
  const failing = await newAction({
    code: "exports.onExecuteCredentialsExchange = async () => { throw new Error('oh') }",
  })
  await bind([byName(one), byName(failing)])
  const { id, status } = await exchange()
  expect(status).toBe(500)
  const execution = await actions.execution(id)
  expect(execution).toMatchObject({
    id,
    trigger_id: trigger,
    status: 'final',
    results: [
      { action_name: one.name },
      { action_name: failing.name, error: { id: 'threw', msg: expect.stringContaining('oh') } },
    ],
  })
  expect(execution.results[0]).not.toHaveProperty('error')
  await expect(world.theirs.connection.actions.execution(id)).rejects.toMatchObject({ status: 404 })
})
