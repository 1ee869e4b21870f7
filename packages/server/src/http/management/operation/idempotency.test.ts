import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TestTenant, type TwoTenants } from '../../../../test/two-tenants.ts'
import { maxIdempotentAnswers } from '../../../domain/idempotent-answer.ts'

const start = new Date('2030-01-01T00:00:00Z')
let present = start
let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants({ now: () => present })
})
afterAll(() => world.close())

async function post(
  key: string | undefined,
  body: unknown,
  {
    path = '/clients',
    tenant = world.mine,
    token,
  }: { path?: string; tenant?: TestTenant; token?: string } = {},
) {
  const response = await tenant.fetch(`/api/v2${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token ?? (await tenant.token())}`,
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return {
    status: response.status,
    replayed: response.headers.get('idempotent-replayed'),
    requestId: String(response.headers.get('x-request-id')),
    retryAfter: response.headers.get('retry-after'),
    text,
    body: JSON.parse(text),
  }
}

const countClients = async () => (await world.mine.connection.clients.list({ per_page: 1 })).total

test('a request that is sent again is done once, and its answer with the new secret is the same byte for byte', async () => {
  const key = randomUUID()
  const first = await post(key, { name: 'once' })
  const before = await countClients()
  const second = await post(key, { name: 'once' })
  expect([first.status, first.replayed, second.status, second.replayed]).toEqual([201, null, 201, 'true'])
  expect(second.text).toBe(first.text)
  expect(second.body.client_secret).toMatch(/^tsk_client_/)
  expect(await countClients()).toBe(before)
  const entry = await world.mine.connection.logs.get(second.requestId)
  expect(entry.description).toContain('repeated request')
})

test('an answer is not told again to a token of the same client with fewer scopes', async () => {
  const key = randomUUID()
  const first = await post(key, { name: 'told once' })
  const narrow = await world.mine.token(['create:clients'])
  const second = await post(key, { name: 'told once' }, { token: narrow })
  expect([second.status, second.body.errorCode, second.replayed]).toEqual([403, 'insufficient_scope', null])
  expect(second.text).not.toContain(first.body.client_secret)
})

test('the same key with another body or another path is refused with 422, and nothing is done', async () => {
  const key = randomUUID()
  await post(key, { name: 'first' })
  const before = await countClients()
  for (const other of [
    await post(key, { name: 'second' }),
    await post(key, { identifier: 'urn:other' }, { path: '/resource-servers' }),
  ]) {
    expect([other.status, other.body]).toMatchObject([
      422,
      { statusCode: 422, error: 'Unprocessable Content', errorCode: 'idempotency_key_reused' },
    ])
  }
  expect(await countClients()).toBe(before)
})

test('of requests with one key at once one is done, and the others are told that it is under way or what came of it', async () => {
  const key = randomUUID()
  const before = await countClients()
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(key, { name: 'at once' })))
  expect(await countClients()).toBe(before + 1)
  expect(answers.filter(({ status, replayed }) => status === 201 && replayed === null)).toHaveLength(1)
  for (const { status, replayed } of answers) expect([201, 409]).toContain(replayed ? 201 : status)
})

test('what was refused may be sent again with its key, corrected or not', async () => {
  const key = randomUUID()
  expect((await post(key, { name: '<' })).status).toBe(400)
  expect((await post(key, { name: 'right' })).status).toBe(201)
  const identifier = `urn:${randomUUID()}`
  const api = await world.mine.connection.resourceServers.create({ identifier })
  const taken = randomUUID()
  expect((await post(taken, { identifier }, { path: '/resource-servers' })).status).toBe(409)
  await world.mine.connection.resourceServers.delete(api.id)
  expect((await post(taken, { identifier }, { path: '/resource-servers' })).status).toBe(201)
})

test('a key belongs to its client and tenant: the same of another is another', async () => {
  const key = randomUUID()
  const mine = await post(key, { name: 'mine' })
  const theirs = await post(key, { name: 'mine' }, { tenant: world.theirs })
  expect([theirs.status, theirs.replayed]).toEqual([201, null])
  expect(theirs.body.client_id).not.toBe(mine.body.client_id)

  const { clients, clientGrants } = world.mine.connection
  const { client_id } = await clients.create({ name: 'other operator' })
  const audience = world.mine.issuer.managementAudience
  await clientGrants.create({ client_id, audience, scope: ['create:clients'] })
  const token = await world.mine.token(['create:clients'], { client_id })
  const other = await post(key, { name: 'mine' }, { token })
  expect([other.status, other.replayed]).toEqual([201, null])
})

test('whoever may not do it any more is not told either', async () => {
  const key = randomUUID()
  await post(key, { name: 'first' })
  const token = await world.mine.token(['read:clients'])
  expect((await post(key, { name: 'first' }, { token })).status).toBe(403)
})

test('after a day a key is new', async () => {
  const key = randomUUID()
  const first = await post(key, { name: 'daily' })
  present = new Date(start.getTime() + 86_400_000)
  expect((await post(key, { name: 'daily' })).text).toBe(first.text)
  present = new Date(start.getTime() + 86_400_001)
  const next = await post(key, { name: 'daily' })
  expect([next.status, next.replayed]).toEqual([201, null])
  expect(next.body.client_id).not.toBe(first.body.client_id)
  expect((await post(key, { name: 'daily' })).text).toBe(next.text)
})

test.each(['', 'x'.repeat(256), 'é', 'a\tb'])('a key that is none is refused: %j', async (key) => {
  expect(await post(key, { name: 'x' })).toMatchObject({ status: 400, body: { errorCode: 'invalid_header' } })
})

test('a key may be as long as 255 characters, and as short as one', async () => {
  for (const key of ['~', 'x'.repeat(255)]) expect((await post(key, { name: 'x' })).status).toBe(201)
})

test('neither key nor answer can be read in the database', async () => {
  const key = `key-${randomUUID()}`
  const { body } = await post(key, { name: 'sealed' })
  const folder = world.dataDir
  const bytes = readdirSync(folder)
    .filter((name) => name.startsWith('tallystick.db'))
    .map((name) => readFileSync(join(folder, name)).toString('latin1'))
    .join('')
  expect(bytes).toContain(body.client_id)
  expect(bytes).not.toContain(body.client_secret)
  expect(bytes).not.toContain(key)
})

test('of one client only so many answers are kept: the next key is refused, and those that are kept still answer', async () => {
  const { clients, idempotentAnswers, commit } = world.rooms.storage
  const { operatorId: clientId, tenant } = world.mine
  const [last, tooMany] = [randomUUID(), randomUUID()]
  const room = maxIdempotentAnswers - (await idempotentAnswers.count(tenant.id, clientId)) - 1
  const content = world.rooms.encryption.encrypt('{}', [
    'idempotent_answers',
    tenant.id,
    clientId,
    'any',
    'content',
  ])
  await commit(
    Array.from({ length: room }, (_, at) =>
      idempotentAnswers.insert({
        tenantId: tenant.id,
        clientId,
        keyHash: `kept ${at}`,
        at: present,
        content,
      }),
    ),
  )
  const taken = await post(last, { name: 'the last' })
  expect(taken.status).toBe(201)
  const before = await clients.count(tenant.id)
  const refused = await post(tooMany, { name: 'too many' })
  expect([refused.status, refused.body.errorCode, refused.retryAfter]).toEqual([
    429,
    'too_many_requests',
    '600',
  ])
  expect(refused.body.message).toContain('without the header')
  expect(await clients.count(tenant.id)).toBe(before)
  expect((await post(last, { name: 'the last' })).text).toBe(taken.text)
  expect((await post(undefined, { name: 'without a key' })).status).toBe(201)
  expect((await post(tooMany, { name: 'theirs' }, { tenant: world.theirs })).status).toBe(201)
})
