import type { ActionToCreate } from '@tallystick/management-api/contract/actions'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { named } from '../../../../test/named-cases.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const trigger = { id: 'credentials-exchange', version: 'v2' } as const
const code = 'exports.onExecuteCredentialsExchange = async (event, api) => {}'
let count = 0
const newAction = (changes: Partial<ActionToCreate> = {}): ActionToCreate => ({
  name: `action ${++count}`,
  supported_triggers: [trigger],
  code,
  ...changes,
})

async function send(method: string, path: string, body?: unknown) {
  const response = await world.mine.fetch(`/api/v2/actions${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await world.mine.token()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

const many = <Item>(length: number, item: (n: number) => Item) => Array.from({ length }, (_, n) => item(n))
const malformed: [Record<string, unknown>, string][] = [
  [{ name: 'no trigger', code }, 'Missing required property: supported_triggers'],
  [{ supported_triggers: [trigger], code }, 'Missing required property: name'],
  [{ name: 'none', supported_triggers: [], code }, 'on property supported_triggers'],
  [{ ...newAction(), name: '<b>' }, 'on property name'],
  [{ ...newAction(), name: ' blank' }, 'on property name'],
  [
    { ...newAction(), supported_triggers: [{ id: 'post-login', version: 'v3' }] },
    'Expected one of: credentials-exchange',
  ],
  [{ ...newAction(), supported_triggers: [{ ...trigger, version: 'v3' }] }, 'Expected one of: v1, v2'],
  [{ ...newAction(), runtime: 'python' }, 'on property runtime'],
  [{ ...newAction(), status: 'built' }, 'Additional properties not allowed: status'],
  [{ ...newAction(), code: `//${'x'.repeat(101_000)}` }, 'on property code'],
  [{ ...newAction(), code: `//${'ä'.repeat(60_000)}` }, 'bytes; at most 100000'],
  [{ ...newAction(), code: 'exports.a = (\n}' }, 'line 2, column 1'],
  [{ ...newAction(), code: "require('left-pad')" }, "'left-pad'"],
  [{ ...newAction(), dependencies: [{ name: 'ms', version: '^2.1.3' }] }, 'one exact version'],
  [{ ...newAction(), dependencies: [{ name: 'MS!', version: '2.1.3' }] }, 'no name of a package'],
  [
    { ...newAction(), dependencies: [{ name: 'ms', version: '2.1.3', registry_url: 'https://r.example' }] },
    'registry_url',
  ],
  [{ ...newAction(), dependencies: many(2, () => ({ name: 'ms', version: '2.1.3' })) }, 'there once'],
  [
    { ...newAction(), dependencies: many(11, (n) => ({ name: `p${n}`, version: '1.0.0' })) },
    'on property dependencies',
  ],
  [{ ...newAction(), secrets: [{ name: 'has blank', value: 'v' }] }, 'on property secrets.0.name'],
  [{ ...newAction(), secrets: [{ name: 'constructor', value: 'v' }] }, 'on property secrets.0.name'],
  [{ ...newAction(), secrets: [{ name: 'x'.repeat(129), value: 'v' }] }, 'on property secrets.0.name'],
  [{ ...newAction(), secrets: [{ name: 'A', value: 'x'.repeat(4097) }] }, 'on property secrets.0.value'],
  [{ ...newAction(), secrets: many(31, (n) => ({ name: `S${n}`, value: 'v' })) }, 'on property secrets'],
  [{ ...newAction(), secrets: many(2, () => ({ name: 'A', value: 'v' })) }, 'there once'],
  [{ ...newAction(), secrets: [{ name: 'A' }] }, 'a value has to be sent'],
  [{ ...newAction(), secrets: [{ name: 'A', value: '_VALUE_NOT_SHOWN_' }] }, 'a value has to be sent'],
  [{ ...newAction(), modules: [{ module_name: 'm' }] }, 'Modules of Actions are not offered'],
]
test.each(named(malformed))(
  'an Action that is not well formed is refused, and nothing is stored: %s',
  async (_name, body, words) => {
    const before = await world.mine.connection.actions.list()
    expect(await send('POST', '/actions', body)).toMatchObject({
      status: 400,
      body: {
        statusCode: 400,
        error: 'Bad Request',
        errorCode: 'invalid_body',
        message: expect.stringContaining(words),
      },
    })
    expect(await world.mine.connection.actions.list()).toEqual(before)
  },
)

test('a second Action of a name is a conflict, also as a change', async () => {
  const { actions } = world.mine.connection
  const first = await actions.create(newAction({ name: 'taken' }))
  const other = await actions.create(newAction())
  await expect(actions.create(newAction({ name: 'taken' }))).rejects.toMatchObject({ status: 409 })
  await expect(actions.update(other.id, { name: 'taken' })).rejects.toMatchObject({ status: 409 })
  expect(await actions.get(first.id)).toEqual(first)
  expect(await actions.get(other.id)).toEqual(other)
})

test('an Action of another tenant is not there', async () => {
  const { id } = await world.theirs.connection.actions.create(newAction())
  const body = {
    statusCode: 404,
    error: 'Not Found',
    message: 'That action does not exist.',
    errorCode: 'inexistent_action',
  }
  const refused = { status: 404, body }
  expect(await send('GET', `/actions/${id}`)).toEqual(refused)
  expect(await send('PATCH', `/actions/${id}`, {})).toEqual(refused)
  expect(await send('DELETE', `/actions/${id}`)).toEqual(refused)
  expect(await send('POST', `/actions/${id}/deploy`)).toEqual(refused)
  expect(await send('POST', `/actions/${id}/test`, { payload: {} })).toEqual(refused)
  expect(await send('GET', `/actions/${id}/versions`)).toEqual(refused)
  expect(await send('GET', '/actions/rul_nothing')).toEqual(refused)
})

test('an Action is a draft that is built at once and deployed by nobody', async () => {
  const { actions } = world.mine.connection
  const made = await actions.create(newAction({ name: 'claim', secrets: [{ name: 'K', value: 'v' }] }))
  expect(made).toEqual({
    id: expect.any(String),
    name: 'claim',
    supported_triggers: [trigger],
    code,
    dependencies: [],
    runtime: 'node22',
    status: 'built',
    secrets: [{ name: 'K', updated_at: made.created_at }],
    all_changes_deployed: false,
    created_at: expect.any(String),
    updated_at: made.created_at,
  })
  expect(await actions.get(made.id)).toEqual(made)
})

test('dependencies and the names of runtimes are told again as they were sent', async () => {
  const { actions } = world.mine.connection
  const dependencies = [{ name: '@scope/one', version: '1.2.3' }]
  const body = newAction({ dependencies, supported_triggers: [{ id: trigger.id, version: 'v1' }] })
  expect(await actions.create(body)).toMatchObject({
    dependencies,
    runtime: 'node12',
    supported_triggers: [{ id: 'credentials-exchange', version: 'v1' }],
  })
  expect(await actions.create(newAction({ runtime: 'node18-actions' }))).toMatchObject({
    runtime: 'node18-actions',
  })
})

test('an Action may be deployed as it is created', async () => {
  const made = await world.mine.connection.actions.create(newAction({ deploy: true }))
  expect(made).toMatchObject({
    all_changes_deployed: true,
    deployed_version: { number: 1, deployed: true, status: 'built', code, runtime: 'node22' },
    current_version: { number: 1, status: 'BUILT', build_time: made.created_at },
  })
  expect(await world.mine.connection.actions.get(made.id)).toEqual(made)
})

test('a secret that is sent without a value keeps it, and one that is not sent ends', async () => {
  const { actions } = world.mine.connection
  const secrets = [
    { name: 'A', value: 'first' },
    { name: 'B', value: 'second' },
  ]
  const printing =
    'exports.onExecuteCredentialsExchange = async ({ secrets }, api) => { for (const name in secrets) api.accessToken.setCustomClaim(name, secrets[name].length) }'
  const { id } = await actions.create(newAction({ code: printing, secrets }))
  const lengths = async () => (await actions.test(id)).payload.claims
  expect(await lengths()).toEqual({ A: 5, B: 6 })
  await actions.update(id, { code: `${printing} // same secrets` })
  expect(await lengths()).toEqual({ A: 5, B: 6 })
  await actions.update(id, { secrets: [{ name: 'A' }, { name: 'C', value: '' }] })
  expect(await lengths()).toEqual({ A: 5, C: 0 })
  await actions.update(id, { secrets: [{ name: 'A', value: '_VALUE_NOT_SHOWN_' }] })
  expect(await lengths()).toEqual({ A: 5 })
  await expect(actions.update(id, { secrets: [{ name: 'B' }] })).rejects.toMatchObject({ status: 400 })
  await actions.update(id, { secrets: [] })
  expect(await lengths()).toEqual({})
})

test('what is sent as it is changes nothing', async () => {
  const { actions } = world.mine.connection
  const made = await actions.create(newAction({ secrets: [{ name: 'A', value: 'first' }], deploy: true }))
  const same = { name: made.name, code, supported_triggers: [trigger], dependencies: [], runtime: 'node22' }
  expect(await actions.update(made.id, { ...same, secrets: [{ name: 'A' }] })).toEqual(made)
  expect(await actions.update(made.id, { secrets: [{ name: 'A', value: 'first' }] })).toEqual(made)
  const changed = await actions.update(made.id, { secrets: [{ name: 'A', value: 'other' }] })
  expect(changed).toMatchObject({ all_changes_deployed: false, deployed_version: made.deployed_version })
  expect(changed.updated_at > made.updated_at).toBe(true)
  expect(await actions.get(made.id)).toEqual(changed)
})

test('a new name holds at once and deploys nothing', async () => {
  const { actions } = world.mine.connection
  const made = await actions.create(newAction({ deploy: true }))
  const renamed = await actions.update(made.id, { name: 'renamed' })
  expect(renamed).toMatchObject({ name: 'renamed', all_changes_deployed: true })
  expect(await actions.get(made.id)).toEqual(renamed)
})

test('the list is asked by name, deploys and pages, and never with include_totals', async () => {
  const { actions } = world.theirs.connection
  const draft = await actions.create(newAction())
  const deployed = await actions.create(newAction({ deploy: true }))
  const named = async (query: Parameters<typeof actions.list>[0]) =>
    (await actions.list(query)).actions.map(({ name }) => name)
  const all = await named({ triggerId: 'credentials-exchange' })
  expect(all.slice(-2)).toEqual([draft.name, deployed.name])
  expect(await named({ actionName: draft.name })).toEqual([draft.name])
  expect(await named({ actionName: draft.name.slice(1) })).toEqual([])
  expect(await named({ deployed: true })).toEqual([deployed.name])
  expect(await named({ installed: true })).toEqual([])
  expect(await named({ triggerId: 'post-login' })).toEqual([])
  expect(await actions.list({ page: 1, per_page: 1 })).toMatchObject({
    total: all.length,
    page: 1,
    per_page: 1,
  })
  expect(await actions.list({ page: 99 })).toEqual({ actions: [], total: all.length, page: 99, per_page: 50 })
  expect(await send('GET', '/actions?include_totals=true')).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('Additional properties not allowed: include_totals') },
  })
})

test('there are no modules, and the list of them says so', async () => {
  expect(await send('GET', '/modules?page=0&per_page=100')).toEqual({
    status: 200,
    body: { modules: [], total: 0, page: 0, per_page: 100 },
  })
})

test('a deleted Action is gone with its draft, and its name is free', async () => {
  const { actions } = world.mine.connection
  const { id, name } = await actions.create(newAction())
  await actions.delete(id)
  await expect(actions.get(id)).rejects.toMatchObject({ status: 404 })
  await actions.create(newAction({ name }))
})

test('a tenant has a hundred Actions and no more', async () => {
  const { actions } = world.theirs.connection
  for (let { total } = await actions.list(); total < 100; total++) await actions.create(newAction())
  await expect(actions.create(newAction())).rejects.toMatchObject({
    status: 400,
    message: 'A tenant has at most 100 Actions. Remove one before adding another.',
  })
})
