/** The two secrets that a client may have, with a clock that the test turns. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { managementScopes } from '@tallystick/management-api/contract'
import { afterAll, expect, test } from 'vitest'
import { startChangingSecrets } from '../../../../test/changing-secrets.ts'

const { answerTo, later, mine, moment, newClient, statusOf, world } = await startChangingSecrets()
afterAll(() => world.close())

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
