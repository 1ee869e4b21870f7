/** Actions in the one pipeline, with webtasks and a Hook before them, by their effect on the token. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readExchangeRecord } from './exchange-records.ts'
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
beforeAll(async () => {
  server = await startTestServer()
  reader = await server.createClient('reader', ['read'])
})
afterAll(() => server.close())
afterEach(async () => {
  await bind([])
  for (const rule of await server.management.rules.list()) await server.management.rules.delete(rule.id)
  for (const hook of [await server.management.hooks.list()].flat()) {
    if ('id' in hook) await server.management.hooks.delete(hook.id)
  }
})

const trigger = 'credentials-exchange'
const bind = (names: readonly string[]) =>
  server.management.actionBindings.update(trigger, {
    bindings: names.map((value) => ({ ref: { type: 'action_name', value } })),
  })

let count = 0
/** Deploys an Action with this body for its function; its name. */
async function deploy(body: string, secrets: Record<string, string> = {}): Promise<string> {
  return deploySource(`exports.onExecuteCredentialsExchange = async (event, api) => {${body}\n}`, secrets)
}

async function deploySource(code: string, secrets: Record<string, string> = {}): Promise<string> {
  const name = `action ${++count}`
  await server.management.actions.create({
    name,
    supported_triggers: [{ id: trigger, version: 'v2' }],
    code,
    secrets: Object.entries(secrets).map(([secret, value]) => ({ name: secret, value })),
    deploy: true,
  })
  return name
}

async function exchangeUnder(...bodies: string[]) {
  const names = []
  for (const body of bodies) names.push(await deploy(body))
  await bind(names)
  return server.requestToken()
}

const recordOf = ({ headers }: TokenAnswer) =>
  readExchangeRecord(server.dataDir, String(headers.get('x-request-id')))

const hook = (script: string) =>
  server.management.hooks.create({ name: `hook ${++count}`, script, triggerId: trigger, enabled: true })

describe('an Action that ends the exchange', () => {
  test('by a denial: the client gets its code and reason, and no Action behind it runs', async () => {
    const answer = await exchangeUnder(
      "api.access.deny('invalid_request', 'not on a Monday')",
      "throw new Error('never reached')",
    )
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'not on a Monday' },
    ])
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(entry).toMatchObject({ type: 'feccft', details: { rules: [{ ended: 'refused' }] } })
  })

  test('by a throw: the client learns nothing, and the log all', async () => {
    const answer = await exchangeUnder("throw new TypeError('boom')")
    expect([answer.status, answer.body.error]).toEqual([500, 'server_error'])
    expect(JSON.stringify(answer.body)).not.toContain('boom')
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(entry.description).toContain('threw TypeError: boom')
  })

  test('with claims that are too large together with those of a rule before it', async () => {
    const large = (name: string) => `api.accessToken.setCustomClaim('${name}', 'x'.repeat(60_000))`
    expect((await exchangeUnder(large('a'))).status).toBe(200)
    expect((await exchangeUnder(large('a'), large('b'))).status).toBe(500)
  })
})

describe('the three doors are one pipeline', () => {
  test('webtasks, then the Hook, then Actions as they are bound; each claim by the rules of its door', async () => {
    const callback = (word: string) => `module.exports = (client, scope, audience, context, cb) => {
      cb(null, { scope: scope.concat('${word}'), 'https://foo.com/last': '${word}', plain: '${word}' })
    }`
    await server.uploadRule({ name: 'webtask', source: callback('webtask') })
    await hook(callback('hook'))
    const answer = await exchangeUnder(
      "api.accessToken.setCustomClaim('first', [event.accessToken.scope, event.accessToken.customClaims])",
      "api.accessToken.setCustomClaim('second', Object.keys(event.accessToken.customClaims))",
    )
    expect(answer.body.scope).toBe('read write webtask hook')
    expect(answer.claims).toMatchObject({
      'https://foo.com/last': 'hook',
      first: [['read', 'write', 'webtask', 'hook'], { 'https://foo.com/last': 'hook' }],
      second: ['https://foo.com/last', 'first'],
    })
    expect(answer.claims).not.toHaveProperty('plain')
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(entry).toMatchObject({
      details: { rules: [{ dropped_claims: ['plain'] }, { dropped_claims: ['plain'] }, {}, {}] },
    })
  })

  test('a Hook that refuses keeps Actions from running', async () => {
    await hook("module.exports = (a, b, c, d, cb) => cb(new InvalidScopeError('none'))")
    const answer = await exchangeUnder("throw new Error('never reached')")
    expect([answer.status, answer.body.error_description]).toEqual([400, 'none'])
  })

  test('no Action runs for tokens of the management API', async () => {
    await bind([await deploy("throw new Error('locks everyone out')")])
    const { client_id, client_secret, audience } = server.bootstrap.management
    expect((await server.requestToken({ client_id, client_secret, audience })).status).toBe(200)
    expect((await server.requestToken()).status).toBe(500)
  })
})

describe('an Action', () => {
  test('is called with the whole event, and no credential in it', async () => {
    await bind([await deploy("api.accessToken.setCustomClaim('seen', event)", { KEY: 'a secret value' })])
    const headers = { 'content-type': 'application/json', 'accept-language': 'de-CH, de;q=0.9' }
    const answer = await server.requestToken({ scope: 'read', tracking: 'abc' }, { headers })
    const { seen } = answer.claims
    expect(seen).toEqual({
      accessToken: { customClaims: {}, scope: ['read'] },
      client: { client_id: server.billing.id, name: 'billing', metadata: {} },
      request: {
        body: {
          grant_type: 'client_credentials',
          client_id: server.billing.id,
          audience: invoices,
          scope: 'read',
          tracking: 'abc',
        },
        geoip: {},
        hostname: '127.0.0.1',
        ip: '127.0.0.1',
        language: 'de-CH',
        method: 'POST',
        user_agent: 'node',
      },
      resource_server: { identifier: invoices },
      secrets: { KEY: 'a secret value' },
      tenant: { id: 'demo' },
      transaction: {
        correlation_id: answer.headers.get('x-request-id'),
        requested_scopes: ['read'],
        target_scopes: ['read'],
      },
    })
    expect(JSON.stringify(seen)).not.toContain(server.billing.secret)
  })

  test('goes beyond the request and never beyond the grant, also where the API lets other rules', async () => {
    await bind([await deploy("api.transaction.setTargetScopes(['read', 'write', 'extra'])")])
    expect((await server.requestToken({ scope: 'read' })).body.scope).toBe('read write')
    expect((await server.requestToken(credentialsOf(reader))).body.scope).toBe('read')
    await bind([await deploy('api.transaction.clearTargetScopes()')])
    expect((await server.requestToken()).body).not.toHaveProperty('scope')
  })

  test('cannot slip scopes in as a claim, also when there are none', async () => {
    const answer = await exchangeUnder(
      "api.transaction.clearTargetScopes().accessToken.setCustomClaim('scope', 'admin')",
    )
    expect(answer.status).toBe(200)
    expect(answer.claims).not.toHaveProperty('scope')
  })

  test('may be TypeScript, as a module', async () => {
    await bind([
      await deploySource(`import type { API, Event } from '@tallystick/rule-types'
        enum Plan { free = 'free' }
        export const onExecuteCredentialsExchange = async (event: Event, api: API): Promise<void> => {
          api.accessToken.setCustomClaim('plan', Plan.free)
        }`),
    ])
    expect((await server.requestToken()).claims.plan).toBe('free')
  })

  test('shares its cache with other Actions and later requests, and the record has what it saw', async () => {
    const first = await deploy(`
      const before = api.cache.get('n')?.value ?? '0'
      api.cache.set('n', String(Number(before) + 1))
      api.accessToken.setCustomClaim('before', before)`)
    const second = await deploy("api.accessToken.setCustomClaim('behind', api.cache.get('n')?.value)")
    await bind([first, second])
    expect((await server.requestToken()).claims).toMatchObject({ before: '0', behind: '1' })
    const answer = await server.requestToken()
    expect(answer.claims).toMatchObject({ before: '1', behind: '2' })
    const record = recordOf(answer)
    expect(record).toMatchObject({
      version: 1,
      grantedScopes: ['read', 'write'],
      rules: [
        {
          door: 'action',
          cache: {
            before: [{ key: 'n', value: '1' }],
            changes: [{ kind: 'set', key: 'n', value: '2' }],
          },
        },
        { cache: { before: [{ key: 'n', value: '2' }], changes: [] } },
      ],
    })
  })

  test('that fails changes nothing in the cache', async () => {
    await exchangeUnder("api.cache.set('failed', '1'); throw new Error('boom')")
    const answer = await exchangeUnder(
      "api.accessToken.setCustomClaim('kept', api.cache.get('failed') ?? null)",
    )
    expect(answer.claims.kept).toBeNull()
  })

  test('that denies with a secret in its reason keeps it', async () => {
    const name = await deploy("api.access.deny('invalid_request', 'no ' + event.secrets.KEY)", {
      KEY: 'very-hidden-value',
    })
    await bind([name])
    const answer = await server.requestToken()
    expect(answer.body.error_description).toBe('no [secret]')
    const id = String(answer.headers.get('x-request-id'))
    expect(JSON.stringify([await server.management.logs.get(id), recordOf(answer)])).not.toContain(
      'very-hidden-value',
    )
  })
})
