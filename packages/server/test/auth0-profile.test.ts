/** A tenant of profile `auth0`, as clients see it that were written for Auth0: its refusals, word for word. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  credentialsOf,
  invoices,
  startTestServer,
  type TestClient,
  type TestServer,
  type TokenAnswer,
} from './test-server.ts'

let server: TestServer
let reader: TestClient
let ungranted: TestClient
let retired: TestClient
beforeAll(async () => {
  server = await startTestServer({ settings: { TALLYSTICK_PROFILE: 'auth0' } })
  reader = await server.createClient('reader', ['read'])
  ungranted = await server.createClient('ungranted', undefined)
  retired = await server.createClient('retired', ['read'])
  await server.management.clients.update(retired.id, { grant_types: [] })
})
afterAll(() => server.close())

function refusalOf({ status, headers, body }: TokenAnswer) {
  expect(headers.get('www-authenticate')).toBeNull()
  expect(headers.get('content-type')).toMatch(/^application\/json/)
  expect(headers.get('cache-control')).toBe('no-store')
  const { error, error_description, ...rest } = body
  return [status, error, error_description, rest]
}

const refusals: [cause: string, fields: () => Record<string, unknown>, refusal: unknown[]][] = [
  ['an unknown client', () => ({ client_id: 'A'.repeat(32) }), [401, 'access_denied', 'Unauthorized', {}]],
  ['a wrong secret', () => ({ client_secret: 'wrong' }), [401, 'access_denied', 'Unauthorized', {}]],
  ['a missing secret', () => ({ client_secret: undefined }), [401, 'access_denied', 'Unauthorized', {}]],
  ['no client at all', () => ({ client_id: undefined }), [401, 'access_denied', 'Unauthorized', {}]],
  [
    'a client without the grant type',
    () => credentialsOf(retired),
    [
      403,
      'unauthorized_client',
      "Grant type 'client_credentials' not allowed for the client.",
      { error_uri: 'https://auth0.com/docs/clients/client-grant-types' },
    ],
  ],
  [
    'an unknown API',
    () => ({ audience: 'https://nowhere.example.com/' }),
    [403, 'access_denied', 'Service not enabled within domain: https://nowhere.example.com/', {}],
  ],
  [
    'an API without a client grant',
    () => credentialsOf(ungranted),
    [
      403,
      'access_denied',
      `Client is not authorized to access "${invoices}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/management/v2/client-grants/post-client-grants`,
      {},
    ],
  ],
  [
    'scopes outside the grant',
    () => ({ ...credentialsOf(reader), scope: 'read write delete' }),
    [403, 'access_denied', 'Client has not been granted scopes: write, delete', {}],
  ],
  [
    'no audience, and no default one',
    () => ({ audience: undefined }),
    [403, 'access_denied', 'Non-global clients are not allowed access to APIv1', {}],
  ],
  [
    'a missing grant type',
    () => ({ grant_type: undefined }),
    [400, 'invalid_request', 'Missing required parameter: grant_type', {}],
  ],
  [
    'an unknown grant type',
    () => ({ grant_type: 'password' }),
    [403, 'unsupported_grant_type', 'Unsupported grant type: password', {}],
  ],
  [
    'an organization',
    () => ({ organization: 'org_0123456789abcdef' }),
    [
      400,
      'invalid_request',
      'The parameter organization is not allowed: there are no organizations here. Leave it out.',
      {},
    ],
  ],
]

describe('what is refused', () => {
  test.each(refusals)('%s', async (_, fields, refusal) => {
    expect(refusalOf(await server.requestToken(fields()))).toEqual(refusal)
  })

  test('a wrong secret by Basic brings no challenge, which some libraries would take for the answer', async () => {
    const answer = await server.requestToken(
      {},
      {
        headers: {
          authorization: `Basic ${Buffer.from(`${server.billing.id}:wrong`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', audience: invoices }).toString(),
      },
    )
    expect(refusalOf(answer)).toEqual([401, 'access_denied', 'Unauthorized', {}])
  })

  test('a disabled client is answered like an unknown one', async () => {
    const disabled = await server.createClient('disabled', ['read'])
    await server.management.clients.update(disabled.id, { enabled: false })
    const answers = [
      await server.requestToken(credentialsOf(disabled)),
      await server.requestToken({ ...credentialsOf(disabled), client_id: 'B'.repeat(32) }),
    ]
    const [known, unknown] = answers.map((answer) => ({
      refusal: refusalOf(answer),
      headers: [...answer.headers.keys()].toSorted(),
    }))
    expect(known).toEqual(unknown)
  })

  test('the log entry has the words and the code that the client got', async () => {
    const answer = await server.requestToken({ ...credentialsOf(reader), scope: 'write' })
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(entry).toMatchObject({
      type: 'feccft',
      description: 'Client has not been granted scopes: write',
    })
  })
})

describe('what is granted', () => {
  test('the scope parameter does not narrow', async () => {
    const { status, body, claims } = await server.requestToken({ scope: 'read' })
    expect([status, body.scope, claims.scope]).toEqual([200, 'read write', 'read write'])
  })

  test('new APIs, and the management API, have the older dialect of tokens', async () => {
    const { client_id, client_secret, audience } = server.bootstrap.management
    for (const fields of [{}, { client_id, client_secret, audience }]) {
      const { header, claims } = await server.requestToken(fields)
      expect(header.typ).toBe('JWT')
      expect(claims).toMatchObject({ gty: 'client-credentials', azp: expect.any(String) })
      expect(claims).not.toHaveProperty('client_id')
    }
  })

  test('the default audience is taken where a request names none, unless the flag says otherwise', async () => {
    const { tenantSettings } = server.management
    await tenantSettings.update({ default_audience: invoices })
    expect((await server.requestToken({ audience: undefined })).claims.aud).toBe(invoices)
    expect((await server.requestToken({ audience: '' })).claims.aud).toBe(invoices)
    await tenantSettings.update({ flags: { allow_api1_non_global_clients: true } })
    expect((await server.requestToken({ audience: undefined })).status).toBe(403)
    await tenantSettings.update({ flags: { allow_api1_non_global_clients: false }, default_audience: '' })
    expect((await server.requestToken({ audience: undefined })).status).toBe(403)
  })

  test('a change of the profile holds from the next request', async () => {
    const unknown = { audience: 'https://nowhere.example.com/' }
    await server.management.tenantSettings.update({ profile: 'rfc' })
    expect((await server.requestToken(unknown)).body.error).toBe('invalid_target')
    expect((await server.requestToken({ scope: 'read' })).body.scope).toBe('read')
    await server.management.tenantSettings.update({ profile: 'auth0' })
    expect((await server.requestToken(unknown)).body.error).toBe('access_denied')
  })
})

describe('what rules end', () => {
  const say = 'module.exports = function (client, scope, audience, context, cb) {'
  const rules: [name: string, source: string, refusal: unknown[]][] = [
    [
      'InvalidScopeError',
      `${say} cb(new InvalidScopeError('no “such” scope')) }`,
      [400, 'invalid_scope', 'no “such” scope', {}],
    ],
    [
      'InvalidRequestError',
      `${say} cb(new InvalidRequestError('bad "request"')) }`,
      [400, 'invalid_request', 'bad "request"', {}],
    ],
    ['ServerError', `${say} cb(new ServerError('later')) }`, [500, 'server_error', 'later', {}]],
    ['a plain error', `${say} cb(new Error('not today')) }`, [500, 'server_error', 'not today', {}]],
    ['a throw', `${say} throw new Error('broken') }`, [500, 'server_error', 'broken', {}]],
    [
      'a rejection',
      'module.exports = async function (client, scope, audience, context, cb) { throw new TypeError("gone") }',
      [500, 'server_error', 'gone', {}],
    ],
    [
      'a result that cannot be used',
      `${say} cb(null, { scope: 'read' }) }`,
      [500, 'server_error', 'The rule returned a scope that is not an array of strings.', {}],
    ],
  ]
  test.each(rules)('%s', async (_, source, refusal) => {
    await server.uploadRule({ source })
    expect(refusalOf(await server.requestToken())).toEqual(refusal)
  })

  test('the value of a secret in what a rule throws is masked', async () => {
    const secrets = { KEY: 'hunter2-hunter2' }
    await server.uploadRule({
      source: `${say} throw new Error('with ' + context.webtask.secrets.KEY) }`,
      secrets,
    })
    const answer = await server.requestToken()
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.body)).not.toContain('hunter2')
    await server.uploadRule({ source: `${say} cb(null, { scope: scope }) }` })
  })
})
