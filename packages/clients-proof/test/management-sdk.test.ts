/** The ManagementClient of auth0@7, resource by resource, as its users call it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { type ClientEnv, runClient } from './run-client.ts'

let server: TlsServer
let operator: ClientEnv

beforeAll(async () => {
  const settings = { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_PROFILE: 'auth0', TALLYSTICK_STARTER: 'off' }
  server = await startTlsServer({ settings })
  const { client_id, client_secret } = server.bootstrap.management
  operator = { AUTH0_CLIENT_ID: client_id, AUTH0_CLIENT_SECRET: client_secret }
})
afterAll(() => server.close())

test('clients and their credentials', async () => {
  const result = await runClient('sdk-clients', server, operator)
  const notFound = {
    kind: 'NotFoundError',
    statusCode: 404,
    body: { statusCode: 404, error: 'Not Found', errorCode: 'inexistent_client' },
  }
  const credential = { credential_type: 'public_key', name: 'first', alg: 'RS256', id: expect.any(String) }
  expect(result).toMatchObject({
    created: { name: 'sdk', app_type: 'non_interactive', client_secret: expect.any(String) },
    read: { name: 'sdk', client_metadata: { team: 'billing', plan: 'gold' } },
    updated: { description: 'changed', client_metadata: { team: 'billing' } },
    secretChanged: true,
    names: expect.arrayContaining(['sdk']),
    beyondTheEnd: [],
    credential,
    dated: { ...credential, expires_at: '2030-01-01T00:00:00.000Z' },
    credentials: [credential],
    readCredential: credential,
    missing: notFound,
    unknownMember: {
      kind: 'BadRequestError',
      statusCode: 400,
      body: { errorCode: 'invalid_body', message: expect.stringContaining('colour') },
    },
    gone: notFound,
  })
})

test('APIs and client grants', async () => {
  const identifier = 'https://sdk.example.com/path?x=1/'
  const managementAudience = `${server.origin}/api/v2/`
  const result = await runClient('sdk-apis', server, operator)
  expect(result).toMatchObject({
    created: { identifier, name: 'SDK', token_lifetime: 86_400, signing_alg: 'RS256' },
    byId: { identifier },
    byIdentifier: { identifier },
    updated: { token_lifetime: 3600, scopes: [{ value: 'read' }, { value: 'write', description: 'Writes' }] },
    identifiers: [managementAudience, identifier],
    grant: { audience: identifier, scope: ['read'] },
    readGrant: { audience: identifier },
    widened: { scope: ['read', 'write'] },
    again: 409,
    grants: [managementAudience, identifier],
    filtered: [{ audience: identifier }],
  })
})

test('Hooks and their secrets', async () => {
  const result = await runClient('sdk-hooks', server, operator)
  expect(result).toMatchObject({
    created: { name: 'sdk hook', triggerId: 'credentials-exchange', enabled: false },
    secrets: { FIRST: '_VALUE_NOT_SHOWN_' },
    enabled: { enabled: true },
    read: { enabled: true, script: expect.stringContaining('module.exports') },
    names: ['sdk hook'],
  })
})

test('Actions, versions and bindings', async () => {
  const result = await runClient('sdk-actions', server, operator)
  const secrets = [{ name: 'KEY', updated_at: expect.any(String) }]
  expect(result).toMatchObject({
    created: { name: 'sdk action', all_changes_deployed: false, secrets },
    read: { status: 'built' },
    deployed: { number: 1, code: expect.stringContaining('first') },
    tested: { payload: expect.anything() },
    updated: { all_changes_deployed: false, secrets },
    versions: expect.arrayContaining([
      { number: 1, isDeployed: false },
      { number: 2, isDeployed: true },
    ]),
    readVersion: { number: 1, code: expect.stringContaining('first') },
    rolledBack: { number: 3, code: expect.stringContaining('first') },
    triggers: { triggers: expect.arrayContaining([expect.objectContaining({ id: 'credentials-exchange' })]) },
    bound: { bindings: [{ display_name: 'SDK', action: { name: 'sdk action' } }] },
    bindings: [{ display_name: 'SDK', trigger_id: 'credentials-exchange' }],
    stillBound: expect.toSatisfy((status: unknown) => status === 400 || status === 409),
    listed: [{ name: 'sdk action' }],
    modules: [],
    after: [],
  })
})

test('settings, signing keys, log, log streams and statistics', async () => {
  const result = await runClient('sdk-tenant', server, operator)
  expect(result).toMatchObject({
    settings: { friendly_name: expect.any(String), enabled_locales: expect.any(Array) },
    changed: { friendly_name: 'Invoices Ltd' },
    keys: expect.arrayContaining([expect.objectContaining({ current: true, cert: expect.any(String) })]),
    rotation: { kid: expect.any(String), cert: expect.any(String) },
    readKey: { previous: true },
    revoked: { kid: expect.any(String) },
    logs: expect.arrayContaining([expect.objectContaining({ type: expect.any(String) })]),
    entry: { log_id: expect.any(String) },
    exchanges: expect.arrayContaining(['seccft']),
    stream: { name: 'sdk stream', status: 'active' },
    paused: { status: 'paused' },
    streams: [{ name: 'sdk stream' }],
    daily: expect.any(Array),
    notOffered: { statusCode: 403, body: { errorCode: 'insufficient_scope' } },
  })
})
