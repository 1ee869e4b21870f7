/** The first walk, through the real door: who asks, what they get, and what anybody can find out. */
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  credentialsOf,
  invoices,
  requestToken,
  startTestServer,
  type TestClient,
  type TestServer,
} from './test-server.ts'
import { basic, form } from './token-forms.ts'

let server: TestServer
let reader: TestClient

beforeAll(async () => {
  server = await startTestServer()
  reader = await server.createClient('reader', ['read'])
})
afterAll(() => server.close())

describe('who is asking', () => {
  const refused: [name: string, fields: () => Record<string, unknown>][] = [
    ['an unknown client', () => ({ client_id: 'A'.repeat(32), client_secret: 'x' })],
    ['a wrong secret', () => ({ client_secret: `${server.billing.secret.slice(0, -1)}!` })],
    ['a missing secret', () => ({ client_secret: undefined })],
    ['an empty secret', () => ({ client_secret: '' })],
    ['a missing client id', () => ({ client_id: undefined })],
    ['a client id with a control character', () => ({ client_id: 'bil\u0000ling' })],
    ["another client's secret", () => ({ client_secret: reader.secret })],
    ['a secret of one megabyte less a body limit', () => ({ client_secret: 'x'.repeat(60_000) })],
  ]
  for (const [name, fields] of refused) {
    test(`${name} is refused with invalid_client and the same words`, async () => {
      const answer = await server.requestToken(fields())
      expect(answer.status).toBe(401)
      expect(answer.body).toEqual({
        error: 'invalid_client',
        error_description: 'Client authentication failed. Check the client id and its secret.',
      })
      expect(answer.headers.get('www-authenticate')).toBeNull()
    })
  }

  test('a wrong secret by Basic is answered with a Basic challenge', async () => {
    const answer = await server.requestToken({}, basic(server.billing.id, 'wrong', { audience: invoices }))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="/)
  })

  test('two ways of authenticating at once are refused, even when both are right', async () => {
    const { id, secret } = server.billing
    const answer = await server.requestToken(
      {},
      basic(id, secret, { audience: invoices, client_secret: secret }),
    )
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
  })

  test('a body that names another client than the Authorization header is refused', async () => {
    const { id, secret } = server.billing
    const answer = await server.requestToken(
      {},
      basic(id, secret, { audience: invoices, client_id: reader.id }),
    )
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
  })

  for (const value of ['Basic', 'Basic !!!', 'Basic Zm9v', 'Bearer abc', 'Negotiate YWJj']) {
    test(`the Authorization header "${value}" is refused`, async () => {
      const init = form({ grant_type: 'client_credentials', audience: invoices })
      const answer = await server.requestToken(
        {},
        { ...init, headers: { ...init.headers, authorization: value } },
      )
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client'])
    })
  }

  test('Basic credentials with a raw percent sign are refused and break nothing', async () => {
    const init = form({ grant_type: 'client_credentials', audience: invoices })
    const authorization = `Basic ${Buffer.from('foo with %:foo with $').toString('base64')}`
    const answer = await server.requestToken({}, { ...init, headers: { ...init.headers, authorization } })
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
  })

  test('a client assertion that is none is refused, alone and beside a secret', async () => {
    const assertion = {
      client_assertion: 'a.b.c',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }
    const alone = await server.requestToken({ ...assertion, client_secret: undefined })
    expect([alone.status, alone.body.error]).toEqual([401, 'invalid_client'])
    const beside = await server.requestToken(assertion)
    expect([beside.status, beside.body.error]).toEqual([400, 'invalid_request'])
  })

  test('a disabled client is answered like an unknown one, and works again when enabled', async () => {
    const client = await server.createClient('switched off', ['read'])
    await server.management.clients.update(client.id, { enabled: false })
    const disabled = await server.requestToken(credentialsOf(client))
    expect(disabled.body).toEqual((await server.requestToken({ client_id: 'A'.repeat(32) })).body)
    await server.management.clients.update(client.id, { enabled: true })
    expect((await server.requestToken(credentialsOf(client))).status).toBe(200)
  })

  test('a client whose grant types lack client_credentials is refused with unauthorized_client', async () => {
    const client = await server.createClient('other grants', ['read'])
    await server.management.clients.update(client.id, { grant_types: [] })
    const answer = await server.requestToken(credentialsOf(client))
    expect([answer.status, answer.body.error]).toEqual([400, 'unauthorized_client'])
  })
})

describe('the token', () => {
  test('it verifies with the published key and says what it should', async () => {
    const answer = await server.requestToken()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
    const issuer = `${server.bootstrap.origin}/`
    const { payload, protectedHeader } = await jwtVerify(String(answer.body.access_token), keys, {
      issuer,
      audience: invoices,
      typ: 'at+jwt',
    })
    expect(protectedHeader.alg).toBe('ES256')
    expect(payload).toEqual({
      iss: issuer,
      sub: `${server.billing.id}@clients`,
      aud: invoices,
      iat: payload.iat,
      exp: Number(payload.iat) + 86_400,
      scope: 'read write',
      jti: payload.jti,
      client_id: server.billing.id,
    })
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 86_400, scope: 'read write' })
  })

  test("the API's algorithm and dialect are the next token's", async () => {
    const { id } = await server.management.resourceServers.create({
      identifier: 'https://turning.example.com/',
      scopes: [{ value: 'read' }],
    })
    await server.management.clientGrants.create({
      client_id: server.billing.id,
      audience: 'https://turning.example.com/',
      scope: ['read'],
    })
    const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
    for (const signing_alg of ['RS256', 'ES256', 'EdDSA'] as const) {
      await server.management.resourceServers.update(String(id), {
        signing_alg,
        token_dialect: 'access_token',
      })
      const answer = await server.requestToken({ audience: 'https://turning.example.com/' })
      expect(answer.header).toMatchObject({ alg: signing_alg, typ: 'JWT' })
      expect(answer.claims).toMatchObject({ azp: server.billing.id, gty: 'client-credentials' })
      await jwtVerify(String(answer.body.access_token), keys)
    }
  })

  test('the issuer never follows the Host header', async () => {
    const answer = await requestToken(
      server.url,
      { ...credentialsOf(server.billing), audience: invoices },
      {
        headers: {
          'content-type': 'application/json',
          'x-forwarded-host': 'evil.example.com',
          host: 'evil.example.com',
        },
      },
    )
    expect(answer.claims.iss).toBe(`${server.bootstrap.origin}/`)
  })

  test('granted or refused, the request id leads to exactly one log entry', async () => {
    const granted = await server.requestToken()
    const refused = await server.requestToken({ scope: 'nope' })
    const entry = await server.management.logs.get(String(granted.headers.get('x-request-id')))
    expect(entry).toMatchObject({ type: 'seccft', client_id: server.billing.id, audience: invoices })
    expect(JSON.stringify(entry)).toContain(String(granted.claims.jti))
    expect(await server.management.logs.get(String(refused.headers.get('x-request-id')))).toMatchObject({
      type: 'feccft',
    })
  })
})

describe('what can be found out without a token', () => {
  test('the key set holds current and next keys of each algorithm, public members only', async () => {
    const response = await fetch(`${server.url}/.well-known/jwks.json`)
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] }
    expect(keys.map((key) => key.alg).toSorted()).toEqual([
      'ES256',
      'ES256',
      'EdDSA',
      'EdDSA',
      'RS256',
      'RS256',
    ])
    expect(new Set(keys.map((key) => key.kid)).size).toBe(6)
    for (const key of keys) {
      expect(key.use).toBe('sig')
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret)
    }
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    const etag = String(response.headers.get('etag'))
    const again = await fetch(`${server.url}/.well-known/jwks.json`, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)
  })

  test('both metadata documents name this issuer and what works', async () => {
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const response = await fetch(`${server.url}/.well-known/${name}`)
      expect(await response.json()).toMatchObject({
        issuer: `${server.bootstrap.origin}/`,
        token_endpoint: `${server.bootstrap.origin}/oauth/token`,
        jwks_uri: `${server.bootstrap.origin}/.well-known/jwks.json`,
        grant_types_supported: ['client_credentials'],
      })
    }
  })

  test('no answer tells which software or version answers', async () => {
    for (const path of ['/healthz', '/.well-known/jwks.json', '/nowhere', '/oauth/token']) {
      const response = await fetch(server.url + path)
      expect(response.headers.get('server')).toBeNull()
      expect(response.headers.get('x-powered-by')).toBeNull()
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })
})
