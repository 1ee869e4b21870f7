/** Several tenants on one server: made, reached by their hosts, and deleted. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AcmeServer, host, startWithAcme } from './acme-tenant.ts'

let world: AcmeServer
beforeAll(async () => {
  world = await startWithAcme()
})
afterAll(() => world.server.close())

describe('making one', () => {
  test.each([
    ['a name with a capital', { name: 'Acme', origin: 'https://a.example.com' }, 'name'],
    ['the name of a path', { name: 'settings', origin: 'https://a.example.com' }, 'name'],
    ['an origin with a path', { name: 'other', origin: 'https://a.example.com/x' }, 'origin'],
    ['an origin with a final slash', { name: 'other', origin: 'https://a.example.com/' }, 'origin'],
    ['an origin with a capital', { name: 'other', origin: 'https://A.example.com' }, 'origin'],
    ['an origin with its default port', { name: 'other', origin: 'https://a.example.com:443' }, 'origin'],
    ['an origin with a user', { name: 'other', origin: 'https://u@a.example.com' }, 'origin'],
    [
      'an http origin with the port of https',
      { name: 'other', origin: 'http://acme.example.com:443' },
      'origin',
    ],
    [
      'an https origin with the port of http',
      { name: 'other', origin: 'https://acme.example.com:80' },
      'origin',
    ],
    ['an origin for many hosts', { name: 'other', origin: 'https://*.example.com' }, 'origin'],
    ['another scheme', { name: 'other', origin: 'ftp://a.example.com' }, 'origin'],
  ])('%s is refused by name', async (_, body, member) => {
    await expect(world.server.management.tenants.create(body)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(member),
    })
  })

  test('a name or host that is taken is refused, also that of the default tenant', async () => {
    for (const body of [
      { name: 'acme', origin: 'https://other.example.com' },
      { name: 'demo', origin: 'https://other.example.com' },
      { name: 'other', origin: `http://${host}` },
      { name: 'other', origin: world.server.bootstrap.origin },
    ]) {
      await expect(world.server.management.tenants.create(body)).rejects.toMatchObject({ status: 409 })
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
      const answer = await world.ask(host, path, { method, token: world.tokens.acme, json })
      expect([method, answer.status]).toEqual([method, 403])
      expect(JSON.stringify(answer.body)).not.toContain('demo')
    }
    const { body } = await world.ask(host, '/api/v2/resource-servers', { token: world.tokens.acme })
    expect(JSON.stringify(body)).not.toContain(':tenants"')
  })

  test('the answer has the shape of the bootstrap file, once; what is listed has no credentials', async () => {
    const audience = `https://${host}/api/v2/`
    expect(world.acme).toEqual({
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
    const { tenants, total } = await world.server.management.tenants.list()
    expect([total, tenants.map(({ name }) => name)]).toEqual([2, ['demo', 'acme']])
    expect(await world.server.management.tenants.get('acme')).toEqual(tenants[1])
    expect(tenants).toMatchObject([
      { is_default: true, origin: world.server.bootstrap.origin, profile: 'rfc' },
      { is_default: false, origin: `https://${host}`, profile: 'auth0' },
    ])
    await expect(world.server.management.tenants.get('nobody')).rejects.toMatchObject({ status: 404 })
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
        const answer = await world.ask(name, path, {
          method,
          token: world.tokens.acme,
          ...(method === 'POST' && { json: {} }),
        })
        expect([path, answer.status]).toEqual([path, 404])
        expect(answer.headers['x-request-id']).toEqual(expect.any(String))
      }
      expect((await world.requestTokenAt(name, {})).body).toMatchObject({ error: 'invalid_request' })
    },
  )

  test('that belongs to no tenant can still ask for health', async () => {
    expect((await world.ask('evil.example.com', '/healthz')).status).toBe(200)
    expect((await world.ask('evil.example.com', '/readyz')).status).toBe(200)
  })

  test('names its tenant, whatever its case and with the port of its scheme, and no header beside it does', async () => {
    for (const name of [host, host.toUpperCase(), `${host}:443`]) {
      const { body } = await world.ask(name, '/.well-known/openid-configuration', {
        headers: { 'x-forwarded-host': 'localhost', 'x-tenant': 'demo', forwarded: 'host=localhost' },
      })
      expect(body).toMatchObject({
        issuer: `https://${host}/`,
        token_endpoint: `https://${host}/oauth/token`,
        jwks_uri: `https://${host}/.well-known/jwks.json`,
      })
    }
    for (const name of [
      'localhost',
      '127.0.0.1:9',
      '[::1]:8420',
      new URL(world.server.bootstrap.origin).host,
    ]) {
      const { body } = await world.ask(name, '/.well-known/openid-configuration')
      expect(body.issuer).toBe(`${world.server.bootstrap.origin}/`)
    }
  })
})

describe('deleting one', () => {
  test('the default tenant stays', async () => {
    await expect(world.server.management.tenants.delete('demo')).rejects.toMatchObject({ status: 403 })
    expect((await world.server.requestToken()).status).toBe(200)
  })

  test('everything in it is gone, its credentials are worth nothing, and its name and host are free', async () => {
    const origin = 'https://short.example.com'
    const first = await world.server.management.tenants.create({ name: 'short', origin })
    const token = await world.tokenOf(first)
    await world.server.management.tenants.delete('short')
    await world.server.management.tenants.delete('short')
    expect((await world.ask('short.example.com', '/api/v2/clients', { token })).status).toBe(404)
    expect((await world.ask('localhost', '/api/webtask/short', { token: first.webtask.token })).status).toBe(
      401,
    )
    const second = await world.server.management.tenants.create({ name: 'short', origin })
    expect((await world.requestTokenAt('short.example.com', { ...first.management })).status).toBe(401)
    expect((await world.ask('short.example.com', '/api/v2/clients', { token })).status).toBe(401)
    const logs = await world.ask('short.example.com', '/api/v2/logs', { token: await world.tokenOf(second) })
    expect(JSON.stringify(logs.body)).not.toContain(decodeJwt(token).jti)
    await world.server.management.tenants.delete('short')
    const { logs: mine } = await world.server.management.logs.list({ per_page: 1 })
    expect(mine[0]).toMatchObject({ description: 'Deleted the tenant short.' })
  })

  test("with the last other tenant gone, every host is the default tenant's again", async () => {
    await world.server.management.tenants.delete('acme')
    const { body } = await world.ask('evil.example.com', '/.well-known/openid-configuration')
    expect(body.issuer).toBe(`${world.server.bootstrap.origin}/`)
  })
})
