/** Clients that prove themselves with a signed assertion (RFC 7523), through the real door. */
import { randomUUID, sign as signBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  byAssertion,
  type ClaimChanges,
  createKeyClient,
  createKeyPair,
  signAssertion,
} from './assertion-client.ts'
import {
  ecPair,
  expectRefusal,
  issuer,
  now,
  pair,
  pass,
  present,
  seconds,
  sign,
  useAssertionDoor,
} from './assertion-door.ts'
import { invoices, startTestServer } from './test-server.ts'

const door = useAssertionDoor()

describe('what an assertion says', () => {
  const refused: [name: string, claims: () => ClaimChanges][] = [
    ['for another server', () => ({ aud: 'https://other.example.com/' })],
    ['for this issuer without its final slash', () => ({ aud: issuer.slice(0, -1) })],
    ['for the token endpoint', () => ({ aud: `${issuer}oauth/token` })],
    ['for this server and another', () => ({ aud: [issuer, 'https://other.example.com/'] })],
    ['for nobody', () => ({ aud: undefined })],
    ['without an exp', () => ({ exp: undefined })],
    ['expired five minutes ago', () => ({ iat: seconds() - 400, exp: seconds() - 300 })],
    ['good for a day', () => ({ exp: seconds() + 86_400 })],
    ['good for 301 seconds', () => ({ iat: seconds(), exp: seconds() + 301 })],
    ['good for ever', () => ({ exp: 1e308 })],
    ['with an exp that is negative', () => ({ exp: -1 })],
    ['without an iat and good for six minutes', () => ({ iat: undefined, exp: seconds() + 360 })],
    ['signed in two minutes', () => ({ iat: seconds() + 120, exp: seconds() + 180 })],
    ['good in two minutes', () => ({ nbf: seconds() + 120 })],
    ['without a jti', () => ({ jti: undefined })],
    ['with an empty jti', () => ({ jti: '' })],
    ['with a jti of 65 characters', () => ({ jti: 'j'.repeat(65) })],
    ['of another issuer', () => ({ iss: door().server.billing.id })],
    ['about another client', () => ({ sub: door().server.billing.id })],
    [
      'of and about a client with a secret',
      () => ({ iss: door().server.billing.id, sub: door().server.billing.id }),
    ],
    ['of and about a client that does not exist', () => ({ iss: 'A'.repeat(32), sub: 'A'.repeat(32) })],
    ['of and about the client of another key', () => ({ iss: door().ecClientId, sub: door().ecClientId })],
    ['of more than 2,048 bytes', () => ({ more: 'x'.repeat(2000) })],
  ]
  for (const [name, claims] of refused) {
    test(`an assertion ${name} is refused, always with the same words`, async () => {
      await expectRefusal(await sign(claims()))
    })
  }

  test('an assertion beside another client id is refused', async () => {
    await expectRefusal(await sign(), { client_id: door().server.billing.id })
  })

  test('a member that stands twice is refused, for of two readers each would believe another one', async () => {
    const [header = ''] = (await sign()).split('.')
    const iat = seconds()
    const claims = `{"iss":"${door().clientId}","sub":"x","aud":"${issuer}","iat":${iat},"exp":${iat + 60},"jti":"${randomUUID()}","sub":"${door().clientId}"}`
    const input = `${header}.${Buffer.from(claims).toString('base64url')}`
    const signature = signBytes('sha256', Buffer.from(input), pair.privateKey).toString('base64url')
    await expectRefusal(`${input}.${signature}`)
  })

  const accepted: [name: string, claims: () => ClaimChanges, header?: Record<string, unknown>][] = [
    ['with an audience in a list of one', () => ({ aud: [issuer] })],
    ['good for five minutes', () => ({ iat: seconds(), exp: seconds() + 300 })],
    ['signed eight seconds ahead', () => ({ iat: seconds() + 8, nbf: seconds() + 8, exp: seconds() + 60 })],
    ['that expired five seconds ago', () => ({ iat: seconds() - 65, exp: seconds() - 5 })],
    ['without an iat', () => ({ iat: undefined })],
    ['with a jti of 64 characters', () => ({ jti: randomUUID().padEnd(64, 'j') })],
    ['of type JWT', () => ({}), { typ: 'JWT' }],
    ['of type client-authentication+jwt', () => ({}), { typ: 'client-authentication+jwt' }],
  ]
  for (const [name, claims, header] of accepted) {
    test(`an assertion ${name} proves the client`, async () => {
      const answer = await present(await sign(claims(), header))
      expect([answer.status, answer.claims.sub]).toEqual([200, `${door().clientId}@clients`])
    })
  }

  test('the parameter client_id may stand beside an assertion of the same client', async () => {
    expect((await present(await sign(), { client_id: door().clientId })).status).toBe(200)
  })
})

describe('an assertion is good once', () => {
  test('a second use is refused, also of an assertion whose first use was refused', async () => {
    const jwt = await sign()
    expect((await present(jwt)).status).toBe(200)
    await expectRefusal(jwt)
    const other = await sign()
    expect((await present(other, { audience: 'https://unknown.example.com/' })).body.error).toBe(
      'invalid_target',
    )
    await expectRefusal(other)
  })

  test('another assertion with the same jti is refused', async () => {
    const jti = randomUUID()
    expect((await present(await sign({ jti }))).status).toBe(200)
    await expectRefusal(await sign({ jti }))
  })

  test('the jti of one client is free for another', async () => {
    const jti = randomUUID()
    expect((await present(await sign({ jti }))).status).toBe(200)
    const theirs = await signAssertion(ecPair, { clientId: door().ecClientId, issuer, now: now() }, { jti })
    expect((await present(theirs)).status).toBe(200)
  })

  test('of many uses at the same time one gets a token, and the log tells of each', async () => {
    const jwt = await sign()
    const answers = await Promise.all(Array.from({ length: 12 }, () => present(jwt)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const refused = answers.filter(({ status }) => status !== 200)
    expect(refused.map(({ body }) => body.error)).toEqual(refused.map(() => 'invalid_client'))
    const ids = refused.map(({ headers }) => String(headers.get('x-request-id')))
    for (const id of ids) {
      expect(await door().server.management.logs.get(id)).toMatchObject({
        type: 'feccft',
        client_id: door().clientId,
        description: expect.stringContaining('used before'),
      })
    }
  })
})

test('a used assertion stays used when the clock is set back, and when it goes on', async () => {
  const jwt = await sign({ iat: undefined, exp: seconds() + 300 })
  expect((await present(jwt)).status).toBe(200)
  for (const step of [-600, 550, 50, 305]) {
    pass(step)
    await expectRefusal(jwt)
  }
})

test('the token endpoint is an audience where the tenant says so, and only alone', async () => {
  const { tenantSettings } = door().server.management
  const endpoint = `${issuer}oauth/token`
  await tenantSettings.update({ allow_token_endpoint_audience: true })
  for (const aud of [endpoint, [endpoint], issuer])
    expect((await present(await sign({ aud }))).status).toBe(200)
  for (const aud of [
    [issuer, endpoint],
    `${endpoint}/`,
    `${endpoint}?`,
    `${door().server.url}/oauth/token`,
  ]) {
    await expectRefusal(await sign({ aud }))
  }
  await tenantSettings.update({ allow_token_endpoint_audience: false })
  await expectRefusal(await sign({ aud: endpoint }))
})

test('an assertion beside a secret is refused, and so is one without its type', async () => {
  const beside = await present(await sign(), {
    client_id: door().server.billing.id,
    client_secret: door().server.billing.secret,
  })
  expect([beside.status, beside.body.error]).toEqual([400, 'invalid_request'])
  await expectRefusal(await sign(), { client_assertion_type: undefined })
  await expectRefusal(await sign(), { client_assertion_type: 'urn:x' })
})

test('a client with a key gets no token with a client id alone', async () => {
  const answer = await door().server.requestToken({ client_id: door().clientId, client_secret: undefined })
  expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client'])
})

test('no assertion is in the log, its reason is', async () => {
  const jwt = await sign({ aud: 'https://other.example.com/' })
  const { headers } = await present(jwt)
  const entry = await door().server.management.logs.get(String(headers.get('x-request-id')))
  expect(entry).toMatchObject({
    type: 'feccft',
    client_id: door().clientId,
    description: expect.stringContaining('aud'),
  })
  expect(JSON.stringify(entry)).not.toContain(jwt.split('.')[2])
})

test('after twenty assertions that prove nothing further ones wait, and one that is right is let in', async () => {
  const { id } = await createKeyClient(door().server.management, ecPair)
  const other = createKeyPair('ES256')
  const send = async (pair = ecPair) =>
    present(await signAssertion(pair, { clientId: id, issuer, now: now() }))
  for (let count = 0; count < 20; count += 1) expect((await send(other)).status).toBe(401)
  const { status, body, headers } = await send(other)
  expect([status, body.error]).toEqual([429, 'too_many_requests'])
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await send()).status).toBe(200)
})

test('a disabled client is refused like an unknown one', async () => {
  const own = await createKeyClient(door().server.management, ecPair)
  await door().server.management.clients.update(own.id, { enabled: false })
  await expectRefusal(await signAssertion(ecPair, { clientId: own.id, issuer, now: now() }))
  await door().server.management.clients.update(own.id, { enabled: true })
  expect((await present(await signAssertion(ecPair, { clientId: own.id, issuer, now: now() }))).status).toBe(
    200,
  )
})

test('metadata tells that assertions are taken, and with which algorithms', async () => {
  const response = await fetch(`${door().server.url}/.well-known/oauth-authorization-server`)
  expect(await response.json()).toMatchObject({
    token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt']),
    token_endpoint_auth_signing_alg_values_supported: [
      'RS256',
      'RS384',
      'PS256',
      'ES256',
      'EdDSA',
      'Ed25519',
    ],
  })
})

test('a tenant that answers in the words of Auth0 takes the token endpoint as audience, and says what is wrong', async () => {
  const settings = { TALLYSTICK_PUBLIC_ORIGIN: issuer.slice(0, -1), TALLYSTICK_PROFILE: 'auth0' }
  await using own = await startOwnServer(settings)
  const { id } = await createKeyClient(own.management, ecPair)
  const ask = async (claims: ClaimChanges) =>
    own.requestToken(byAssertion(await signAssertion(ecPair, { clientId: id, issuer, now: now() }, claims)))
  for (const aud of [issuer, `${issuer}oauth/token`]) expect((await ask({ aud })).status).toBe(200)
  await own.management.tenantSettings.update({ allow_token_endpoint_audience: false })
  expect((await ask({ aud: `${issuer}oauth/token` })).status).toBe(401)
  expect((await ask({ aud: issuer })).status).toBe(200)
  const refused = await ask({ jti: undefined })
  expect([refused.status, refused.body]).toEqual([
    401,
    { error: 'invalid_client', error_description: 'The client assertion needs a jti of 1 to 64 characters.' },
  ])
})

async function startOwnServer(settings: Record<string, string>) {
  const own = await startTestServer({ settings, now })
  return { ...own, [Symbol.asyncDispose]: () => own.close() }
}

test('an audience must be granted to a client with a key as to any other', async () => {
  const answer = await present(await sign(), { audience: invoices, scope: 'write' })
  expect([answer.status, answer.body.error]).toEqual([400, 'invalid_scope'])
})

describe('of an assertion that is refused, the log says what an operator looks for', () => {
  async function causeOf(jwt: string): Promise<string> {
    const { headers } = await present(jwt)
    return (await door().server.management.logs.get(String(headers.get('x-request-id')))).description
  }

  test('that it is of an issuer which nobody trusts', async () => {
    const jwt = await sign({ iss: 'https://ci.example.com', sub: 'repo:acme/app' })
    expect(await causeOf(jwt)).toBe(
      'No trusted issuer has the issuer https://ci.example.com; it counts to the letter.',
    )
  })

  test('that there is a line break behind it', async () => {
    expect(await causeOf(`${await sign()}\n`)).toMatch(/^There is a line break/)
  })

  test('that the clock which made it is ahead', async () => {
    expect(await causeOf(await sign({ iat: seconds() + 120 }))).toMatch(/the clock that made it is ahead\.$/)
  })

  test('which credential has expired, and when', async () => {
    const { management } = door().server
    const { id: clientId } = await createKeyClient(management, ecPair)
    const [credential] = await management.clientCredentials.list(clientId)
    const expires_at = new Date(now().getTime() + 1000).toISOString()
    await management.clientCredentials.update(clientId, String(credential?.id), { expires_at })
    pass(2)
    const jwt = await signAssertion(ecPair, { clientId, issuer, now: now() })
    expect(await causeOf(jwt)).toBe(`The credential ${credential?.id} expired at ${expires_at}.`)
  })
})
