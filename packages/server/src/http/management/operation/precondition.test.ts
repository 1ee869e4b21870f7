import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

async function send(method: string, path: string, headers: Record<string, string> = {}, body?: unknown) {
  const response = await world.mine.fetch(`/api/v2${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await world.mine.token()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    etag: String(response.headers.get('etag')),
    body: text === '' ? {} : JSON.parse(text),
    text,
  }
}

async function makeClient() {
  const { etag, body } = await send('POST', '/clients', {}, { name: 'one' })
  return { etag, path: `/clients/${body.client_id}` }
}

test('of two changes with one ETag one is made and the other refused, also when both come at once', async () => {
  const { path } = await makeClient()
  for (let round = 0; round < 10; round += 1) {
    const { etag } = await send('GET', path)
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) =>
        send('PATCH', path, { 'if-match': etag }, { name: `${name}${round}` }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412])
    const made = answers.find(({ status }) => status === 200)
    const present = await send('GET', path)
    expect(present.body.name).toBe(made?.body.name)
    expect(present.etag).toBe(made?.etag)
  }
})

test('changes of many objects at once, each with its ETag, are all made', async () => {
  const made = await Promise.all(Array.from({ length: 24 }, makeClient))
  const answers = await Promise.all([
    ...made.map(({ path, etag }) => send('PATCH', path, { 'if-match': etag }, { name: 'changed' })),
    ...made.map((_, index) => send('POST', '/clients', {}, { name: `other ${index}` })),
  ])
  expect(answers.map(({ status }) => status)).toEqual([...made.map(() => 200), ...made.map(() => 201)])
})

test('a change without a condition still comes between two with one', async () => {
  const { path, etag } = await makeClient()
  await send('PATCH', path, {}, { description: 'changed' })
  expect((await send('PATCH', path, { 'if-match': etag }, { name: 'late' })).status).toBe(412)
  expect((await send('DELETE', path, { 'if-match': etag })).status).toBe(412)
  expect((await send('GET', path)).body).toMatchObject({ name: 'one', description: 'changed' })
})

test('the answer to a create bears the ETag that the object is read with, although it shows a secret', async () => {
  const { path, etag } = await makeClient()
  expect(etag).toMatch(/^"[\w-]{27}"$/)
  expect((await send('GET', path)).etag).toBe(etag)
  const renewed = await send('POST', `${path}/rotate-secret`)
  expect(renewed.body).toHaveProperty('client_secret')
  expect((await send('GET', path)).etag).toBe(renewed.etag)
})

test('a reader who has the present state is told so with 304 and no body', async () => {
  const { path, etag } = await makeClient()
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = await send('GET', path, { 'if-none-match': known })
    expect([answer.status, answer.text, answer.etag]).toEqual([304, '', etag])
  }
  expect((await send('GET', path, { 'if-none-match': '"other"' })).status).toBe(200)
  const fields = await send('GET', `${path}?fields=name`)
  expect([fields.body, fields.etag]).toEqual([{ name: 'one' }, etag])
})

test('any object is enough for *, and none is none', async () => {
  const { path } = await makeClient()
  expect((await send('PATCH', path, { 'if-none-match': '*' }, { name: 'x' })).status).toBe(412)
  expect((await send('PATCH', path, { 'if-match': '*' }, { name: 'x' })).status).toBe(200)
  expect((await send('DELETE', path, { 'if-match': '*' })).status).toBe(204)
  expect((await send('DELETE', path, { 'if-match': '*' })).status).toBe(412)
  expect((await send('DELETE', path)).status).toBe(204)
  expect((await send('PATCH', path, { 'if-match': '*' }, { name: 'x' })).status).toBe(404)
})

test('a condition that is none, or stands where nothing can be read, is refused and never ignored', async () => {
  const { path } = await makeClient()
  const malformed = await send('PATCH', path, { 'if-match': 'abc' }, { name: 'x' })
  expect([malformed.status, malformed.body]).toMatchObject([
    400,
    { errorCode: 'invalid_header', message: expect.stringContaining('If-Match') },
  ])
  expect((await send('POST', `${path}/rotate-secret`, { 'if-match': '*' })).status).toBe(412)
  expect((await send('GET', path)).body.name).toBe('one')
})
