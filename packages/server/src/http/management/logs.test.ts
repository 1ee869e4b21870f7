import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
  for (const name of ['a', 'b', 'c', 'd', 'e']) await world.mine.connection.clients.create({ name })
  await world.theirs.connection.clients.create({ name: 'their secret plan' })
})
afterAll(() => world.close())

function bodyOf(text: string) {
  const entries: { description: string; log_id: string }[] = JSON.parse(text)
  return entries
}

async function get(query: string) {
  const response = await world.mine.fetch(`/api/v2/logs?${query}`, {
    headers: { authorization: `Bearer ${await world.mine.token()}` },
  })
  return { status: response.status, link: response.headers.get('link'), body: bodyOf(await response.text()) }
}

test.each([
  'q=type:nonsense',
  'q=date:[2026-01-01 TO *]',
  'q=type:sapi OR type:fapi',
  'q=NOT type:sapi',
  'q=type:s*',
  'q=(type:sapi)',
  'q=type:sapi AND type:fapi',
  'q=type:sapi and client_id:x',
  'q=description:"x"',
  'q=type:sapi&search=type:sapi',
  `q=${'('.repeat(900)}`,
  `q=${'x'.repeat(10_000)}`,
  'sort=client_id:1',
  'from=not-a-log-id',
  'take=101',
  'fields=type',
])('a search or parameter that is not understood is refused, never ignored: %.60s', async (query) => {
  expect(await get(encodeURI(query))).toMatchObject({
    status: 400,
    body: { errorCode: 'invalid_query_string' },
  })
})

test('the log is read by page, newest first or oldest first, with a true total', async () => {
  const { logs, total, length } = await world.mine.connection.logs.list({ per_page: 2 })
  expect([logs.length, length, total]).toEqual([2, 2, 5])
  expect(logs[0]).toMatchObject({
    type: 'sapi',
    description: 'Created the client e.',
    client_id: world.mine.operatorId,
    client_name: 'Tallystick operator',
    tenant_name: 'demo',
    hostname: new URL(world.mine.issuer.origin).host,
    details: { request: { method: 'POST', path: '/api/v2/clients' }, response: { statusCode: 201 } },
  })
  const oldest = await world.mine.connection.logs.list({ sort: 'date:1', per_page: 1 })
  expect(oldest.logs[0]?.description).toBe('Created the client a.')
  expect((await world.mine.connection.logs.list({ page: 9 })).logs).toEqual([])
})

test('pages end after a thousand entries, and the refusal says how to read on', async () => {
  const { logs } = world.mine.connection
  for (const query of [{ page: 10, per_page: 100 }, { page: 20 }, { page: 1_000_000, per_page: 1 }]) {
    await expect(logs.list(query)).rejects.toMatchObject({
      status: 400,
      code: 'invalid_query_string',
      message: expect.stringMatching(/from and take/),
    })
  }
  expect((await logs.list({ page: 9, per_page: 100 })).logs).toEqual([])
})

test('a list without its total is not counted', async () => {
  const { logEntries } = world.rooms.storage
  const { count } = logEntries
  Object.assign(logEntries, { count: () => Promise.reject(new Error('This was counted.')) })
  try {
    expect(await get('per_page=1')).toMatchObject({ status: 200, body: [{ type: 'sapi' }] })
    expect((await get('per_page=1&include_totals=true')).status).toBe(500)
  } finally {
    Object.assign(logEntries, { count })
  }
})

test('a search by type and client finds theirs alone', async () => {
  const id = world.mine.operatorId
  const found = await world.mine.connection.logs.list({ q: `type:sapi AND client_id:"${id}"` })
  expect(found.total).toBe(5)
  expect((await world.mine.connection.logs.list({ search: 'type:fapi' })).total).toBe(0)
  expect((await world.mine.connection.logs.list({ q: `client_id:${world.theirs.operatorId}` })).total).toBe(0)
})

test('by checkpoint the log is read from its oldest entry on, and the link leads on', async () => {
  const first = await get('take=3')
  expect(first.body.map(({ description }) => description)).toEqual([
    'Created the client a.',
    'Created the client b.',
    'Created the client c.',
  ])
  const [, next = ''] = /^<([^>]*)>; rel="next"$/.exec(first.link ?? '') ?? []
  expect(next).toBe(`${world.mine.issuer.origin}/api/v2/logs?from=${first.body[2]?.log_id}&take=3`)
  const second = await get(new URL(next).search.slice(1))
  expect(second.body).toHaveLength(2)
  const last = second.body[1]?.log_id
  expect(await get(`from=${last}&take=3&page=0&per_page=50&include_totals=true`)).toMatchObject({
    status: 200,
    body: [],
    link: expect.stringContaining(`from=${last}`),
  })
})

test('one entry is found by its id, which is the request id of the answer', async () => {
  const response = await world.mine.fetch('/api/v2/clients', {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
    body: '{"name":"f"}',
  })
  const id = response.headers.get('x-request-id') ?? ''
  expect(await world.mine.connection.logs.get(id)).toMatchObject({
    log_id: id,
    description: 'Created the client f.',
  })
  await expect(world.theirs.connection.logs.get(id)).rejects.toMatchObject({ status: 404 })
})
