import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const claiming = (value: string) =>
  `exports.onExecuteCredentialsExchange = async (event, api) => { api.accessToken.setCustomClaim('value', ${value}) }`
let count = 0
async function newAction(code: string, secrets: { name: string; value: string }[] = []): Promise<string> {
  const supported_triggers = [{ id: 'credentials-exchange', version: 'v2' } as const]
  const { id } = await world.mine.connection.actions.create({
    name: `action ${++count}`,
    supported_triggers,
    code,
    secrets,
  })
  return id
}

test('a version of another Action is not there', async () => {
  const { actions, actionVersions } = world.mine.connection
  const [one, other] = [await newAction(claiming('1')), await newAction(claiming('2'))]
  const { id } = await actions.deploy(one)
  const notThere = { status: 404, code: 'inexistent_action_version' }
  await expect(actionVersions.get(other, id)).rejects.toMatchObject(notThere)
  await expect(actionVersions.deploy(other, id)).rejects.toMatchObject(notThere)
  await expect(actionVersions.get(one, 'ver_nothing')).rejects.toMatchObject(notThere)
})

test('a deploy makes a version that no later change touches', async () => {
  const { actions, actionVersions } = world.mine.connection
  const id = await newAction(claiming('1'), [{ name: 'K', value: 'first' }])
  const first = await actions.deploy(id)
  const action = await actions.get(id)
  expect(first).toEqual({
    ...action.deployed_version,
    number: 1,
    deployed: true,
    status: 'built',
    code: claiming('1'),
    action: {
      id,
      name: action.name,
      supported_triggers: action.supported_triggers,
      all_changes_deployed: true,
      created_at: action.created_at,
      updated_at: action.updated_at,
    },
  })
  await actions.update(id, { code: claiming('2') })
  expect(await actions.get(id)).toMatchObject({
    code: claiming('2'),
    all_changes_deployed: false,
    deployed_version: { code: claiming('1') },
  })
  expect(await actions.deploy(id)).toMatchObject({ number: 2, code: claiming('2'), deployed: true })
  const { versions, total } = await actionVersions.list(id)
  expect(versions.map(({ number, code, deployed }) => [number, code, deployed])).toEqual([
    [2, claiming('2'), true],
    [1, claiming('1'), false],
  ])
  expect(total).toBe(2)
  expect((await actionVersions.list(id, { page: 1, per_page: 1 })).versions).toHaveLength(1)
  expect(await actionVersions.get(id, first.id)).toMatchObject({ number: 1, code: claiming('1') })
})

test('what is deployed already is not deployed again', async () => {
  const { actions, actionVersions } = world.mine.connection
  const id = await newAction(claiming('1'))
  const first = await actions.deploy(id)
  expect(await actions.deploy(id)).toEqual(first)
  expect((await actionVersions.list(id)).total).toBe(1)
})

test('a roll-back makes a new version and leaves the draft, unless it is told to change it', async () => {
  const { actions, actionVersions } = world.mine.connection
  const id = await newAction(claiming('event.secrets.K.length'), [{ name: 'K', value: 'first' }])
  const first = await actions.deploy(id)
  await actions.update(id, { code: claiming('2'), secrets: [] })
  await actions.deploy(id)
  const back = await actionVersions.deploy(id, first.id)
  expect(back).toMatchObject({ number: 3, code: first.code, secrets: [{ name: 'K' }], deployed: true })
  expect(await actions.get(id)).toMatchObject({
    code: claiming('2'),
    secrets: [],
    all_changes_deployed: false,
    deployed_version: { id: back.id },
  })
  expect(await actionVersions.deploy(id, first.id, { update_draft: true })).toMatchObject({ number: 4 })
  expect(await actions.get(id)).toMatchObject({ code: first.code, all_changes_deployed: true })
  expect((await actions.test(id)).payload.claims).toEqual({ value: 5 })
})

test('a roll-back is made without a body', async () => {
  const { actions } = world.mine.connection
  const id = await newAction(claiming('1'))
  const { id: versionId } = await actions.deploy(id)
  const response = await world.mine.fetch(`/api/v2/actions/actions/${id}/versions/${versionId}/deploy`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.mine.token()}` },
  })
  expect([response.status, await response.json()]).toMatchObject([200, { number: 2 }])
})

test('deploys at the same time end with one version that is active', async () => {
  const { actions, actionVersions } = world.mine.connection
  const id = await newAction(claiming('1'))
  const deployed = await Promise.all([1, 2, 3].map(() => actions.deploy(id)))
  expect(new Set(deployed.map((version) => version.number))).toEqual(new Set([1]))
  expect((await actionVersions.list(id)).total).toBe(1)
})

test('the source may be TypeScript, and is told again as it was written', async () => {
  const code = `
    type Claims = { value: number }
    export const onExecuteCredentialsExchange = async (event: unknown, api: any): Promise<void> => {
      const claims: Claims = { value: 7 }
      for (const [name, value] of Object.entries(claims)) api.accessToken.setCustomClaim(name, value)
    }`
  const id = await newAction(code)
  expect((await world.mine.connection.actions.test(id)).payload).toMatchObject({
    result: 'passed',
    claims: { value: 7 },
  })
  expect((await world.mine.connection.actions.deploy(id)).code).toBe(code)
})

test('an event that cannot be one is refused', async () => {
  const id = await newAction(claiming('1'))
  const { actions } = world.mine.connection
  for (const event of [{ accessToken: 7 }, { accessToken: { scope: ['a b'] } }, { secrets: { A: 7 } }]) {
    await expect(actions.test(id, event)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('on property payload.event'),
    })
  }
})

test('an event that is nested by thousands of levels is refused as such', async () => {
  const id = await newAction(claiming('event.request.body.deep.length'))
  // Written by hand: what is nested like that, JSON.stringify cannot write.
  const test = (levels: number) =>
    world.mine.send(
      'POST',
      `/actions/actions/${id}/test`,
      `{"payload":{"event":{"request":{"body":{"deep":${'['.repeat(levels)}${']'.repeat(levels)}}}}}}`,
    )
  for (const levels of [98, 20_000, 200_000]) {
    expect(await test(levels)).toMatchObject({
      status: 400,
      body: { errorCode: 'invalid_body', message: expect.stringContaining('deeper than 100 levels') },
    })
  }
  expect((await test(97)).body).toMatchObject({ payload: { claims: { value: 1 } } })
})

test('a test runs the draft with the event it is given, and deploys nothing', async () => {
  const { actions } = world.mine.connection
  const code = `exports.onExecuteCredentialsExchange = async (event, api) => {
    console.log('hello', event.client.name, event.secrets.K)
    api.accessToken.setCustomClaim('metadata', event.client.metadata)
    api.accessToken.setCustomClaim('leak', event.secrets.K)
    api.accessToken.setCustomClaim('iss', 'me')
    api.transaction.setTargetScopes(['write', 'foreign'])
  }`
  const id = await newAction(code, [{ name: 'K', value: 'very-secret' }])
  const { payload } = await actions.test(id, {
    client: { name: 'billing', metadata: { plan: 'gold' } },
    accessToken: { scope: ['read', 'write'] },
    secrets: { K: 'not this one' },
  })
  expect(payload).toMatchObject({
    result: 'passed',
    claims: { metadata: { plan: 'gold' }, leak: '[secret]' },
    scope: ['write'],
    dropped_claims: ['iss'],
    fetches: [],
    duration_ms: expect.any(Number),
  })
  expect(payload.console[0]).toEqual({ level: 'info', text: 'hello billing [secret]' })
  expect(payload.console.slice(1).map(({ level }) => level)).toEqual(['warn', 'warn'])
  expect((await actions.get(id)).deployed_version).toBeUndefined()
})

test('a test tells a denial and a failure apart', async () => {
  const { actions } = world.mine.connection
  const denying = await newAction(
    "exports.onExecuteCredentialsExchange = async (event, api) => { api.access.deny('invalid_request', 'not you') }",
  )
  expect((await actions.test(denying)).payload).toMatchObject({
    result: 'denied',
    error: { code: 'invalid_request', message: 'not you' },
    claims: {},
    scope: [],
  })
  const failing = await newAction(
    "exports.onExecuteCredentialsExchange = async () => { throw new Error('oh') }",
  )
  const { payload } = await actions.test(failing)
  expect(payload).toMatchObject({ result: 'failed', error: { code: 'server_error' } })
  expect(payload.console.at(-1)).toMatchObject({ level: 'error', text: expect.stringContaining('oh') })
})

test('globals that one test of a draft sets are gone in the next', async () => {
  const id = await newAction(`let runs = 0; ${claiming('++runs')}`)
  const { actions } = world.mine.connection
  await actions.test(id)
  expect((await actions.test(id)).payload.claims).toEqual({ value: 1 })
})
