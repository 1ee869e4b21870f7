/** The first walk, through the real door: what a token request asks for, and how it asks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { credentialsOf, invoices, startTestServer, type TestClient, type TestServer } from './test-server.ts'
import { basic, form } from './token-forms.ts'

let server: TestServer
let reader: TestClient
let ungranted: TestClient

beforeAll(async () => {
  server = await startTestServer()
  reader = await server.createClient('reader', ['read'])
  ungranted = await server.createClient('ungranted', undefined)
})
afterAll(() => server.close())

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
    ['a resource with a space', { audience: undefined, resource: ` ${invoices}` }, 'invalid_target'],
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
    ['two spaces between scopes', { scope: 'read  write' }, 'invalid_scope'],
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
