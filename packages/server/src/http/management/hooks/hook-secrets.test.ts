import { afterAll, beforeAll, expect, test } from 'vitest'
import { named } from '../../../../test/named-cases.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import { openSecrets, ruleSecretIdentity } from '../../../rules/rule-secrets.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

const mask = '_VALUE_NOT_SHOWN_'
let count = 0
async function newHook(): Promise<string> {
  const script = 'module.exports = (client, scope, audience, context, cb) => cb(null, { scope })'
  const body = { name: `secretive ${++count}`, script, triggerId: 'credentials-exchange' } as const
  return (await world.mine.connection.hooks.create(body)).id
}

async function storedSecrets(hookId: string): Promise<Record<string, string>> {
  const { storage, encryption } = world.rooms
  const tenantId = world.mine.tenant.id
  const rule = (await storage.rules.list(tenantId)).find(({ id }) => id === hookId)
  const version = rule?.activeVersionId && (await storage.rules.findVersion(tenantId, rule.activeVersionId))
  if (!version) throw new Error('There is no such Hook.')
  const identity = (name: string) => ruleSecretIdentity(tenantId, version.id, name)
  return openSecrets(encryption, { values: version.secrets, identity })
}

const refused: [body: object, words: string][] = [
  [{}, 'fewer than 1 properties'],
  [{ 'has blank': 'v' }, 'Property name not allowed: has blank'],
  [{ constructor: 'v' }, 'Property name not allowed: constructor'],
  [{ ['x'.repeat(129)]: 'v' }, 'Property name not allowed'],
  [{ A: 7 }, 'Expected type string'],
  [{ A: 'x'.repeat(4097) }, 'on property A'],
  [{ A: 'ä'.repeat(4000) }, 'larger than 4096 bytes'],
  [Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`S${n}`, 'v'])), 'more than 20 properties'],
]
test.each(named(refused))(
  'secrets that cannot be kept are refused by name: %s',
  async (_name, body, words) => {
    const id = await newHook()
    const sent = Object(body)
    await expect(world.mine.connection.hookSecrets.add(id, sent)).rejects.toMatchObject({
      status: 400,
      code: 'invalid_body',
      message: expect.stringContaining(words),
    })
    expect(await storedSecrets(id)).toEqual({})
  },
)

test('the text that stands for a value is refused as the value of a secret that is not there', async () => {
  const { hookSecrets } = world.mine.connection
  const id = await newHook()
  const refused = { status: 400, message: expect.stringContaining('send the value') }
  await expect(hookSecrets.add(id, { A: mask })).rejects.toMatchObject(refused)
  await expect(hookSecrets.change(id, { A: mask })).rejects.toMatchObject(refused)
  await hookSecrets.add(id, { A: 'first' })
  await hookSecrets.change(id, { A: mask, B: 'second' })
  expect(await storedSecrets(id)).toEqual({ A: 'first', B: 'second' })
})

test('a name that is there is a conflict when added, and nothing of the rest is kept', async () => {
  const { hookSecrets } = world.mine.connection
  const id = await newHook()
  await hookSecrets.add(id, { A: 'first' })
  await expect(hookSecrets.add(id, { B: 'second', A: 'other' })).rejects.toMatchObject({ status: 409 })
  expect(await storedSecrets(id)).toEqual({ A: 'first' })
})

test('a Hook has twenty secrets and no more, however they come', async () => {
  const { hookSecrets } = world.mine.connection
  const id = await newHook()
  await hookSecrets.add(id, Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`S${n}`, 'v'])))
  const refused = { status: 400, message: expect.stringContaining('at most 20') }
  await expect(hookSecrets.add(id, { one: 'more' })).rejects.toMatchObject(refused)
  await expect(hookSecrets.change(id, { one: 'more' })).rejects.toMatchObject(refused)
  expect(Object.keys(await storedSecrets(id))).toHaveLength(20)
})

test('secrets go in and never come out', async () => {
  const { hookSecrets } = world.mine.connection
  const id = await newHook()
  expect(await hookSecrets.get(id)).toEqual({})
  expect(await hookSecrets.add(id, { B: 'second', A: 'first' })).toEqual({})
  expect(await hookSecrets.get(id)).toEqual({ A: mask, B: mask })
  expect(await hookSecrets.change(id, { B: 'changed', C: '' })).toEqual({})
  expect(await storedSecrets(id)).toEqual({ A: 'first', B: 'changed', C: '' })
  await hookSecrets.remove(id, ['A', 'nothing'])
  expect(await storedSecrets(id)).toEqual({ B: 'changed', C: '' })
})

test('a new script keeps the secrets', async () => {
  const { hooks, hookSecrets } = world.mine.connection
  const id = await newHook()
  await hookSecrets.add(id, { A: 'first' })
  await hooks.update(id, { script: '1', enabled: true })
  expect(await storedSecrets(id)).toEqual({ A: 'first' })
})

test('the secrets of another tenant’s Hook are not there', async () => {
  const { hookSecrets } = world.theirs.connection
  const id = await newHook()
  await expect(hookSecrets.get(id)).rejects.toMatchObject({ status: 404 })
  await expect(hookSecrets.add(id, { A: 'a' })).rejects.toMatchObject({ status: 404 })
  await expect(hookSecrets.remove(id, ['A'])).rejects.toMatchObject({ status: 404 })
})
