import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDoor, type TestDoor } from '../../../test/webtask-door.ts'

let door: TestDoor

beforeAll(async () => {
  door = await openTestDoor()
  await door.storeRule(door.a.tenant, 'only-a')
  await door.storeRule(door.b.tenant, 'only-b')
})

afterAll(() => door.close())

interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly token?: string
  readonly host?: string
}

async function call(url: string, { method = 'GET', token, host = 'localhost:8420' }: Call = {}) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await door.app.inject({ method, url, headers: { host, ...authorization } })
  return {
    status: response.statusCode,
    text: response.body,
    body: response.body ? response.json() : undefined,
  }
}

const guarded = [
  ['POST', '/api/tokens/issue'],
  ['GET', '/api/tokens/inspect?token=a.b.c'],
  ['POST', '/api/tokens/revoke?token=a.b.c'],
  ['GET', '/api/webtask/a'],
  ['GET', '/api/webtask/a/only-a'],
  ['DELETE', '/api/webtask/a/only-a'],
  ['GET', '/api/logs/tenant/a'],
] as const

for (const [method, url] of guarded) {
  test(`${method} ${url} without a token, with a wrong and with an endless one is 401 and says what to do`, async () => {
    for (const token of [undefined, 'tsk_webtask_wrong', 'x'.repeat(5000)]) {
      const { status, body } = await call(url, { method, ...(token ? { token } : {}) })
      expect(status).toBe(401)
      expect(body).toMatchObject({ code: 401, statusCode: 401, error: 'Unauthorized' })
      expect(body.message).toMatch(/wt init/)
    }
  })
}

test('no answer of the door is stored by anyone in between', async () => {
  for (const [method, url] of guarded) {
    expect((await door.app.inject({ method, url })).headers['cache-control']).toBe('no-store')
  }
  const headers = { authorization: `Bearer ${door.a.token}` }
  for (const url of ['/api/webtask/a', '/api/webtask/a/only-a', '/api/webtask/a/nothing']) {
    expect((await door.app.inject({ url, headers })).headers['cache-control']).toBe('no-store')
  }
})

test('nobody without a token has a body read, and what is not offered reads none', async () => {
  const unreadable = (url: string, token?: string) =>
    door.app.inject({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      payload: '{'.repeat(100_000),
    })
  expect((await unreadable('/api/tokens/issue')).statusCode).toBe(401)
  expect((await unreadable('/api/tokens/issue', 'wrong')).statusCode).toBe(401)
  expect((await unreadable('/api/tokens/issue', door.a.token)).statusCode).toBe(400)
  const scheduled = await unreadable('/api/cron/a')
  expect(scheduled.statusCode).toBe(403)
  expect(scheduled.headers['cache-control']).toBe('no-store')
})

test('another scheme than Bearer is no token', async () => {
  const response = await door.app.inject({
    url: '/api/webtask/a',
    headers: { authorization: `Basic ${door.a.token}` },
  })
  expect(response.statusCode).toBe(401)
})

test("another tenant's container is answered like one that does not exist", async () => {
  for (const path of ['', '/only-a', '/only-b']) {
    const theirs = await call(`/api/webtask/b${path}`, { token: door.a.token })
    const nobodys = await call(`/api/webtask/nobody${path}`, { token: door.a.token })
    expect(theirs.status).toBe(404)
    expect(theirs).toEqual(nobodys)
  }
})

test("a token at another tenant's host finds nothing", async () => {
  expect((await call('/api/webtask/a', { token: door.a.token, host: 'b.example.com' })).status).toBe(404)
  expect((await call('/api/webtask/b', { token: door.b.token })).status).toBe(404)
  const atHome = await call('/api/webtask/b', { token: door.b.token, host: 'b.example.com' })
  expect(atHome.body.map((webtask: { name: string }) => webtask.name)).toEqual(['only-b'])
  expect(atHome.body[0].webtask_url).toBe('http://b.example.com/api/run/b/only-b')
})

test("another tenant's webtask token inspects and revokes nothing", async () => {
  const [{ token: theirs }] = (await call('/api/webtask/b', { token: door.b.token, host: 'b.example.com' }))
    .body
  const inspected = await call(`/api/tokens/inspect?token=${theirs}&decrypt=true`, { token: door.a.token })
  expect(inspected.status).toBe(404)
  expect(inspected.text).not.toContain('shhhh')
  const revoked = await call(`/api/tokens/revoke?token=${theirs}`, { method: 'POST', token: door.a.token })
  expect(revoked.status).toBe(404)
  const left = await call('/api/webtask/b/only-b', { token: door.b.token, host: 'b.example.com' })
  expect(left.status).toBe(200)
})

test('a webtask token whose text was changed is refused', async () => {
  const { body } = await call('/api/webtask/a/only-a', { token: door.a.token })
  const [header, payload, signature] = String(body.token).split('.')
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())
  const forged = Buffer.from(JSON.stringify({ ...claims, jtn: 'other' })).toString('base64url')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  // Of the last character two bits mean nothing, and are zero.
  const last = signature?.at(-1) ?? ''
  const spelling = String.fromCharCode(last.charCodeAt(0) + 1)
  expect((await call(`/api/tokens/inspect?token=${body.token}`, { token: door.a.token })).status).toBe(200)
  for (const token of [
    `${header}.${forged}.${signature}`,
    `${header}.${payload}.${signature?.slice(0, -1)}${spelling}`,
    `${header}.${payload}.${signature}=`,
    `${none}.${payload}.`,
    `${header}.${payload}`,
    '..',
    'x',
  ]) {
    const answer = await call(`/api/tokens/inspect?token=${token}`, { token: door.a.token })
    expect(answer.status).toBe(400)
  }
})

test('a webtask token gives no right of its own', async () => {
  const { body } = await call('/api/webtask/a/only-a', { token: door.a.token })
  expect((await call('/api/webtask/a', { token: body.token })).status).toBe(401)
})

test('secrets are told decrypted only when asked for, else as one opaque text', async () => {
  const { body } = await call('/api/webtask/a/only-a', { token: door.a.token })
  expect(body.token).not.toContain(Buffer.from('KEY').toString('base64url'))
  const inspect = async (query: string) =>
    (await call(`/api/tokens/inspect?token=${body.token}${query}`, { token: door.a.token })).body
  expect(typeof (await inspect('')).ectx).toBe('string')
  expect(JSON.stringify(await inspect(''))).not.toContain('shhhh')
  expect((await inspect('&decrypt=true')).ectx).toEqual({ KEY: 'shhhh' })
  expect(await inspect('&decrypt=false')).not.toMatchObject({ code: expect.anything() })
  expect((await inspect('&fetch_code=true')).code).toBe('// only-a')
})

test('the only management token of a container cannot be revoked, one of two can', async () => {
  const revoke = (token: string) => call(`/api/tokens/revoke?token=${token}`, { method: 'POST', token })
  const alone = await revoke(door.a.token)
  expect(alone.status).toBe(403)
  expect(alone.body.message).toMatch(/only management token/)
  const second = await door.makeToken(door.a.tenant)
  const both = await Promise.all([revoke(second), revoke(door.a.token)])
  expect(both.map(({ status }) => status).sort()).toEqual([204, 403])
  const [left] = await door.storage.webtaskTokens.list(door.a.tenant.id)
  expect(left).toBeDefined()
  door.a.token = both[0].status === 403 ? second : door.a.token
  expect((await call('/api/webtask/a', { token: door.a.token })).status).toBe(200)
})

for (const path of [
  '/api/description',
  '/api/run/a/only-a',
  '/api/cron/a',
  '/api/env/node/modules/x',
  '/api/webtask/a/only-a/data',
]) {
  test(`${path} is not offered and the answer says what to do instead`, async () => {
    const { status, body } = await call(path)
    expect([403, 404]).toContain(status)
    expect(body.message.length).toBeGreaterThan(40)
    expect((await call(`/${path}`)).status).toBe(status)
  })
}

for (const query of ['limit=-1', 'limit=x', 'offset=1.5', 'meta=novalue', 'meta=:x']) {
  test(`a list is refused for ${query}`, async () => {
    expect((await call(`/api/webtask/a?${query}`, { token: door.a.token })).status).toBe(400)
  })
}

test('a list is cut to its page and to each meta filter', async () => {
  await door.storeRule(door.a.tenant, 'second')
  const names = async (query: string) =>
    (await call(`/api/webtask/a?${query}`, { token: door.a.token })).body.map(
      (item: { name: string }) => item.name,
    )
  expect(await names('')).toEqual(['only-a', 'second'])
  expect(await names('offset=1&limit=1')).toEqual(['second'])
  expect(await names('offset=9')).toEqual([])
  expect(await names('meta=auth0-extension%3Aruntime&meta=auth0-extension-name%3Aother')).toEqual([])
  expect(await names('meta=auth0-extension%3Aruntime')).toEqual(['only-a', 'second'])
})

test('a name may come percent-encoded, and the path with a doubled slash', async () => {
  await door.storeRule(door.a.tenant, 'a+b@c')
  for (const url of ['/api/webtask/a/a+b@c', '/api/webtask/a/a%2Bb%40c', '//api/webtask/a/a+b@c']) {
    expect((await call(url, { token: door.a.token })).body.name).toBe('a+b@c')
  }
})

test('removing leaves a log entry with the path and without the query, and removing again is 404', async () => {
  await door.storeRule(door.a.tenant, 'gone')
  const remove = () => call('/api/webtask/a/gone?key=secret', { method: 'DELETE', token: door.a.token })
  expect((await remove()).status).toBe(204)
  expect((await remove()).status).toBe(404)
  const page = { offset: 0, limit: 2, newestFirst: true }
  const items = await door.storage.logEntries.list(door.a.tenant.id, {}, page)
  expect(items.map(({ type }) => type)).toEqual(['fapi', 'sapi'])
  expect(items[1]).toMatchObject({ method: 'DELETE', path: '/api/webtask/a/gone', status: 204 })
  expect(JSON.stringify(items)).not.toContain('secret')
})

test('code that is not UTF-8 is refused, and not kept with other characters', async () => {
  const { statusCode, body } = await door.app.inject({
    method: 'POST',
    url: '/api/tokens/issue',
    headers: {
      host: 'localhost:8420',
      authorization: `Bearer ${door.a.token}`,
      'content-type': 'application/json',
    },
    payload: Buffer.from('{"ten":"a","jtn":"latin","code":"caf\xe9"}', 'latin1'),
  })
  expect([statusCode, JSON.parse(body).message]).toEqual([400, 'The body is not valid JSON in UTF-8.'])
})
