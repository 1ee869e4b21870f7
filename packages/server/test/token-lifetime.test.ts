/** How long a token lives: as the API says, less where the client or a rule is to have less, and never more. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readExchangeRecord } from './exchange-records.ts'
import { invoices, startTestServer, type TestServer, type TokenAnswer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())
afterEach(async () => {
  await server.management.actionBindings.update(trigger, { bindings: [] })
})

const trigger = 'credentials-exchange'

/** Of the answer, which the token must agree with. */
function lifetimeOf({ status, body, claims }: TokenAnswer): unknown {
  expect([status, body]).toEqual([200, expect.objectContaining({ expires_in: expect.any(Number) })])
  expect(Number(claims.exp) - Number(claims.iat)).toBe(body.expires_in)
  return body.expires_in
}

async function setLifetimes(ofApi: number, ofClient: number | null): Promise<void> {
  await server.management.resourceServers.update(invoices, { token_lifetime: ofApi })
  await server.management.clients.update(server.billing.id, { token_lifetime: ofClient })
}

let count = 0
/** Binds Actions with these bodies for their functions, in this order. */
async function bind(...bodies: string[]): Promise<void> {
  const names = bodies.map(() => `lifetime ${++count}`)
  for (const [index, name] of names.entries()) {
    await server.management.actions.create({
      name,
      supported_triggers: [{ id: trigger, version: 'v2' }],
      code: `exports.onExecuteCredentialsExchange = async (event, api) => {${bodies[index]}\n}`,
      deploy: true,
    })
  }
  await server.management.actionBindings.update(trigger, {
    bindings: names.map((value) => ({ ref: { type: 'action_name', value } })),
  })
}

describe('a lifetime is refused', () => {
  test.each([0, -1, 2_592_001, 1.5])('of %d seconds, for an API and for a client', async (seconds) => {
    const refused = { status: 400, code: 'invalid_body' }
    const { clients, resourceServers } = server.management
    for (const attempt of [
      () => clients.update(server.billing.id, { token_lifetime: seconds }),
      () => clients.create({ name: 'x', token_lifetime: seconds }),
      () => resourceServers.update(invoices, { token_lifetime: seconds }),
    ]) {
      await expect(attempt()).rejects.toMatchObject(refused)
    }
  })

  test.each(['0', '1.5', "'60'", 'NaN', '2 ** 53'])(
    'that an Action sets to %s: no token leaves',
    async (value) => {
      await bind(`api.accessToken.setExpiresIn(${value})`)
      const answer = await server.requestToken()
      expect([answer.status, answer.body.error]).toEqual([500, 'server_error'])
      const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
      expect(entry.description).toContain('setExpiresIn needs a whole number of seconds, 1 or more')
    },
  )
})

test.each([
  { ofApi: 1, ofClient: null, lives: 1 },
  { ofApi: 2_592_000, ofClient: null, lives: 2_592_000 },
  { ofApi: 3600, ofClient: 3599, lives: 3599 },
  { ofApi: 3600, ofClient: 3600, lives: 3600 },
  { ofApi: 3600, ofClient: 3601, lives: 3600 },
  { ofApi: 3600, ofClient: 1, lives: 1 },
])('an API with $ofApi s and a client with $ofClient s: the token lives $lives s', async (row) => {
  await setLifetimes(row.ofApi, row.ofClient)
  expect(lifetimeOf(await server.requestToken())).toBe(row.lives)
})

test('a client tells its lifetime where it has one, and loses it by null', async () => {
  const { clients } = server.management
  const { client_id, token_lifetime } = await clients.create({ name: 'brief', token_lifetime: 60 })
  expect(token_lifetime).toBe(60)
  expect(await clients.update(client_id, { name: 'brief still' })).toMatchObject({ token_lifetime: 60 })
  expect(await clients.update(client_id, { token_lifetime: null })).not.toHaveProperty('token_lifetime')
  expect(await clients.get(client_id)).not.toHaveProperty('token_lifetime')
})

test('tokens of the management API live as long as their client may have them, too', async () => {
  const { client_id, client_secret, audience } = server.bootstrap.management
  const ask = () => server.requestToken({ client_id, client_secret, audience })
  expect(lifetimeOf(await ask())).toBe(86_400)
  await server.management.clients.update(client_id, { token_lifetime: 300 })
  expect(lifetimeOf(await ask())).toBe(300)
  await server.management.clients.update(client_id, { token_lifetime: null })
})

describe('an Action', () => {
  beforeAll(() => setLifetimes(3600, 600))

  test.each([
    [1, 1],
    [599, 599],
    [600, 600],
    [601, 600],
    [86_400, 600],
  ])('that asks for %d s where 600 are allowed gets %d s', async (asked, lives) => {
    await bind(`api.accessToken.setExpiresIn(${asked})`)
    const answer = await server.requestToken()
    expect(lifetimeOf(answer)).toBe(lives)
    const record = await readExchangeRecord(server.dataDir, String(answer.headers.get('x-request-id')))
    expect(record).toMatchObject({
      outcome: { expiresIn: lives },
      rules: [{ result: { expiresIn: lives } }],
    })
    const cut = JSON.stringify(record).includes(
      `asked for a token of ${asked} s; it lives for 600 s, the most that the API and the client allow`,
    )
    expect(cut).toBe(asked > 600)
  })

  test('has the last word when it is the last that sets it, and one that does not changes nothing', async () => {
    await bind(
      'api.accessToken.setExpiresIn(30).accessToken.setExpiresIn(60)',
      'api.accessToken.setExpiresIn(90)',
      "api.accessToken.setCustomClaim('exp', 1)",
    )
    expect(lifetimeOf(await server.requestToken())).toBe(90)
  })

  test('changes no other token', async () => {
    await bind("if (event.transaction.requested_scopes.includes('read')) api.accessToken.setExpiresIn(5)")
    expect(lifetimeOf(await server.requestToken({ scope: 'read' }))).toBe(5)
    expect(lifetimeOf(await server.requestToken())).toBe(600)
  })
})
