import { afterAll, beforeAll, expect, test } from 'vitest'
import { named } from '../../../../test/named-cases.ts'
import { sampleExchange } from '../../../../test/storage-conformance/log-samples.ts'
import { startTwoTenants, type TestTenant, type TwoTenants } from '../../../../test/two-tenants.ts'
import { maxSearchesAtOnce } from './logs.ts'

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

const notUnderstood = [
  'q=type:nonsense',
  'q=type:sapi type:fapi',
  'q=nonsense:x',
  'q=type:',
  'q=date:[2026-13-01 TO *]',
  'q=type:[a TO b]',
  'q=(type:sapi',
  'q=type:sapi)',
  'q=type:s*i',
  'q=*api',
  'q=type:sapi~',
  'q=-type:sapi',
  'q=/s.*/',
  'q="open',
  'q=AND',
  'q=type:sapi AND',
  'q=type:sapi&search=type:sapi',
  `q=${'('.repeat(900)}`,
  `q=${'(NOT '.repeat(100)}x${')'.repeat(100)}`,
  `q=${'x OR '.repeat(101)}x`,
  `q=${'x'.repeat(10_000)}`,
  'sort=client_id:1',
  'from=not-a-log-id',
  'take=101',
  'fields=a b',
].map((query): [string] => [query])
test.each(named(notUnderstood))(
  'a search or parameter that is not understood is refused, never ignored: %s',
  async (_name, query) => {
    expect(await get(encodeURI(query))).toMatchObject({
      status: 400,
      body: { errorCode: 'invalid_query_string' },
    })
  },
)

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

test('a search joins fields, words and dates, and says no more than it was asked', async () => {
  const found = async (q: string) => (await world.mine.connection.logs.list({ q })).total
  const today = new Date().toISOString().slice(0, 10)
  expect(await found('description:client')).toBe(5)
  expect(await found('CLIENT')).toBe(5)
  expect(await found('description:"client b"')).toBe(1)
  expect(await found('description:("client b" OR "client c") AND type:sapi')).toBe(2)
  expect(await found('type:sapi AND NOT description:"the client b."')).toBe(4)
  expect(await found('description:creat*')).toBe(5)
  expect(await found('description:creat')).toBe(0)
  expect(await found('client_name:operator AND type:(sapi OR fapi)')).toBe(5)
  expect(await found(`date:[${today} TO *] AND type:s*`)).toBe(5)
  expect(await found(`date:{${today} TO *]`)).toBe(0)
  expect(await found('date:[* TO 2020-01-01]')).toBe(0)
  expect(await found(`date:${today}`)).toBe(5)
  expect(await found(`hostname:"${new URL(world.mine.issuer.origin).host}"`)).toBe(5)
  expect(await found('connection:"google-oauth2" OR user_id:x')).toBe(0)
  expect(await found('description:"x\' OR 1=1 --"')).toBe(0)
  expect(await found(world.mine.operatorId)).toBe(5)
})

test('a list is cut to the fields that were asked for', async () => {
  expect((await get('fields=type,client_name&per_page=1&include_fields=true')).body).toEqual([
    { type: 'sapi', client_name: 'Tallystick operator' },
  ])
  expect((await get('fields=details&per_page=1&include_fields=false')).body[0]).not.toHaveProperty('details')
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

test('of searches that take their time a few run at once for a tenant, and one more is told to come back', async () => {
  const { logEntries, commit } = world.rooms.storage
  const tenantId = world.mine.tenant.id
  await commit(Array.from({ length: 8000 }, (_, at) => logEntries.insert(sampleExchange(at, { tenantId }))))
  const tokens = new Map([
    [world.mine, await world.mine.token()],
    [world.theirs, await world.theirs.token()],
  ])
  const search = async (tenant: TestTenant, query: string) => {
    const headers = { authorization: `Bearer ${tokens.get(tenant)}` }
    const response = await tenant.fetch(`/api/v2/logs?${query}`, { headers })
    const body = Object(JSON.parse(await response.text()))
    return [response.status, body.errorCode, response.headers.get('retry-after')]
  }
  const found = [200, undefined, null]
  const long = 'q=description:never'
  const many = Array.from({ length: maxSearchesAtOnce + 5 }, () => search(world.mine, long))
  // Nobody else's are refused, nor what an index answers.
  const beside = [search(world.theirs, long), search(world.mine, 'per_page=1')]
  const answers = await Promise.all(many)
  expect(answers.filter(([status]) => status === 200).length).toBeGreaterThanOrEqual(maxSearchesAtOnce)
  expect(answers.filter(([status]) => status !== 200)).toContainEqual([429, 'too_many_requests', '1'])
  expect(await Promise.all(beside)).toEqual([found, found])
  // Those that are over hold no place any more.
  for (let time = 0; time <= maxSearchesAtOnce; time += 1) {
    expect(await search(world.mine, 'include_totals=true&q=type:fapi AND description:never')).toEqual(found)
  }
})
