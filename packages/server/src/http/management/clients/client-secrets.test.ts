/** The life of client secrets, with a clock that the test turns. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { managementScopes } from '@tallystick/management-api/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import { maxSecretOverlapSeconds } from '../../../domain/client-secret.ts'

const audience = 'https://invoices.example.com/'
let present = new Date('2030-01-01T00:00:00.000Z')
const later = (seconds: number) => {
  present = new Date(present.getTime() + seconds * 1000)
}
const moment = (seconds: number) => new Date(present.getTime() + seconds * 1000).toISOString()

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants({ now: () => present })
  await world.mine.connection.resourceServers.create({ identifier: audience, scopes: [{ value: 'read' }] })
})
afterAll(() => world.close())

/** Connections of the world hold a token of an hour; this one has always a fresh one. */
const mine = () => world.mine.connectionWith(managementScopes)

async function newClient() {
  const { clients, clientGrants } = await mine()
  const { client_id: id, client_secret } = await clients.create({ name: 'changing' })
  await clientGrants.create({ client_id: id, audience, scope: ['read'] })
  return { id, secret: String(client_secret) }
}

async function answerTo(id: string, secret: string) {
  const response = await world.mine.fetch('/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      audience,
    }),
  })
  const body: Record<string, unknown> = Object(await response.json())
  return { status: response.status, body, logId: String(response.headers.get('x-request-id')) }
}

const statusOf = async (id: string, secret: string) => (await answerTo(id, secret)).status

test('a rotation without a word ends the old secret at once, and so does one with an overlap of nothing', async () => {
  const { clients, clientSecrets } = await mine()
  const { id, secret } = await newClient()
  const second = await clients.rotateSecret(id)
  expect([await statusOf(id, secret), await statusOf(id, second.client_secret)]).toEqual([401, 200])
  const third = await clients.rotateSecret(id, { overlap_seconds: 0 })
  expect([await statusOf(id, second.client_secret), await statusOf(id, third.client_secret)]).toEqual([
    401, 200,
  ])
  expect(await clientSecrets.list(id)).toHaveLength(1)
})

test('with an overlap the old secret proves the client until the last moment of it, and nothing after', async () => {
  const { clients, clientSecrets } = await mine()
  const { id, secret } = await newClient()
  const { client_secret: next } = await clients.rotateSecret(id, { overlap_seconds: 60 })
  const [old] = await clientSecrets.list(id)
  expect(old?.expires_at).toBe(moment(60))
  later(59.999)
  expect([await statusOf(id, secret), await statusOf(id, next)]).toEqual([200, 200])
  later(0.001)
  const ended = await answerTo(id, secret)
  expect([ended.status, await statusOf(id, next)]).toEqual([401, 200])
  expect(ended.body).toEqual((await answerTo(id, 'tsk_client_wrong')).body)
  const { logs } = await mine()
  expect((await logs.get(ended.logId)).description).toBe(
    `The secret ${old?.id} expired at ${old?.expires_at}.`,
  )
})

test('of eight rotations with an overlap the last two secrets live, and the oldest are dead', async () => {
  const { clients, clientSecrets } = await mine()
  const { id, secret } = await newClient()
  const secrets = [secret]
  for (let count = 1; count <= 8; count += 1) {
    later(1)
    secrets.push((await clients.rotateSecret(id, { overlap_seconds: 3600 })).client_secret)
    expect(await clientSecrets.list(id)).toHaveLength(2)
  }
  const statuses = []
  for (const one of secrets) statuses.push(await statusOf(id, one))
  expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 401, 200, 200])
})

test('an overlap never lengthens the life of a secret', async () => {
  const { clients, clientSecrets } = await mine()
  const { id } = await newClient()
  const [first] = await clientSecrets.list(id)
  await clientSecrets.update(id, String(first?.id), { expires_at: moment(30) })
  await clients.rotateSecret(id, { overlap_seconds: 3600 })
  expect((await clientSecrets.get(id, String(first?.id))).expires_at).toBe(moment(30))
})

const badOverlaps = [-1, maxSecretOverlapSeconds + 1, 0.5, '60', null]
test.each(badOverlaps)('an overlap of %j is refused, and the secret stays', async (overlap_seconds) => {
  const { id, secret } = await newClient()
  const { status } = await world.mine.send('POST', `/clients/${id}/rotate-secret`, { overlap_seconds })
  expect([status, await statusOf(id, secret)]).toEqual([400, 200])
})

test('the longest overlap is thirty days', async () => {
  const { id } = await newClient()
  const { clients, clientSecrets } = await mine()
  await clients.rotateSecret(id, { overlap_seconds: maxSecretOverlapSeconds })
  expect((await clientSecrets.list(id))[0]?.expires_at).toBe(moment(30 * 86_400))
})

test('a second secret is shown once, and a third is refused until one of the two has ended', async () => {
  const { clientSecrets } = await mine()
  const { id, secret } = await newClient()
  later(1)
  const { client_secret, ...shown } = await clientSecrets.create(id, { name: 'next', expires_at: moment(90) })
  expect(shown).toEqual({
    id: expect.stringMatching(/^sec_[0-9A-Za-z]{16}$/),
    name: 'next',
    created_at: moment(0),
    expires_at: moment(90),
  })
  expect([await statusOf(id, secret), await statusOf(id, client_secret)]).toEqual([200, 200])
  await expect(clientSecrets.create(id)).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining('The client has 2 live secrets'),
  })
  later(90)
  const third = await clientSecrets.create(id)
  expect([await statusOf(id, client_secret), await statusOf(id, third.client_secret)]).toEqual([401, 200])
  // The expired one has made room for good.
  expect(await clientSecrets.list(id)).toHaveLength(2)
})

test('of many new secrets at the same time as many are kept as there is room for', async () => {
  const { clientSecrets } = await mine()
  const { id } = await newClient()
  const asked = await Promise.allSettled(Array.from({ length: 5 }, () => clientSecrets.create(id)))
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await clientSecrets.list(id)).toHaveLength(2)
})

test('a secret that is deleted proves nothing from then on; deleting it again is fine', async () => {
  const { clientSecrets } = await mine()
  const { id, secret } = await newClient()
  const next = await clientSecrets.create(id)
  const [old] = await clientSecrets.list(id)
  await clientSecrets.delete(id, String(old?.id))
  await clientSecrets.delete(id, String(old?.id))
  expect([await statusOf(id, secret), await statusOf(id, next.client_secret)]).toEqual([401, 200])
})

const badBodies: [name: string, body: Record<string, unknown>][] = [
  ['of our own choice', { client_secret: 'chosen' }],
  ['that expired', { expires_at: '2020-01-01T00:00:00Z' }],
  ['that expires on no day', { expires_at: '2099-02-30T00:00:00Z' }],
  ['that expires some day', { expires_at: 'tomorrow' }],
  ['with an empty name', { name: '' }],
  ['with a name of 129 characters', { name: 'n'.repeat(129) }],
  ['with a member nobody knows', { hash: 'x' }],
]
test.each(badBodies)('a secret %s is refused', async (_name, body) => {
  const { id } = await newClient()
  const answer = await world.mine.send('POST', `/clients/${id}/secrets`, body)
  expect([answer.status, answer.body.errorCode]).toEqual([400, 'invalid_body'])
})

test('a client that proves itself in another way gets no secret', async () => {
  const { clients, clientSecrets } = await mine()
  const { id } = await newClient()
  await clients.update(id, { token_endpoint_auth_method: 'none' })
  await expect(clientSecrets.create(id)).rejects.toMatchObject({
    status: 403,
    code: 'operation_not_supported',
  })
})

test('its name and its expiry can be changed; one that has expired stays so', async () => {
  const { clientSecrets } = await mine()
  const { id, secret } = await newClient()
  const [first] = await clientSecrets.list(id)
  const secretId = String(first?.id)
  expect(await clientSecrets.update(id, secretId, { name: 'blue', expires_at: moment(60) })).toMatchObject({
    name: 'blue',
    expires_at: moment(60),
  })
  expect(await clientSecrets.update(id, secretId, { name: null, expires_at: null })).toEqual({
    id: secretId,
    created_at: first?.created_at,
  })
  await clientSecrets.update(id, secretId, { expires_at: moment(0) })
  expect(await statusOf(id, secret)).toBe(401)
  for (const expires_at of [null, moment(60)]) {
    await expect(clientSecrets.update(id, secretId, { expires_at })).rejects.toMatchObject({ status: 409 })
  }
  expect(await clientSecrets.update(id, secretId, { name: 'ended' })).toMatchObject({ name: 'ended' })
  expect(await statusOf(id, secret)).toBe(401)
})

test('its last use is told to the minute, also when the request was refused for something else', async () => {
  const { clientSecrets } = await mine()
  const { id, secret } = await newClient()
  const next = await clientSecrets.create(id)
  const lastUses = async () => (await clientSecrets.list(id)).map(({ last_used_at }) => last_used_at)
  expect(await lastUses()).toEqual([undefined, undefined])
  await answerTo(id, 'tsk_client_wrong')
  expect(await lastUses()).toEqual([undefined, undefined])
  const first = moment(0)
  await answerTo(id, secret)
  later(59.999)
  await answerTo(id, secret)
  expect(await lastUses()).toEqual([first, undefined])
  later(0.001)
  await answerTo(id, secret)
  expect(await lastUses()).toEqual([moment(0), undefined])
  const { clients } = await mine()
  await clients.update(id, { grant_types: [] })
  expect(await statusOf(id, next.client_secret)).toBe(400)
  expect(await lastUses()).toEqual([moment(0), moment(0)])
})

test("what is another client's or another tenant's is not there, and nothing of it changes", async () => {
  const { clientSecrets } = await mine()
  const { id, secret } = await newClient()
  const other = await newClient()
  const [first] = await clientSecrets.list(id)
  const theirs = await world.theirs.connectionWith(managementScopes)
  for (const [calls, owner] of [
    [clientSecrets, other.id],
    [theirs.clientSecrets, id],
  ] as const) {
    await expect(calls.get(owner, String(first?.id))).rejects.toMatchObject({ status: 404 })
    await expect(calls.update(owner, String(first?.id), { name: 'x' })).rejects.toMatchObject({ status: 404 })
  }
  await expect(theirs.clientSecrets.create(id)).rejects.toMatchObject({ status: 404 })
  await expect(theirs.clientSecrets.delete(id, String(first?.id))).rejects.toMatchObject({ status: 404 })
  await clientSecrets.delete(other.id, String(first?.id))
  expect(await clientSecrets.list(id)).toMatchObject([{ id: first?.id }])
  expect(await statusOf(id, secret)).toBe(200)
})

test('nobody touches the secrets of a client that holds more than they do', async () => {
  const scopes = managementScopes.filter((scope) => scope.endsWith(':client_keys'))
  const { clientSecrets, clients } = await world.mine.connectionWith(scopes)
  const owner = world.mine.operatorId
  const [only] = await clientSecrets.list(owner)
  const secretId = String(only?.id)
  for (const change of [
    () => clientSecrets.create(owner),
    () => clientSecrets.update(owner, secretId, { name: 'x' }),
    () => clientSecrets.delete(owner, secretId),
    () => clients.rotateSecret(owner, { overlap_seconds: 60 }),
  ]) {
    await expect(change()).rejects.toMatchObject({ status: 403, code: 'insufficient_scope' })
  }
})

test('the last secret of the last administrator can neither be ended nor expire now; one of two can', async () => {
  const { clientSecrets } = await mine()
  const owner = world.mine.operatorId
  const [only] = await clientSecrets.list(owner)
  const secretId = String(only?.id)
  const lastOne = { status: 403, message: expect.stringContaining('last client that holds every scope') }
  await expect(clientSecrets.delete(owner, secretId)).rejects.toMatchObject(lastOne)
  await expect(clientSecrets.update(owner, secretId, { expires_at: moment(0) })).rejects.toMatchObject(
    lastOne,
  )
  const next = await clientSecrets.create(owner)
  await clientSecrets.delete(owner, secretId)
  await expect(clientSecrets.delete(owner, next.id)).rejects.toMatchObject(lastOne)
})

test('a rotation that is repeated with its key is answered as before and done once', async () => {
  const { clientSecrets } = await mine()
  const { id, secret } = await newClient()
  const rotate = async (body: unknown) => {
    const response = await world.mine.fetch(`/api/v2/clients/${id}/rotate-secret`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await world.mine.token()}`,
        'content-type': 'application/json',
        'idempotency-key': `rotate ${id}`,
      },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: Object(await response.json()) }
  }
  const first = await rotate({ overlap_seconds: 60 })
  expect(await rotate({ overlap_seconds: 60 })).toEqual(first)
  expect((await rotate({ overlap_seconds: 61 })).status).toBe(422)
  expect(await clientSecrets.list(id)).toHaveLength(2)
  expect([await statusOf(id, secret), await statusOf(id, first.body.client_secret)]).toEqual([200, 200])
})

test('no answer but the one that makes it, no log entry and no file holds a secret', async () => {
  const { clients, clientSecrets, logs } = await mine()
  const { id, secret } = await newClient()
  const { client_secret: rotated } = await clients.rotateSecret(id, { overlap_seconds: 60 })
  const [old] = await clientSecrets.list(id)
  await clientSecrets.delete(id, String(old?.id))
  const { client_secret: created } = await clientSecrets.create(id, { name: 'next' })
  for (const one of [secret, rotated, created]) await answerTo(id, one)
  const answers = JSON.stringify([
    await clients.get(id),
    await clientSecrets.list(id),
    await clientSecrets.get(id, String((await clientSecrets.list(id))[0]?.id)),
    await clientSecrets.update(id, String((await clientSecrets.list(id))[0]?.id), { name: 'named' }),
    await logs.list({ per_page: 100 }),
  ])
  const files = readdirSync(world.dataDir).map((file) => readFileSync(join(world.dataDir, file), 'latin1'))
  for (const one of [secret, rotated, created]) {
    expect(answers).not.toContain(one)
    for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      const text = Buffer.from(one).toString(encoding)
      expect(files.some((file) => file.includes(text))).toBe(false)
    }
  }
  expect(answers).not.toContain('"hash"')
})
