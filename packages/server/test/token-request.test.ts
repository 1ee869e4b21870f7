/** The first walk: a token request, through the real door. */

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

let server: TestServer
let reader: TestClient
let ungranted: TestClient

beforeAll(async () => {
  server = await startTestServer()
  reader = await server.createClient('reader', ['read'])
  ungranted = await server.createClient('ungranted', undefined)
})
afterAll(() => server.close())

function form(fields: readonly (readonly [string, string])[] | Record<string, string>): RequestInit {
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields as Record<string, string>).toString(),
  }
}

function basic(id: string, secret: string, body: Record<string, string>): RequestInit {
  const encoded = [id, secret].map((half) => encodeURIComponent(half)).join(':')
  const init = form({ grant_type: 'client_credentials', ...body })
  return {
    ...init,
    headers: { ...init.headers, authorization: `Basic ${Buffer.from(encoded).toString('base64')}` },
  }
}

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

describe('what is asked for', () => {
  const refused: [name: string, fields: Record<string, unknown>, error: string][] = [
    ['no grant type', { grant_type: undefined }, 'invalid_request'],
    ['another grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['an unknown audience', { audience: 'https://unknown.example.com/' }, 'invalid_target'],
    ['an audience without its final slash', { audience: invoices.slice(0, -1) }, 'invalid_target'],
    ['an audience with a control character', { audience: `${invoices}\n` }, 'invalid_target'],
    ['an audience that is a list', { audience: [invoices] }, 'invalid_request'],
    ['no audience', { audience: undefined }, 'invalid_request'],
    ['an organization, of which there are none', { organization: 'org_1' }, 'invalid_request'],
    ['a relative resource', { audience: undefined, resource: '/invoices' }, 'invalid_target'],
    [
      'a resource without a scheme',
      { audience: undefined, resource: 'invoices.example.com' },
      'invalid_target',
    ],
    ['a resource with a blank', { audience: undefined, resource: ` ${invoices}` }, 'invalid_target'],
    ['a resource beyond ASCII', { audience: undefined, resource: `${invoices}é` }, 'invalid_target'],
    ['a resource with half an escape', { audience: undefined, resource: `${invoices}%4` }, 'invalid_target'],
    ['a resource that is unknown', { audience: undefined, resource: 'urn:unknown' }, 'invalid_target'],
    [
      'a resource with an empty fragment',
      { audience: undefined, resource: `${invoices}#` },
      'invalid_target',
    ],
    ['a resource with a fragment', { audience: undefined, resource: `${invoices}#a` }, 'invalid_target'],
    ['an audience and another resource', { resource: 'https://other.example.com/' }, 'invalid_target'],
    ['a scope outside the API', { scope: 'nope' }, 'invalid_scope'],
    ['a scope with a line break', { scope: 'read\nx' }, 'invalid_scope'],
    ['a scope with a quote', { scope: '"' }, 'invalid_scope'],
    ['a scope with a backslash', { scope: '\\' }, 'invalid_scope'],
    ['a scope beyond ASCII', { scope: 'é' }, 'invalid_scope'],
    ['two blanks between scopes', { scope: 'read  write' }, 'invalid_scope'],
    ['ten kilobytes of scopes', { scope: 'read '.repeat(2048).trim() }, 'invalid_scope'],
    ['a scope that is a list', { scope: ['read'] }, 'invalid_request'],
  ]
  for (const [name, fields, error] of refused) {
    test(`${name} is refused with ${error}`, async () => {
      const answer = await server.requestToken(fields)
      expect([answer.status, answer.body.error]).toEqual([400, error])
      expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
      expect(answer.headers.get('cache-control')).toContain('no-store')
    })
  }

  test('an API without a grant is answered in the same words as an unknown one', async () => {
    const withoutGrant = await server.requestToken(credentialsOf(ungranted))
    const unknown = await server.requestToken({ audience: 'https://unknown.example.com/' })
    expect(withoutGrant.status).toBe(400)
    expect(withoutGrant.body).toEqual(unknown.body)
  })

  test('the default audience of the tenant is taken where a request names no API', async () => {
    const { tenantSettings } = server.management
    await tenantSettings.update({ default_audience: invoices })
    expect((await server.requestToken({ audience: undefined })).claims.aud).toBe(invoices)
    await tenantSettings.update({ default_audience: 'https://unknown.example.com/' })
    expect((await server.requestToken({ audience: undefined })).body.error).toBe('invalid_target')
    expect((await server.requestToken()).status).toBe(200)
    await tenantSettings.update({ default_audience: null })
    expect((await server.requestToken({ audience: undefined })).body.error).toBe('invalid_request')
  })

  test('a scope outside the client grant is refused with invalid_scope', async () => {
    for (const scope of ['write', 'read write']) {
      const answer = await server.requestToken({ ...credentialsOf(reader), scope })
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_scope'])
    }
  })

  test('the scope parameter narrows, and a repetition counts once', async () => {
    const answer = await server.requestToken({ scope: 'read read' })
    expect([answer.status, answer.body.scope, answer.claims.scope]).toEqual([200, 'read', 'read'])
  })

  for (const name of ['grant_type', 'client_id', 'client_secret', 'scope', 'audience']) {
    test(`the form parameter ${name} sent twice is refused, equal or not`, async () => {
      const fields: [string, string][] = [
        ['grant_type', 'client_credentials'],
        ['client_id', server.billing.id],
        ['client_secret', server.billing.secret],
        ['scope', 'read'],
        ['audience', invoices],
      ]
      const value = fields.find(([field]) => field === name)?.[1] ?? ''
      for (const second of [value, 'different']) {
        const answer = await server.requestToken({}, form([...fields, [name, second]]))
        expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
      }
    })
  }

  test('two resources are refused in words, for a token is for one API', async () => {
    const { billing } = server
    const credentials = [
      ...new URLSearchParams({ grant_type: 'client_credentials', ...credentialsOf(billing) }),
    ]
    for (const second of [invoices, 'urn:other']) {
      const sent = [...credentials, ['resource', invoices], ['resource', second]]
      const { status, body } = await server.requestToken(
        {},
        form(sent.map(([name = '', value = '']) => [name, value])),
      )
      expect([status, body.error, body.error_description]).toEqual([
        400,
        'invalid_target',
        'A token is for one API: send resource once.',
      ])
    }
  })

  test('an empty parameter counts as not sent', async () => {
    expect((await server.requestToken({ scope: '', resource: '' })).body.scope).toBe('read write')
  })
})

describe('how it is asked', () => {
  const bodies: [name: string, type: string, body: string][] = [
    ['JSON that is broken', 'application/json', '{"grant_type":'],
    ['JSON that is a list', 'application/json', '[]'],
    ['JSON that is null', 'application/json', 'null'],
    ['JSON that is a string', 'application/json', '"client_credentials"'],
    ['nothing', 'application/json', ''],
    ['a __proto__ member', 'application/json', '{"__proto__":{"grant_type":"client_credentials"}}'],
    ['a constructor.prototype member', 'application/json', '{"constructor":{"prototype":{}}}'],
    ['XML', 'application/xml', '<a/>'],
    ['plain text', 'text/plain', 'grant_type=client_credentials'],
  ]
  for (const [name, type, body] of bodies) {
    test(`a body of ${name} is refused with invalid_request`, async () => {
      const answer = await server.requestToken({}, { headers: { 'content-type': type }, body })
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
    })
  }

  test('a body over 64 kB is refused with 413 and a logged exchange', async () => {
    const answer = await server.requestToken({ padding: 'x'.repeat(70_000) })
    expect([answer.status, answer.body.error]).toEqual([413, 'invalid_request'])
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(entry.type).toBe('feccft')
  })

  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    test(`${method} is answered with 405 and what is allowed`, async () => {
      const response = await fetch(`${server.url}/oauth/token`, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    })
  }

  for (const path of [
    '/oauth//token',
    '/oauth/token/',
    '/oauth/%2e%2e/token',
    '/oauth/..;/token',
    '/OAUTH/token',
  ]) {
    test(`${path} is not the token endpoint`, async () => {
      const response = await fetch(server.url + path, { method: 'POST', body: '{}' })
      expect(response.status).toBe(404)
    })
  }

  test('form and JSON bodies, body and Basic credentials, audience and resource all lead to a token', async () => {
    const { id, secret } = server.billing
    const fields = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
    for (const init of [
      form({ ...fields, audience: invoices }),
      form({ ...fields, resource: invoices }),
      form({ ...fields, audience: invoices, resource: invoices, unknown: 'ignored' }),
      basic(id, secret, { audience: invoices }),
      basic(id, secret, { audience: invoices, client_id: id }),
      { body: JSON.stringify({ ...fields, audience: invoices, nested: { a: [1] } }) },
    ]) {
      expect(
        (await server.requestToken({}, { headers: { 'content-type': 'application/json' }, ...init })).status,
      ).toBe(200)
    }
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
