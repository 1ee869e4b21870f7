/** Several rules of one tenant: order, filters, what reaches the next rule, and how far a rule may go. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { credentialsOf, invoices, startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(() => server.close())

const pushing = (word: string) => `module.exports = function (client, scope, audience, context, cb) {
  scope.push('${word}'); client.name = '${word}'; cb(null, { scope: scope, 'https://foo.com/last': '${word}', 'https://foo.com/${word}': client.name })
}`

test('rules run by order, then by name, and the scopes flow from one to the next', async () => {
  await server.uploadRule({ name: 'c', source: pushing('c'), meta: { 'auth0-extension-order': '1' } })
  await server.uploadRule({ name: 'b', source: pushing('b'), meta: { 'auth0-extension-order': '-1' } })
  await server.uploadRule({ name: 'd', source: pushing('d') })
  await server.uploadRule({ name: 'a', source: pushing('a') })
  const { body, claims } = await server.requestToken()
  expect(body.scope).toBe('read write b a d c')
  expect(claims).toMatchObject({
    'https://foo.com/last': 'c',
    'https://foo.com/a': 'a',
    'https://foo.com/b': 'b',
  })
})

test('the first refusal ends the pipeline', async () => {
  await server.uploadRule({
    name: 'a',
    source: "module.exports = (a, b, c, d, cb) => cb(new InvalidRequestError('no'))",
  })
  await server.uploadRule({ name: 'b', source: "throw new Error('never reached')" })
  const answer = await server.requestToken()
  expect([answer.status, answer.body.error_description]).toEqual([400, 'no'])
})

test('a disabled rule does not run, and "0" means enabled', async () => {
  await server.uploadRule({ name: 'off', source: pushing('off'), meta: { 'auth0-extension-disabled': '1' } })
  await server.uploadRule({ name: 'on', source: pushing('on'), meta: { 'auth0-extension-disabled': '0' } })
  expect((await server.requestToken()).body.scope).toBe('read write on')
})

test('a rule for one client runs for that client alone', async () => {
  const other = await server.createClient('other', ['read'])
  await server.uploadRule({
    name: 'one',
    source: pushing('one'),
    meta: { 'auth0-extension-client': other.id },
  })
  expect((await server.requestToken()).body.scope).toBe('read write')
  expect((await server.requestToken(credentialsOf(other))).body.scope).toBe('read one')
})

test("the API's policy bounds what a rule adds", async () => {
  const reader = await server.createClient('reader', ['read'])
  await server.uploadRule({
    source: "module.exports = (a, s, c, d, cb) => cb(null, { scope: ['read', 'write', 'extra'] })",
  })
  for (const [rule_scopes, expected] of [
    ['any', 'read write extra'],
    ['api', 'read write'],
    ['grant', 'read'],
  ] as const) {
    await server.management.resourceServers.update(String(server.api.id), { rule_scopes })
    expect((await server.requestToken(credentialsOf(reader))).body.scope).toBe(expected)
  }
})

test('no rule runs for tokens of the management API', async () => {
  await server.uploadRule({ source: "throw new Error('locks everyone out')" })
  const { client_id, client_secret, audience } = server.bootstrap.management
  const answer = await server.requestToken({ client_id, client_secret, audience })
  expect([answer.status, answer.claims.aud]).toEqual([200, audience])
  expect((await server.requestToken({ audience: invoices })).status).toBe(500)
})

test('secrets are masked in what a rule prints, in the token endpoint’s words and in the log', async () => {
  const source = `module.exports = (a, s, c, context, cb) => {
    console.log('the secret is ' + context.webtask.secrets.KEY)
    cb(new InvalidRequestError('sent ' + context.webtask.secrets.KEY))
  }`
  await server.uploadRule({ source, secrets: { KEY: 'very-hidden-value' } })
  const answer = await server.requestToken()
  expect(answer.body.error_description).toBe('sent [secret]')
  const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
  expect(JSON.stringify(entry)).not.toContain('very-hidden-value')
})
