/**
 * Every operation that `openapi.json` describes, called as the document says, and as it says not to. To add an
 * operation, give it a sample in `every-operation/samples.ts`.
 */
import { Validator } from '@seriousme/openapi-schema-validator'
import { managementScopes, operationNames } from '@tallystick/management-api/contract'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerOf, ask, choicesOf, described, isReaderOf, sampleOf } from './every-operation/described.ts'
import { makeIn, nothing } from './every-operation/make.ts'
import { samples } from './every-operation/samples.ts'
import { startTwoTenants, type TwoTenants } from './two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

test('the document is served to everybody and is valid OpenAPI 3.1', async () => {
  const response = await world.mine.fetch('/api/v2/openapi.json')
  const document = Object(await response.json())
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(document.servers).toEqual([{ url: `${world.mine.issuer.origin}/api/v2` }])
  expect(Object.keys(document.paths)).toEqual([...new Set(described.map(({ path }) => path))])
  expect(await new Validator().validate(document)).toEqual({ valid: true })
})

test('the document describes every operation of the contract, and each has a sample', () => {
  const names = described.map(({ name }) => name)
  expect(names.toSorted()).toEqual(operationNames.toSorted())
  expect(names.filter((name) => !(name in samples))).toEqual([])
})

async function newestEntry({ rooms, mine }: TwoTenants) {
  const page = { offset: 0, limit: 1, newestFirst: true }
  return (await rooms.storage.logEntries.list(mine.tenant.id, {}, page))[0]
}

const ajv = new Ajv2020({ strict: false, validateFormats: false })

// The test above names those that have no sample yet.
describe.each(described.filter(({ name }) => name in samples))('$name', (route) => {
  const { name, method, operation } = route
  const isStream = answerOf(operation).type === 'text/event-stream'
  const changes = method !== 'GET'

  test('is refused without a token', async () => {
    const response = await ask(world.mine, route, await sampleOf(name, nothing))
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer resource_metadata="[^"]+", DPoP algs=/)
    expect(await response.json()).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      message: 'Missing authentication',
      errorCode: 'invalid_token',
    })
  })

  test("is refused with another tenant's token", async () => {
    const token = await world.theirs.token()
    const response = await ask(world.mine, route, { ...(await sampleOf(name, nothing)), token })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token", /)
  })

  test('is refused with every scope but its own, and the refused change is on record', async () => {
    const own = operation.security.flatMap(({ bearer }) => bearer)
    const token = await world.mine.token(managementScopes.filter((scope) => !own.includes(scope)))
    const response = await ask(world.mine, route, { ...(await sampleOf(name, nothing)), token })
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
    const all = operation.security.length === 1 && own.length > 1
    const message = `Insufficient scope, expected ${all ? 'all' : 'any'} of: ${own.join(',')}`
    expect(await response.json()).toEqual({
      statusCode: 403,
      error: 'Forbidden',
      message,
      errorCode: 'insufficient_scope',
    })
    if (!changes) return
    expect(await newestEntry(world)).toMatchObject({
      id: response.headers.get('x-request-id'),
      type: 'fapi',
      status: 403,
      description: message,
      clientId: world.mine.operatorId,
    })
  })

  test('is refused with a query parameter that nobody knows', async () => {
    if (isStream) return
    const token = await world.mine.token()
    const { query = '', ...asked } = await sampleOf(name, nothing)
    const separator = query === '' ? '?' : '&'
    const response = await ask(world.mine, route, {
      ...asked,
      token,
      query: `${query}${separator}surprise=1`,
    })
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        statusCode: 400,
        error: 'Bad Request',
        message: "Query validation error: 'Additional properties not allowed: surprise'.",
        errorCode: 'invalid_query_string',
      },
    ])
  })

  test('is refused with a member that nobody knows', async () => {
    if (!changes) return
    const token = await world.mine.token()
    const sample = await sampleOf(name, makeIn(world.mine))
    const isList = Array.isArray(sample.body)
    const body = isList ? sample.body : { ...Object(sample.body ?? {}), surprise: 1 }
    if (isList) return
    const response = await ask(world.mine, route, { ...sample, token, body })
    const answer = Object(await response.json())
    expect([response.status, answer.errorCode]).toEqual([400, 'invalid_body'])
    expect(answer.message).toContain('surprise')
  })

  if (samples[name].ofHost) {
    test('is refused in any tenant but the default one', async () => {
      const token = await world.theirs.token()
      const response = await ask(world.theirs, route, { ...(await sampleOf(name, nothing)), token })
      expect(response.status).toBe(403)
    })
  } else if (samples[name].ofEveryTenant) {
    test('answers an id that was never given with 404', async () => {
      const { body } = await sampleOf(name, makeIn(world.mine))
      const sent = { ...(await sampleOf(name, nothing)), ...(body === undefined ? {} : { body }) }
      const response = await ask(world.mine, route, { ...sent, token: await world.mine.token() })
      expect(response.status).toBe(404)
    })
  } else if (samples[name].params && !samples[name].ofAll) {
    test("answers another tenant's id like one that was never given", async () => {
      const token = await world.mine.token()
      const theirs = await sampleOf(name, makeIn(world.theirs))
      const { body } = await sampleOf(name, makeIn(world.mine))
      const sent = { token, ...(body === undefined ? {} : { body }) }
      const foreign = await ask(world.mine, route, { ...theirs, ...sent })
      const unknown = await ask(world.mine, route, { ...(await sampleOf(name, nothing)), ...sent })
      expect([foreign.status, await foreign.text()]).toEqual([unknown.status, await unknown.text()])
      expect(foreign.status).toBe(samples[name].whenAbsent ?? 404)
      const own = await ask(world.theirs, route, { ...theirs, token: await world.theirs.token() })
      expect(own.status).toBe(answerOf(operation).status)
      await own.body?.cancel()
    })
  }

  test.each(choicesOf(operation))(
    'works with the scope %s alone, and a change is on record',
    async (...scopes) => {
      const sample = await sampleOf(name, makeIn(world.mine))
      const response = await ask(world.mine, route, { ...sample, token: await world.mine.token(scopes) })
      const { status, schema } = answerOf(operation)
      if (isStream) {
        expect(response.status).toBe(status)
        return response.body?.cancel()
      }
      const text = await response.text()
      expect([response.status, text]).toEqual([status, expect.anything()])
      if (schema) {
        const fits = ajv.compile(Object(schema))
        expect([fits(JSON.parse(text)), fits.errors]).toEqual([true, null])
      } else expect(text).toBe('')
      if (!changes) return undefined
      const entry = await newestEntry(world)
      return expect(entry).toMatchObject({
        id: response.headers.get('x-request-id'),
        type: 'sapi',
        method,
        status,
      })
    },
  )

  if (method === 'POST') {
    test('is done once and answered the same, byte for byte, when it is sent again with its Idempotency-Key', async () => {
      const sample = await sampleOf(name, makeIn(world.mine))
      const again = {
        ...sample,
        token: await world.mine.token(),
        headers: { 'idempotency-key': crypto.randomUUID() },
      }
      const first = await ask(world.mine, route, again)
      expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([
        answerOf(operation).status,
        null,
      ])
      const seen = world.rooms.storage.changes.count(world.mine.tenant.id)
      const second = await ask(world.mine, route, again)
      expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([first.status, 'true'])
      expect(await second.text()).toBe(await first.text())
      expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
      expect(world.rooms.storage.changes.count(world.mine.tenant.id)).toBe(seen)
    })
  }

  if (['PATCH', 'PUT', 'DELETE'].includes(method) && described.some((other) => isReaderOf(other, route))) {
    test('is refused with an ETag that is not of the present state, changes nothing then, and is done with the right one', async () => {
      const reader = described.find((other) => isReaderOf(other, route)) ?? route
      const token = await world.mine.token()
      const sample = { ...(await sampleOf(name, makeIn(world.mine))), token }
      const { body: _, ...read } = sample
      const before = await ask(world.mine, reader, read)
      const present = String(before.headers.get('etag'))
      expect(present).toMatch(/^"[\w-]{27}"$/)
      for (const stale of ['"stale"', `W/${present}`]) {
        const refused = await ask(world.mine, route, { ...sample, headers: { 'if-match': stale } })
        expect([refused.status, await refused.json()]).toMatchObject([
          412,
          { statusCode: 412, error: 'Precondition Failed', errorCode: 'precondition_failed' },
        ])
      }
      const after = await ask(world.mine, reader, read)
      expect(after.headers.get('etag')).toBe(present)
      const done = await ask(world.mine, route, { ...sample, headers: { 'if-match': `"other", ${present}` } })
      expect(done.status).toBe(answerOf(operation).status)
    })
  }
})
