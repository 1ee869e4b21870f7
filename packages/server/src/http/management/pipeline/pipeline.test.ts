import type { RuleToCreate } from '@tallystick/management-api/contract/pipeline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { named } from '../../../../test/named-cases.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import { parseRuleName } from '../../../domain/rule.ts'
import { ruleSecretIdentity } from '../../../rules/rule-secrets.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const code = 'module.exports = (client, scope, audience, context, cb) => cb(null, { scope })'

async function storedSecrets(ruleName: string): Promise<Record<string, string>> {
  const { storage, encryption } = world.rooms
  const { id } = world.mine.tenant
  const name = parseRuleName(ruleName)
  const rule = name && (await storage.rules.findByName(id, 'webtask', name))
  const version = rule?.activeVersionId && (await storage.rules.findVersion(id, rule.activeVersionId))
  if (!version) throw new Error('There is no such rule.')
  return Object.fromEntries(
    Object.entries(version.secrets).map(([secret, value]) => [
      secret,
      encryption.decrypt(value, ruleSecretIdentity(id, version.id, secret)),
    ]),
  )
}

test('a rule that does not compile is refused with its line, and nothing is stored', async () => {
  const { rules } = world.mine.connection
  await expect(
    rules.create({ name: 'broken', code: 'module.exports = function (\n}' }),
  ).rejects.toMatchObject({
    status: 400,
    code: 'invalid_body',
    message: expect.stringMatching(/does not compile: .*line \d+, column \d+/),
  })
  expect((await rules.list()).map(({ name }) => name)).not.toContain('broken')
})

const outOfLimits: RuleToCreate[] = [
  { name: 'has blank', code },
  { name: '..', code },
  { name: 'empty', code: '' },
  { name: 'large', code: `${code}//${'x'.repeat(100_000)}` },
  { name: 'bytes', code: `${code}//${'ä'.repeat(50_000)}` },
  { name: 'secret', code, secrets: { ['x'.repeat(129)]: 'v' } },
  { name: 'secret', code, secrets: { constructor: 'v' } },
  { name: 'secret', code, secrets: { long: 'x'.repeat(4097) } },
  { name: 'nobody', code, client_id: 'A'.repeat(32) },
]
test.each(named(outOfLimits.map((body) => [body])))(
  'a rule out of its limits is refused: %s',
  async (_name, body) => {
    await expect(world.mine.connection.rules.create(body)).rejects.toMatchObject({
      status: 400,
      code: 'invalid_body',
    })
  },
)

test('a second rule of the same name is a conflict, and the first stays as it was', async () => {
  const { rules } = world.mine.connection
  const first = await rules.create({ name: 'taken', code })
  await expect(rules.create({ name: 'taken', code: '1' })).rejects.toMatchObject({ status: 409 })
  expect(await rules.get(first.id)).toEqual(first)
})

test('secrets go in and never come out; a change keeps those it does not name', async () => {
  const { rules } = world.mine.connection
  const made = await rules.create({ name: 'secretive', code, secrets: { A: 'first', B: 'second' } })
  expect(made.version).toMatchObject({ number: 1, active: true, secrets: ['A', 'B'] })
  expect(JSON.stringify(made)).not.toContain('first')
  const changed = await rules.update(made.id, { secrets: { B: null, C: 'third' } })
  expect(changed.version).toMatchObject({ number: 2, secrets: ['A', 'C'] })
  expect(changed.code).toBe(code)
  expect(await storedSecrets('secretive')).toEqual({ A: 'first', C: 'third' })
  const recoded = await rules.update(made.id, { code: `${code}// new` })
  expect(recoded.version).toMatchObject({ number: 3, secrets: ['A', 'C'] })
  expect(await storedSecrets('secretive')).toEqual({ A: 'first', C: 'third' })
})

test('only code and secrets make a new version; old ones can still be read', async () => {
  const { rules } = world.mine.connection
  const { id } = await rules.create({ name: 'versioned', code })
  await rules.update(id, { enabled: false, order: 7 })
  await rules.update(id, { code: `${code}// two` })
  const versions = await rules.versions(id)
  expect(versions.map(({ number, active }) => [number, active])).toEqual([
    [2, true],
    [1, false],
  ])
  expect((await rules.version(id, versions[1]?.id ?? '')).code).toBe(code)
  expect(await rules.get(id)).toMatchObject({ enabled: false, order: 7, code: `${code}// two` })
  await expect(rules.version(id, 'ver_nothing')).rejects.toMatchObject({ status: 404 })
})

test('a rule may be for one client alone, and for all again', async () => {
  const { rules } = world.mine.connection
  const made = await rules.create({ name: 'filtered', code, client_id: world.mine.operatorId })
  expect(made.client_id).toBe(world.mine.operatorId)
  expect((await rules.update(made.id, { enabled: true })).client_id).toBe(world.mine.operatorId)
  expect((await rules.update(made.id, { client_id: null })).client_id).toBeNull()
})

test('an order that misses a rule, doubles one or names a foreign one is refused', async () => {
  const { pipeline, rules } = world.theirs.connection
  const one = await rules.create({ name: 'one', code })
  const two = await rules.create({ name: 'two', code })
  const foreign = await world.mine.connection.rules.create({ name: 'foreign', code })
  for (const order of [[one.id], [one.id, one.id], [one.id, two.id, foreign.id], [one.id, foreign.id]]) {
    await expect(pipeline.order(order)).rejects.toMatchObject({ status: 400 })
  }
  expect((await pipeline.get()).rules.map(({ id }) => id)).toEqual([one.id, two.id])
  const turned = await pipeline.order([two.id, one.id])
  expect(turned.rules.map(({ id, order }) => [id, order])).toEqual([
    [two.id, 1],
    [one.id, 2],
  ])
  const { id } = await rules.create({ name: '0 by its name first'.replaceAll(' ', '-'), code })
  expect((await pipeline.get()).rules.at(-1)?.id).toBe(id)
})

test('a deleted rule is gone from the pipeline, and its name is free again', async () => {
  const { rules } = world.mine.connection
  const { id } = await rules.create({ name: 'short-lived', code })
  await rules.delete(id)
  await expect(rules.delete(id)).rejects.toMatchObject({ status: 404, message: 'The rule does not exist' })
  expect((await rules.create({ name: 'short-lived', code })).version.number).toBe(1)
})

test.each(['hooks', 'actions'] as const)(
  'a rule of %s is not deleted without the scope for it',
  async (door) => {
    const { rules, hooks, actions } = world.mine.connection
    const supported_triggers = [{ id: 'credentials-exchange' as const }]
    const name = 'guarded'
    const { id } =
      door === 'hooks'
        ? await hooks.create({ name, script: code, triggerId: 'credentials-exchange' })
        : await actions.create({ name, supported_triggers, deploy: true })
    const narrow = await world.mine.token(['delete:pipeline_rules'])
    const headers = { authorization: `Bearer ${narrow}` }
    const refused = await world.mine.fetch(`/api/v2/pipeline/rules/${id}`, { method: 'DELETE', headers })
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      `Bearer error="insufficient_scope", scope="delete:${door}"`,
    ])
    await rules.delete(id)
    await expect(rules.get(id)).rejects.toMatchObject({ status: 404 })
  },
)

test('what a Hook or an Action runs is changed at its own door; its place and its client here as well', async () => {
  const { rules, pipeline, hooks, actions } = world.mine.connection
  const hook = await hooks.create({ name: 'hook', script: code, triggerId: 'credentials-exchange' })
  const supported_triggers = [{ id: 'credentials-exchange' as const }]
  const action = await actions.create({ name: 'action', supported_triggers, deploy: true })
  await actions.create({ name: 'a draft is no rule of the pipeline', supported_triggers })
  for (const { id } of [hook, action]) {
    for (const change of [{ code }, { secrets: { A: 'a' } }, { enabled: true }]) {
      await expect(rules.update(id, change)).rejects.toMatchObject({
        status: 403,
        message: expect.stringContaining(`/${id}.`),
      })
    }
    expect((await rules.update(id, { client_id: world.mine.operatorId })).client_id).toBe(
      world.mine.operatorId,
    )
  }
  const ids = (await pipeline.get()).rules.map(({ id }) => id)
  expect(ids.slice(-2)).toEqual([hook.id, action.id])
  expect((await pipeline.order(ids)).rules.map(({ id }) => id)).toEqual(ids)
})
