/** What one tenant may see of another on the same server: nothing, at any door. */
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AcmeServer, host, startWithAcme } from './acme-tenant.ts'
import { createForeignKey, signForeign } from './foreign-issuers.ts'
import { invoices } from './test-server.ts'

let world: AcmeServer
beforeAll(async () => {
  world = await startWithAcme()
})
afterAll(() => world.server.close())

test('no client, secret or API of another tenant is known at the token endpoint', async () => {
  const audience = 'https://mine.example.com/'
  await world.server.management.resourceServers.create({ identifier: audience })
  const mine = {
    client_id: world.server.billing.id,
    client_secret: world.server.billing.secret,
    audience: invoices,
  }
  expect((await world.requestTokenAt(host, mine)).body).toMatchObject({ error_description: 'Unauthorized' })
  expect((await world.requestTokenAt('localhost', { ...world.client, audience: invoices })).status).toBe(401)
  const foreign = await world.requestTokenAt(host, { ...world.client, audience })
  const unknown = await world.requestTokenAt(host, {
    ...world.client,
    audience: 'https://nobody.example.com/',
  })
  expect(foreign.body).toEqual({
    error: 'access_denied',
    error_description: `Service not enabled within domain: ${audience}`,
  })
  expect(unknown.status).toBe(foreign.status)
  expect((await world.requestTokenAt(host, { ...world.client, audience: invoices })).status).toBe(200)
  const management = world.server.bootstrap.management.audience
  expect((await world.requestTokenAt(host, { ...world.client, audience: management })).status).toBe(403)
})

test('no two tenants share a signing key', async () => {
  const kids = await Promise.all(
    ['localhost', host].map(async (name) => {
      const { keys } = (await world.ask(name, '/.well-known/jwks.json')).body
      return Array.isArray(keys) ? keys.map(({ kid }: { kid: string }) => kid) : []
    }),
  )
  expect(new Set(kids.flat()).size).toBe(kids.flat().length)
  const { body } = await world.requestTokenAt(host, { ...world.client, audience: invoices })
  expect(kids[1]).toContain(decodeProtectedHeader(String(body.access_token)).kid)
})

test('a management token is refused at the host of another tenant', async () => {
  for (const [name, token, status] of [
    [host, world.tokens.mine, 401],
    ['localhost', world.tokens.acme, 401],
    [host, world.tokens.acme, 200],
    ['localhost', world.tokens.mine, 200],
  ] as const) {
    expect((await world.ask(name, '/api/v2/clients', { token })).status).toBe(status)
  }
})

test('a token of an issuer that both trust proves a client at the tenant that it is for, and uses up nothing at the other', async () => {
  const key = createForeignKey('ES256')
  const issuer = 'https://builds.example.com'
  const proves = async (name: string, token: string) => {
    const make = async (path: string, json: unknown) =>
      (await world.ask(name, `/api/v2${path}`, { method: 'POST', token, json })).body
    const method = { name: 'deploy', token_endpoint_auth_method: 'federated_jwt' }
    const { client_id } = await make('/clients', method)
    await make('/client-grants', { client_id, audience: invoices, scope: ['read'] })
    const matches = [{ client_id, sub: 'repo:acme/app:*' }]
    await make('/trusted-issuers', { name: 'builds', issuer, jwks: { keys: [key.jwk] }, matches })
  }
  await proves(host, world.tokens.acme)
  await proves('localhost', world.tokens.mine)
  const claims = { iss: issuer, sub: 'repo:acme/app:pull_request', jti: 'one for both' }
  const present = async (name: string, aud: string | string[]) =>
    (
      await world.requestTokenAt(name, {
        audience: invoices,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: signForeign(key, { ...claims, aud, exp: Math.floor(Date.now() / 1000) + 300 }),
      })
    ).status
  const [acme, mine] = [`https://${host}/`, `${world.server.bootstrap.origin}/`]
  expect([await present('localhost', acme), await present(host, mine)]).toEqual([401, 401])
  expect([await present('localhost', [mine, acme]), await present(host, [mine, acme])]).toEqual([401, 401])
  expect([await present(host, acme), await present('localhost', mine)]).toEqual([200, 200])
  expect([await present(host, acme), await present('localhost', mine)]).toEqual([401, 401])
})

test('an object of another tenant is answered as one that nobody has, and is in no list', async () => {
  const grants = await world.server.management.clientGrants.list({ client_id: world.server.billing.id })
  for (const [noun, id, unknown] of [
    ['clients', world.server.billing.id, 'A'.repeat(32)],
    ['resource-servers', world.server.api.id, '0'.repeat(24)],
    ['client-grants', String(grants.client_grants[0]?.id), `cgr_${'A'.repeat(16)}`],
  ] as const) {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const json = method === 'PATCH' ? {} : undefined
      const [foreign, missing] = await Promise.all(
        [id, unknown].map((each) =>
          world.ask(host, `/api/v2/${noun}/${each}`, { method, token: world.tokens.acme, json }),
        ),
      )
      expect([noun, method, foreign?.status]).toEqual([noun, method, method === 'DELETE' ? 204 : 404])
      expect([noun, method, foreign?.body]).toEqual([noun, method, missing?.body])
    }
    const listed = await world.ask(host, `/api/v2/${noun}`, { token: world.tokens.acme })
    expect([listed.status, JSON.stringify(listed.body).includes(id)]).toEqual([200, false])
    expect((await world.ask('localhost', `/api/v2/${noun}/${id}`, { token: world.tokens.mine })).status).toBe(
      200,
    )
  }
  const foreign = { client_id: world.server.billing.id, audience: invoices, scope: [] }
  const refused = await world.ask(host, '/api/v2/client-grants', {
    method: 'POST',
    token: world.tokens.acme,
    json: foreign,
  })
  expect(refused.status).toBe(404)
})

test('the webtask door is closed, whichever of host, token and container is foreign', async () => {
  const doors = {
    mine: { name: 'localhost', ...world.server.bootstrap.webtask },
    theirs: { name: host, ...world.acme.webtask },
  }
  for (const at of Object.values(doors)) {
    for (const of of Object.values(doors)) {
      for (const { container } of Object.values(doors)) {
        const isOwn = at.token === of.token && of.container === container
        const answer = await world.ask(at.name, `/api/webtask/${container}`, { token: of.token })
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

test('an entry of another tenant’s log is not there', async () => {
  const id = String((await world.requestTokenAt('localhost', {})).headers['x-request-id'])
  expect((await world.server.management.logs.get(id)).log_id).toBe(id)
  expect((await world.ask(host, `/api/v2/logs/${id}`, { token: world.tokens.acme })).status).toBe(404)
  const listed = await world.ask(host, '/api/v2/logs?per_page=100', { token: world.tokens.acme })
  expect([listed.status, JSON.stringify(listed.body).includes(id)]).toEqual([200, false])
})

test('settings hold for their tenant alone', async () => {
  const change = { default_audience: invoices, profile: 'rfc' }
  await world.ask(host, '/api/v2/tenants/settings', {
    method: 'PATCH',
    token: world.tokens.acme,
    json: change,
  })
  expect((await world.requestTokenAt(host, world.client)).status).toBe(200)
  expect((await world.server.requestToken({ audience: undefined })).status).toBe(400)
  await world.ask(host, '/api/v2/tenants/settings', {
    method: 'PATCH',
    token: world.tokens.acme,
    json: { default_audience: '', profile: 'auth0' },
  })
})
