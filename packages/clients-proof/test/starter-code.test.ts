/**
 * The code that Auth0's documentation starts people off with, statement by statement as it stands there: first
 * untouched, then with the parts that it shows in comments put to use.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import {
  type CallManagement,
  callManagementOf,
  createMachine,
  type Machine,
  textMember,
  tokenFor,
} from './machine.ts'

let server: TlsServer
let call: CallManagement
let billing: Machine

beforeAll(async () => {
  server = await startTlsServer({
    settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_PROFILE: 'auth0', TALLYSTICK_STARTER: 'off' },
  })
  call = callManagementOf(server.origin, server.bootstrap.management)
  billing = await createMachine(call)
})
afterAll(() => server.close())

/** The token answer while the Hook is the one that is enabled. */
async function answerWithHook(script: string) {
  const hook = await call('POST', 'hooks', { name: 'starter', script, triggerId: 'credentials-exchange' })
  const path = `hooks/${textMember(hook, 'id')}`
  await call('PATCH', path, { enabled: true })
  const answer = await tokenFor(server, billing)
  await call('DELETE', path)
  return answer
}

/** The token answer while the Action is the one that is bound. */
async function answerWithAction(code: string) {
  const action = await call('POST', 'actions/actions', {
    name: 'starter',
    supported_triggers: [{ id: 'credentials-exchange', version: 'v2' }],
    code,
    runtime: 'node22',
  })
  const path = `actions/actions/${textMember(action, 'id')}`
  await call('POST', `${path}/deploy`)
  const bindings = [{ ref: { type: 'action_name', value: 'starter' }, display_name: 'starter' }]
  await call('PATCH', 'actions/triggers/credentials-exchange/bindings', { bindings })
  const answer = await tokenFor(server, billing)
  await call('DELETE', `${path}?force=true`)
  return answer
}

const hookWith = (statements: string) => `module.exports = function(client, scope, audience, context, cb) {
  var access_token = {};
  access_token.scope = scope;
${statements}
  cb(null, access_token);
};
`

test('the starter Hook leaves the token as it would be', async () => {
  const { status, claims } = await answerWithHook(hookWith(''))
  expect(status).toBe(200)
  expect(claims).toMatchObject({ scope: 'read write', aud: 'https://invoices.example.com/' })
})

test('its claim and its extra scope are in the token', async () => {
  const { claims } = await answerWithHook(
    hookWith("  access_token['https://example.com/claim'] = 'bar';\n  access_token.scope.push('extra');"),
  )
  expect(claims).toMatchObject({ scope: 'read write extra', 'https://example.com/claim': 'bar' })
})

for (const [statement, status, error, description] of [
  [
    'return cb(new InvalidScopeError("Not authorized for this scope."))',
    400,
    'invalid_scope',
    'Not authorized for this scope.',
  ],
  ['return cb(new InvalidRequestError("Bad request."))', 400, 'invalid_request', 'Bad request.'],
  ['return cb(new ServerError("A server error occurred."))', 500, 'server_error', 'A server error occurred.'],
] as const) {
  test(`its way to deny a token is answered in its words: ${statement}`, async () => {
    const answer = await answerWithHook(hookWith(`  ${statement};`))
    expect([answer.status, answer.body]).toEqual([status, { error, error_description: description }])
  })
}

test('the starter Action leaves the token as it would be', async () => {
  const { status, claims } = await answerWithAction(
    'exports.onExecuteCredentialsExchange = async (event, api) => {\n};\n',
  )
  expect(status).toBe(200)
  expect(claims).toMatchObject({ scope: 'read write' })
})

test('the documented Action that sets a claim sets it', async () => {
  const { claims } = await answerWithAction(`exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim("https://my-api.exampleco.com/request-ip", event.request.ip);
};
`)
  expect(claims).toMatchObject({ 'https://my-api.exampleco.com/request-ip': '127.0.0.1' })
})

test('the documented Action that denies by place denies nobody whose place is unknown', async () => {
  const { status } = await answerWithAction(`exports.onExecuteCredentialsExchange = async (event, api) => {
  if (event.request.geoip.continentCode === "NA") {
    api.access.deny('invalid_request', "Access from North America is not allowed.");
  }
};
`)
  expect(status).toBe(200)
})

test('an Action that denies is answered in its words', async () => {
  const { status, body } =
    await answerWithAction(`exports.onExecuteCredentialsExchange = async (event, api) => {
  api.access.deny('invalid_request', "Access from here is not allowed.");
};
`)
  expect([status, body]).toEqual([
    400,
    { error: 'invalid_request', error_description: 'Access from here is not allowed.' },
  ])
})
