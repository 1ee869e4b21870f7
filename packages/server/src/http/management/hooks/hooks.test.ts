import type { Hook, HookToCreate } from '@tallystick/management-api/contract/hooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { named } from '../../../../test/named-cases.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const script = 'module.exports = (client, scope, audience, context, cb) => cb(null, { scope })'
let count = 0
const newHook = (changes: Partial<HookToCreate> = {}): HookToCreate => ({
  name: `hook ${++count}`,
  script,
  triggerId: 'credentials-exchange',
  ...changes,
})
const enabledNames = async () =>
  [await world.mine.connection.hooks.list({ enabled: true })].flat().map((one) => 'name' in one && one.name)

const malformed: [Record<string, unknown>, string][] = [
  [{ name: 'no script', triggerId: 'credentials-exchange' }, 'Missing required property: script'],
  [{ script, triggerId: 'credentials-exchange' }, 'Missing required property: name'],
  [{ ...newHook(), name: '-dash' }, 'on property name'],
  [{ ...newHook(), name: 'blank ' }, 'on property name'],
  [{ ...newHook(), name: 'under_score' }, 'on property name'],
  [{ ...newHook(), triggerId: 'post-login' }, 'Expected one of: credentials-exchange'],
  [{ ...newHook(), secrets: { A: 'a' } }, 'Additional properties not allowed: secrets'],
  [{ ...newHook(), script: '' }, 'on property script'],
  [{ ...newHook(), script: `//${'x'.repeat(100_000)}` }, 'on property script'],
  [{ ...newHook(), script: `//${'ä'.repeat(60_000)}` }, 'bytes; at most 100000'],
  [{ ...newHook(), dependencies: { ms: '^2.1.3' } }, 'one exact version'],
  [{ ...newHook(), dependencies: { ms: 'latest' } }, 'one exact version'],
  [{ ...newHook(), dependencies: { '../ms': '2.1.3' } }, 'no name of a package'],
  [
    { ...newHook(), dependencies: Object.fromEntries([...'abcdefghijk'].map((name) => [name, '1.0.0'])) },
    'dependencies',
  ],
  [{ ...newHook(), script: 'module.exports = function (\n}' }, 'line 2, column 1'],
  [{ ...newHook(), script: "require('left-pad')" }, "'left-pad'"],
]
test.each(named(malformed))(
  'a Hook that is not well formed is refused, and nothing is stored: %s',
  async (_name, body, words) => {
    const before = await world.mine.connection.hooks.list()
    const response = await world.mine.fetch('/api/v2/hooks', {
      method: 'POST',
      headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      statusCode: 400,
      error: 'Bad Request',
      errorCode: 'invalid_body',
      message: expect.stringContaining(words),
    })
    expect(await world.mine.connection.hooks.list()).toEqual(before)
  },
)

test('a second Hook of a name is a conflict, also as a change, and the first stays as it was', async () => {
  const { hooks } = world.mine.connection
  const first = await hooks.create(newHook({ name: 'taken' }))
  const other = await hooks.create(newHook())
  await expect(hooks.create(newHook({ name: 'taken' }))).rejects.toMatchObject({ status: 409 })
  await expect(hooks.update(other.id, { name: 'taken' })).rejects.toMatchObject({ status: 409 })
  expect(await hooks.get(first.id)).toEqual(first)
  expect(await hooks.get(other.id)).toEqual(other)
})

test('a Hook of another tenant is not there', async () => {
  const { hooks } = world.mine.connection
  const { id } = await world.theirs.connection.hooks.create(newHook())
  const notThere = { status: 404, code: 'inexistent_hook', message: 'The hook does not exist' }
  await expect(hooks.get(id)).rejects.toMatchObject(notThere)
  await expect(hooks.update(id, { enabled: true })).rejects.toMatchObject(notThere)
  await hooks.delete(id)
  expect((await world.theirs.connection.hooks.get(id)).id).toBe(id)
})

test('the point of a Hook cannot be changed', async () => {
  const { hooks } = world.mine.connection
  const { id } = await hooks.create(newHook())
  const change: object = { triggerId: 'post-change-password' }
  await expect(hooks.update(id, change)).rejects.toMatchObject({
    status: 400,
    message: "Payload validation error: 'Additional properties not allowed: triggerId'.",
  })
})

test('a Hook is created disabled, and told with all that it is', async () => {
  const { hooks } = world.mine.connection
  const body = newHook()
  const made = await hooks.create(body)
  expect(made).toEqual({
    id: expect.stringMatching(/^rul_/),
    name: body.name,
    script,
    triggerId: 'credentials-exchange',
    enabled: false,
    dependencies: {},
  })
  expect(await hooks.get(made.id)).toEqual(made)
})

test('one Hook of a point is enabled; enabling another takes its place, and other points stay', async () => {
  const { hooks } = world.mine.connection
  const elsewhere = await hooks.create(newHook({ triggerId: 'post-change-password', enabled: true }))
  const first = await hooks.create(newHook({ enabled: true }))
  const second = await hooks.create(newHook())
  expect(await enabledNames()).toEqual([elsewhere.name, first.name])
  expect(await hooks.update(second.id, { enabled: true })).toMatchObject({ enabled: true })
  expect(await enabledNames()).toEqual([elsewhere.name, second.name])
  const third = await hooks.create(newHook({ enabled: true }))
  expect(await enabledNames()).toEqual([elsewhere.name, third.name])
  await hooks.update(third.id, { enabled: false })
  expect(await enabledNames()).toEqual([elsewhere.name])
})

test('of Hooks that are enabled at the same time one is enabled in the end, and nobody is refused', async () => {
  const { hooks } = world.mine.connection
  const made: Hook[] = []
  for (let n = 0; n < 4; n++) made.push(await hooks.create(newHook({ triggerId: 'pre-user-registration' })))
  const answers = await Promise.all(made.map(({ id }) => hooks.update(id, { enabled: true })))
  expect(answers.every(({ enabled }) => enabled)).toBe(true)
  const enabled = await hooks.list({ enabled: true, triggerId: 'pre-user-registration' })
  expect(enabled).toHaveLength(1)
})

test('lists tell neither scripts nor secrets, and wrap their totals only when asked', async () => {
  const { hooks } = world.theirs.connection
  const body = newHook({ triggerId: 'send-phone-message' })
  const { script: _, ...listed } = await hooks.create(body)
  expect(await hooks.list({ triggerId: 'send-phone-message' })).toEqual([listed])
  const page = async (query: string) => {
    const headers = { authorization: `Bearer ${await world.theirs.token()}` }
    return (
      await world.theirs.fetch(`/api/v2/hooks?triggerId=send-phone-message&${query}`, { headers })
    ).json()
  }
  expect(await page('include_totals=true')).toEqual({ start: 0, limit: 50, total: 1, hooks: [listed] })
  expect(await page('page=7&per_page=1')).toEqual([])
  expect(await page('fields=name,id')).toEqual([{ id: listed.id, name: listed.name }])
})

test('a changed script makes a new version, and one that is sent as it is makes none', async () => {
  const { storage } = world.rooms
  const { hooks } = world.mine.connection
  const made = await hooks.create(newHook())
  const versions = async () => {
    const rule = (await storage.rules.list(world.mine.tenant.id)).find(({ id }) => id === made.id)
    return rule ? (await storage.rules.versions(rule.tenantId, rule.id)).length : 0
  }
  const { id, triggerId: _, ...same } = made
  expect(await hooks.update(id, same)).toEqual(made)
  expect(await versions()).toBe(1)
  expect(await hooks.update(id, { script: `${script} // 2` })).toEqual({ ...made, script: `${script} // 2` })
  expect(await hooks.update(id, { name: 'renamed' })).toMatchObject({
    name: 'renamed',
    script: `${script} // 2`,
  })
  expect(await versions()).toBe(2)
})

test('a deleted Hook is gone, and deleting it again changes nothing', async () => {
  const { hooks } = world.mine.connection
  const { id } = await hooks.create(newHook())
  await hooks.delete(id)
  await hooks.delete(id)
  await expect(hooks.get(id)).rejects.toMatchObject({ status: 404 })
})
