/** Several tenants on one server: made, reached by their hosts, closed to each other, and deleted. */
import type { CreatedTenant } from '@tallystick/management-api/contract/tenants'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askByHost, type HostAnswer, type HostRequest } from './ask-by-host.ts'
import { invoices, startTestServer, type TestServer } from './test-server.ts'

const host = 'acme.example.com'
let server: TestServer
let acme: CreatedTenant
let acmeToken: string
let mineToken: string
/** Of a client and an API that both tenants have by the same names. */
let acmeClient: { client_id: string; client_secret: string }

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.management.tenants.create({ name: 'acme', origin: `https://${host}`, profile: 'auth0' })
  acmeToken = await tokenOf(acme)
  const { client_id, client_secret } = server.bootstrap.management
  const mine = await ask('localhost', '/oauth/token', {
    method: 'POST',
    json: {
      grant_type: 'client_credentials',
      client_id,
      client_secret,
      audience: server.bootstrap.management.audience,
    },
  })
  mineToken = String(mine.body.access_token)
  await make('/api/v2/resource-servers', { identifier: invoices, scopes: [{ value: 'read' }] })
  const made = await make('/api/v2/clients', { name: 'billing' })
  acmeClient = { client_id: String(made.client_id), client_secret: String(made.client_secret) }
  await make('/api/v2/client-grants', {
    client_id: acmeClient.client_id,
    audience: invoices,
    scope: ['read'],
  })
})
afterAll(() => server.close())

function ask(name: string, path: string, init?: HostRequest): Promise<HostAnswer> {
  return askByHost(server.url, name, path, init)
}

async function make(path: string, json: unknown): Promise<Record<string, unknown>> {
  const answer = await ask(host, path, { method: 'POST', token: acmeToken, json })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

function requestTokenAt(name: string, fields: Record<string, unknown>): Promise<HostAnswer> {
  return ask(name, '/oauth/token', { method: 'POST', json: { grant_type: 'client_credentials', ...fields } })
}

async function tokenOf({ origin, management }: CreatedTenant): Promise<string> {
  const answer = await requestTokenAt(new URL(origin).host, { ...management })
  expect(answer).toMatchObject({ status: 200 })
  return String(answer.body.access_token)
}

describe('making one', () => {
  test.each([
    ['a name with a capital', { name: 'Acme', origin: 'https://a.example.com' }, 'name'],
    ['the name of a path', { name: 'settings', origin: 'https://a.example.com' }, 'name'],
    ['an origin with a path', { name: 'other', origin: 'https://a.example.com/x' }, 'origin'],
    ['an origin with a final slash', { name: 'other', origin: 'https://a.example.com/' }, 'origin'],
    ['an origin with a capital', { name: 'other', origin: 'https://A.example.com' }, 'origin'],
    ['an origin with its default port', { name: 'other', origin: 'https://a.example.com:443' }, 'origin'],
    ['an origin with a user', { name: 'other', origin: 'https://u@a.example.com' }, 'origin'],
    ['another scheme', { name: 'other', origin: 'ftp://a.example.com' }, 'origin'],
  ])('%s is refused by name', async (_, body, member) => {
    await expect(server.management.tenants.create(body)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(member),
    })
  })

  test('a name or host that is taken is refused, also that of the default tenant', async () => {
    for (const body of [
      { name: 'acme', origin: 'https://other.example.com' },
      { name: 'demo', origin: 'https://other.example.com' },
      { name: 'other', origin: `http://${host}` },
      { name: 'other', origin: server.bootstrap.origin },
    ]) {
      await expect(server.management.tenants.create(body)).rejects.toMatchObject({ status: 409 })
    }
  })

  test('another tenant can neither make, list, read nor delete one', async () => {
    for (const [method, path, json] of [
      ['POST', '/api/v2/tenants', { name: 'third', origin: 'https://third.example.com' }],
      ['GET', '/api/v2/tenants', undefined],
      ['GET', '/api/v2/tenants/demo', undefined],
      ['GET', '/api/v2/tenants/acme', undefined],
      ['DELETE', '/api/v2/tenants/acme', undefined],
    ] as const) {
      const answer = await ask(host, path, { method, token: acmeToken, json })
      expect([method, answer.status]).toEqual([method, 403])
      expect(JSON.stringify(answer.body)).not.toContain('demo')
    }
    const { body } = await ask(host, '/api/v2/resource-servers', { token: acmeToken })
    expect(JSON.stringify(body)).not.toContain(':tenants"')
  })

  test('the answer has the shape of the bootstrap file, once; what is listed has no credentials', async () => {
    const audience = `https://${host}/api/v2/`
    expect(acme).toEqual({
      origin: `https://${host}`,
      tenant: 'acme',
      management: {
        client_id: expect.any(String),
        client_secret: expect.stringMatching(/^tsk_client_/),
        audience,
      },
      webtask: { url: `https://${host}`, container: 'acme', token: expect.any(String) },
      starter: null,
    })
    const { tenants, total } = await server.management.tenants.list()
    expect([total, tenants.map(({ name }) => name)]).toEqual([2, ['demo', 'acme']])
    expect(await server.management.tenants.get('acme')).toEqual(tenants[1])
    expect(tenants).toMatchObject([
      { is_default: true, origin: server.bootstrap.origin, profile: 'rfc' },
      { is_default: false, origin: `https://${host}`, profile: 'auth0' },
    ])
    await expect(server.management.tenants.get('nobody')).rejects.toMatchObject({ status: 404 })
  })
})

describe('the Host', () => {
  test.each(['evil.example.com', `${host}.`, 'example.com', '10.0.0.1'])(
    'that belongs to no tenant is answered with 404: %s',
    async (name) => {
      for (const [method, path] of [
        ['GET', '/.well-known/openid-configuration'],
        ['GET', '/.well-known/jwks.json'],
        ['GET', '/api/v2/clients'],
        ['POST', '/api/v2/clients'],
        ['GET', '/api/webtask/acme'],
        ['POST', '/oauth/token'],
      ] as const) {
        const answer = await ask(name, path, {
          method,
          token: acmeToken,
          ...(method === 'POST' && { json: {} }),
        })
        expect([path, answer.status]).toEqual([path, 404])
        expect(answer.headers['x-request-id']).toEqual(expect.any(String))
      }
      expect((await requestTokenAt(name, {})).body).toMatchObject({ error: 'invalid_request' })
    },
  )

  test('that belongs to no tenant can still ask for health', async () => {
    expect((await ask('evil.example.com', '/healthz')).status).toBe(200)
    expect((await ask('evil.example.com', '/readyz')).status).toBe(200)
  })

  test('names its tenant, whatever its case and with the port of its scheme, and no header beside it does', async () => {
    for (const name of [host, host.toUpperCase(), `${host}:443`]) {
      const { body } = await ask(name, '/.well-known/openid-configuration', {
        headers: { 'x-forwarded-host': 'localhost', 'x-tenant': 'demo', forwarded: 'host=localhost' },
      })
      expect(body).toMatchObject({
        issuer: `https://${host}/`,
        token_endpoint: `https://${host}/oauth/token`,
        jwks_uri: `https://${host}/.well-known/jwks.json`,
      })
    }
    for (const name of ['localhost', '127.0.0.1:9', '[::1]:8420', new URL(server.bootstrap.origin).host]) {
      const { body } = await ask(name, '/.well-known/openid-configuration')
      expect(body.issuer).toBe(`${server.bootstrap.origin}/`)
    }
  })
})

describe('nothing of one tenant is there for another', () => {
  test('no client, secret or API at the token endpoint', async () => {
    const audience = 'https://mine.example.com/'
    await server.management.resourceServers.create({ identifier: audience })
    const mine = { client_id: server.billing.id, client_secret: server.billing.secret, audience: invoices }
    expect((await requestTokenAt(host, mine)).body).toMatchObject({ error_description: 'Unauthorized' })
    expect((await requestTokenAt('localhost', { ...acmeClient, audience: invoices })).status).toBe(401)
    const foreign = await requestTokenAt(host, { ...acmeClient, audience })
    const unknown = await requestTokenAt(host, { ...acmeClient, audience: 'https://nobody.example.com/' })
    expect(foreign.body).toEqual({
      error: 'access_denied',
      error_description: `Service not enabled within domain: ${audience}`,
    })
    expect(unknown.status).toBe(foreign.status)
    expect((await requestTokenAt(host, { ...acmeClient, audience: invoices })).status).toBe(200)
    const management = server.bootstrap.management.audience
    expect((await requestTokenAt(host, { ...acmeClient, audience: management })).status).toBe(403)
  })

  test('no signing key, and no token that one of them verifies', async () => {
    const kids = await Promise.all(
      ['localhost', host].map(async (name) => {
        const { keys } = (await ask(name, '/.well-known/jwks.json')).body
        return Array.isArray(keys) ? keys.map(({ kid }: { kid: string }) => kid) : []
      }),
    )
    expect(new Set(kids.flat()).size).toBe(kids.flat().length)
    const { body } = await requestTokenAt(host, { ...acmeClient, audience: invoices })
    expect(kids[1]).toContain(decodeProtectedHeader(String(body.access_token)).kid)
  })

  test('no management token: each is refused at the host of the other', async () => {
    for (const [name, token, status] of [
      [host, mineToken, 401],
      ['localhost', acmeToken, 401],
      [host, acmeToken, 200],
      ['localhost', mineToken, 200],
    ] as const) {
      expect((await ask(name, '/api/v2/clients', { token })).status).toBe(status)
    }
  })

  test('no object by its id, which is answered as one that nobody has, and none in any list', async () => {
    const grants = await server.management.clientGrants.list({ client_id: server.billing.id })
    for (const [noun, id, unknown] of [
      ['clients', server.billing.id, 'A'.repeat(32)],
      ['resource-servers', server.api.id, '0'.repeat(24)],
      ['client-grants', String(grants.client_grants[0]?.id), `cgr_${'A'.repeat(16)}`],
    ] as const) {
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const json = method === 'PATCH' ? {} : undefined
        const [foreign, missing] = await Promise.all(
          [id, unknown].map((each) =>
            ask(host, `/api/v2/${noun}/${each}`, { method, token: acmeToken, json }),
          ),
        )
        expect([noun, method, foreign?.status]).toEqual([noun, method, method === 'DELETE' ? 204 : 404])
        expect([noun, method, foreign?.body]).toEqual([noun, method, missing?.body])
      }
      const listed = await ask(host, `/api/v2/${noun}`, { token: acmeToken })
      expect([listed.status, JSON.stringify(listed.body).includes(id)]).toEqual([200, false])
      expect((await ask('localhost', `/api/v2/${noun}/${id}`, { token: mineToken })).status).toBe(200)
    }
    const foreign = { client_id: server.billing.id, audience: invoices, scope: [] }
    const refused = await ask(host, '/api/v2/client-grants', {
      method: 'POST',
      token: acmeToken,
      json: foreign,
    })
    expect(refused.status).toBe(404)
  })

  test('no container at the webtask door, whichever of host, token and container is foreign', async () => {
    const doors = {
      mine: { name: 'localhost', ...server.bootstrap.webtask },
      theirs: { name: host, ...acme.webtask },
    }
    for (const at of Object.values(doors)) {
      for (const of of Object.values(doors)) {
        for (const { container } of Object.values(doors)) {
          const isOwn = at.token === of.token && of.container === container
          const answer = await ask(at.name, `/api/webtask/${container}`, { token: of.token })
          expect([at.name, of.container, container, answer.status]).toEqual([
            at.name,
            of.container,
            container,
            isOwn ? 200 : 404,
          ])
        }
      }
    }
  })

  test('no entry of its log', async () => {
    const id = String((await requestTokenAt('localhost', {})).headers['x-request-id'])
    expect((await server.management.logs.get(id)).log_id).toBe(id)
    expect((await ask(host, `/api/v2/logs/${id}`, { token: acmeToken })).status).toBe(404)
    const listed = await ask(host, '/api/v2/logs?per_page=100', { token: acmeToken })
    expect([listed.status, JSON.stringify(listed.body).includes(id)]).toEqual([200, false])
  })

  test('settings are those of the tenant alone', async () => {
    const change = { default_audience: invoices, profile: 'rfc' }
    await ask(host, '/api/v2/tenants/settings', { method: 'PATCH', token: acmeToken, json: change })
    expect((await requestTokenAt(host, acmeClient)).status).toBe(200)
    expect((await server.requestToken({ audience: undefined })).status).toBe(400)
    await ask(host, '/api/v2/tenants/settings', {
      method: 'PATCH',
      token: acmeToken,
      json: { default_audience: '', profile: 'auth0' },
    })
  })
})

describe('deleting one', () => {
  test('the default tenant stays', async () => {
    await expect(server.management.tenants.delete('demo')).rejects.toMatchObject({ status: 403 })
    expect((await server.requestToken()).status).toBe(200)
  })

  test('everything in it is gone, its credentials are worth nothing, and its name and host are free', async () => {
    const origin = 'https://short.example.com'
    const first = await server.management.tenants.create({ name: 'short', origin })
    const token = await tokenOf(first)
    await server.management.tenants.delete('short')
    await server.management.tenants.delete('short')
    expect((await ask('short.example.com', '/api/v2/clients', { token })).status).toBe(404)
    expect((await ask('localhost', '/api/webtask/short', { token: first.webtask.token })).status).toBe(401)
    const second = await server.management.tenants.create({ name: 'short', origin })
    expect((await requestTokenAt('short.example.com', { ...first.management })).status).toBe(401)
    expect((await ask('short.example.com', '/api/v2/clients', { token })).status).toBe(401)
    const logs = await ask('short.example.com', '/api/v2/logs', { token: await tokenOf(second) })
    expect(JSON.stringify(logs.body)).not.toContain(decodeJwt(token).jti)
    await server.management.tenants.delete('short')
    const { logs: mine } = await server.management.logs.list({ per_page: 1 })
    expect(mine[0]).toMatchObject({ description: 'Deleted the tenant short.' })
  })

  test("with the last other tenant gone, every host is the default tenant's again", async () => {
    await server.management.tenants.delete('acme')
    const { body } = await ask('evil.example.com', '/.well-known/openid-configuration')
    expect(body.issuer).toBe(`${server.bootstrap.origin}/`)
  })
})
