/** Secrets that are rotated, with a clock that the test turns. */
import { afterAll, expect, test } from 'vitest'
import { startChangingSecrets } from '../../../../test/changing-secrets.ts'
import { maxSecretOverlapSeconds } from '../../../domain/client-secret.ts'

const { answerTo, later, mine, moment, newClient, statusOf, world } = await startChangingSecrets()
afterAll(() => world.close())

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
