/** What the log tells of Actions: their part in an exchange, and an entry of its own for each that failed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ settings: { TALLYSTICK_RULE_TIMEOUT_MS: '4000' } })
})
afterAll(() => server.close())

const trigger = 'credentials-exchange'

/** A token request under one Action with this body. */
async function exchangeUnder(name: string, body: string) {
  const action = await server.management.actions.create({
    name,
    supported_triggers: [{ id: trigger, version: 'v2' }],
    code: `exports.onExecuteCredentialsExchange = async (event, api) => {${body}\n}`,
    secrets: [{ name: 'KEY', value: 'hidden-value' }],
    deploy: true,
  })
  await server.management.actionBindings.update(trigger, {
    bindings: [{ ref: { type: 'action_name', value: name } }],
  })
  const answer = await server.requestToken()
  const requestId = String(answer.headers.get('x-request-id'))
  const { logs } = await server.management.logs.list({ q: 'type:actions_execution_failed' })
  const failures = logs.filter(({ details }) => details.request_id === requestId)
  return { action, requestId, failures, exchange: await server.management.logs.get(requestId) }
}

test('an Action that returns or denies has failed in nothing', async () => {
  for (const [name, body] of [
    ['kind', "api.accessToken.setCustomClaim('https://example.com/a', 1)"],
    ['strict', "api.access.deny('access_denied', 'not today')"],
  ] as const) {
    const { failures, exchange, requestId } = await exchangeUnder(name, body)
    expect(failures).toEqual([])
    expect(exchange.details).toMatchObject({ actions: { executions: [requestId] }, request_id: requestId })
  }
})

test.each([
  ['throws', "throw new Error('no ' + event.secrets.KEY)", 'action_error', 'threw'],
  ['hangs', 'await new Promise(() => {})', 'action_timeout', 'timeout'],
] as const)(
  'an Action that %s leaves an entry of its own beside that of its exchange',
  async (name, body, error_class, ended) => {
    const { action, requestId, failures, exchange } = await exchangeUnder(name, body)
    expect(exchange).toMatchObject({ type: 'feccft', details: { error: 'server_error' } })
    expect(failures).toMatchObject([
      {
        type: 'actions_execution_failed',
        client_id: server.billing.id,
        client_name: 'billing',
        details: {
          request_id: requestId,
          execution_id: requestId,
          action_id: action.id,
          action_name: name,
          binding_id: expect.stringMatching(/^bnd_/),
          version_id: expect.any(String),
          version_number: 1,
          trigger_id: trigger,
          error_class,
          action_error: { name: ended, message: expect.stringContaining(name) },
        },
      },
    ])
    expect(JSON.stringify([failures, exchange])).not.toContain('hidden-value')
  },
)
