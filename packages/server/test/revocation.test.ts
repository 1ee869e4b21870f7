/** Tokens that are ended before they expire (RFC 7009); introspection tells that they are. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { byAssertion, createKeyClient, createKeyPair, signAssertion } from './assertion-client.ts'
import {
  createApiClient,
  credentials,
  introspectAt,
  managementConnection,
  present,
  revokeAt,
  startWithApi,
  tokenOf,
} from './presented-tokens.ts'
import { invoices, type TestClient, type TestServer } from './test-server.ts'
import { startTwoTenants } from './two-tenants.ts'

let server: TestServer
let api: TestClient
let other: TestClient
beforeAll(async () => {
  ;({ server, api } = await startWithApi())
  other = await server.createClient('other', ['read'])
})
afterAll(() => server.close())

const inactive = { active: false }

const revoke = (fields: Record<string, string>) => revokeAt(server, fields)
const introspect = (token: string, as = api) => introspectAt(server, as, token)

async function isActive(token: string): Promise<unknown> {
  return (await introspect(token)).body.active
}

describe('nothing is ended, and nothing told', () => {
  const endpoints = ['introspect', 'revoke']

  test.each(endpoints)(
    'at /oauth/%s to who is not proven, or asks for nothing, or twice',
    async (endpoint) => {
      const url = `${server.url}/oauth/${endpoint}`
      const token = await tokenOf(server)
      const basic = { authorization: `Basic ${Buffer.from(`${api.id}:${api.secret}`).toString('base64')}` }
      const bad: [Record<string, string>, Record<string, string>, number, string][] = [
        [{ token }, {}, 401, 'invalid_client'],
        [{ token, client_id: api.id, client_secret: 'wrong' }, {}, 401, 'invalid_client'],
        [{ token, ...credentials(api) }, basic, 400, 'invalid_request'],
        [{ ...credentials(api) }, {}, 400, 'invalid_request'],
        [{ ...credentials(api), token: '' }, {}, 400, 'invalid_request'],
      ]
      for (const [fields, headers, status, error] of bad) {
        const answer = await present(url, fields, headers)
        expect([answer.status, answer.body.error]).toEqual([status, error])
        expect(answer.headers.get('cache-control')).toBe('no-store')
      }
      const twice = await fetch(url, {
        method: 'POST',
        body: new URLSearchParams([...Object.entries({ ...credentials(api), token }), ['token', 'x']]),
      })
      expect(twice.status).toBe(400)
      const inUrl = await present(`${url}?token=${token}`, credentials(api))
      expect([inUrl.status, inUrl.body.error_description]).toEqual([
        400,
        'Send the parameter token in the body, and never in the URL.',
      ])
      const read = await fetch(url)
      expect([read.status, read.headers.get('allow')]).toEqual([405, 'POST'])
      expect(await isActive(token)).toBe(true)
    },
  )

  test('for an assertion that was used here before, or at the token endpoint', async () => {
    const pair = createKeyPair('ES256')
    const { id } = await createKeyClient(server.management, pair)
    const metadata = await (await fetch(`${server.url}/.well-known/oauth-authorization-server`)).json()
    const issuer = String(Object(metadata).issuer)
    for (const first of ['introspect', 'revoke', 'token']) {
      const jwt = await signAssertion(pair, { clientId: id, issuer })
      const { client_assertion, client_assertion_type } = byAssertion(jwt)
      const fields = {
        token: 'x',
        client_assertion: String(client_assertion),
        client_assertion_type: String(client_assertion_type),
        grant_type: 'client_credentials',
        audience: invoices,
      }
      expect((await present(`${server.url}/oauth/${first}`, fields)).status).toBe(200)
      for (const second of ['introspect', 'revoke', 'token']) {
        expect([first, second, (await present(`${server.url}/oauth/${second}`, fields)).status]).toEqual([
          first,
          second,
          401,
        ])
      }
    }
  })

  test('of what is no token of ours', async () => {
    const token = await tokenOf(server)
    const [header = '', claims = '', signature = ''] = token.split('.')
    const changed = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), scope: 'admin' }),
    ).toString('base64url')
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    for (const text of [
      'x',
      '..',
      'x'.repeat(8000),
      `${header}.${changed}.${signature}`,
      `${none}.${claims}.`,
      `${header}.${claims}.`,
      `${token}==`,
      `${token}\n`,
      ` ${token}`,
      `tsk_at_${'A'.repeat(49)}`,
      'a.b.c.d.e',
      `${Buffer.from('null').toString('base64url')}....`,
      `${header}.${claims}.${signature}..`,
      '\u0000',
    ]) {
      const told = await introspect(text)
      expect([text.slice(0, 20), told.status, told.body]).toEqual([text.slice(0, 20), 200, inactive])
      expect((await revoke({ ...credentials(server.billing), token: text })).status).toBe(200)
    }
    expect(await isActive(token)).toBe(true)
  })

  test('of a token that somebody else was given, or that is for another API', async () => {
    const token = await tokenOf(server)
    const answer = await revoke({ ...credentials(other), token })
    expect([answer.status, answer.body.error]).toEqual([400, 'unauthorized_client'])
    expect(await isActive(token)).toBe(true)
    const stranger = await createApiClient(server, 'https://elsewhere.example.com/')
    for (const asker of [server.billing, other, stranger]) {
      expect((await introspect(token, asker)).body).toEqual(inactive)
    }
    const { token: ofManagement, connection } = await managementConnection(server)
    const asManagement = await createApiClient(server, server.bootstrap.management.audience)
    expect((await introspect(ofManagement, asManagement)).body).toEqual(inactive)
    await connection.clients.list()
  })
})

describe('a revocation', () => {
  test('ends one token at once, and may be repeated', async () => {
    const [token, sibling] = [await tokenOf(server), await tokenOf(server)]
    for (let time = 0; time < 2; time++) {
      const answer = await revoke({ ...credentials(server.billing), token, token_type_hint: 'refresh_token' })
      expect([answer.status, answer.body]).toEqual([200, {}])
      expect((await introspect(token)).body).toEqual(inactive)
    }
    expect(await isActive(sibling)).toBe(true)
  })

  test('ends also a token whose API is gone, and may come back', async () => {
    const { resourceServers, clientGrants } = server.management
    const make = async () => {
      const { id } = await resourceServers.create({ identifier: 'urn:brief', signing_alg: 'ES256' })
      await clientGrants.create({ client_id: server.billing.id, audience: 'urn:brief', scope: [] })
      return String(id)
    }
    const id = await make()
    const [ended, kept] = [
      await tokenOf(server, { audience: 'urn:brief' }),
      await tokenOf(server, { audience: 'urn:brief' }),
    ]
    await resourceServers.delete(id)
    expect((await revoke({ ...credentials(other), token: ended })).status).toBe(400)
    expect((await revoke({ ...credentials(server.billing), token: ended })).status).toBe(200)
    const asker = await createApiClient(server, 'urn:brief')
    expect((await introspect(kept, asker)).body).toEqual(inactive)
    await make()
    expect((await introspect(ended, asker)).body).toEqual(inactive)
    expect((await introspect(kept, asker)).body.active).toBe(true)
  })

  test('is in the log, and the token is not', async () => {
    const { body, claims } = await server.requestToken()
    const token = String(body.access_token)
    await revoke({ ...credentials(server.billing), token })
    await revoke({ ...credentials(other), token: `${token} ${token}` })
    const { logs } = await server.management.logs.list({ per_page: 5 })
    expect(JSON.stringify(logs)).toContain(`Revoked the token ${claims.jti}.`)
    expect(JSON.stringify(logs)).not.toContain(token.slice(-40))
  })

  test('by jti, by client or by rule version ends what was issued so far, and nothing later', async () => {
    const { revocations, logs } = server.management
    const { body, claims } = await server.requestToken()
    await revocations.create({ jti: String(claims.jti) })
    expect(await isActive(String(body.access_token))).toBe(false)

    const ofOther = await tokenOf(server, credentials(other))
    const mine = await tokenOf(server)
    await revocations.create({ client_id: other.id })
    expect([await isActive(ofOther), await isActive(mine)]).toEqual([false, true])
    const later = await tokenOf(server, credentials(other))
    expect(await isActive(later)).toBe(true)

    const shaped = await server.requestToken()
    const { details } = Object(await logs.get(String(shaped.claims.jti)))
    const [{ version_id }] = details.rules
    await revocations.create({ rule_version_id: version_id })
    expect([await isActive(String(shaped.body.access_token)), await isActive(later)]).toEqual([false, false])
    expect(await isActive(await tokenOf(server))).toBe(true)

    const { total, revocations: listed } = await revocations.list({ per_page: 2 })
    expect(total).toBeGreaterThan(2)
    expect(listed).toMatchObject([{ rule_version_id: version_id }, { client_id: other.id }])
  })

  test('is refused that names nothing, two things, or what is not there', async () => {
    const { revocations } = server.management
    await expect(revocations.create({})).rejects.toMatchObject({ status: 400 })
    await expect(revocations.create({ jti: 'x', client_id: other.id })).rejects.toMatchObject({ status: 400 })
    await expect(revocations.create({ jti: 'x', token: 'x' })).rejects.toMatchObject({ status: 400 })
    await expect(revocations.create({ token: 'x'.repeat(65_537) })).rejects.toMatchObject({ status: 400 })
    for (const token of ['x', `tsk_at_${'A'.repeat(49)}`, `${await tokenOf(server)}x`, 'a.b.c.d.e']) {
      const refused = { status: 404, code: 'inexistent_token' }
      await expect(revocations.create({ token })).rejects.toMatchObject(refused)
    }
    await expect(revocations.create({ jti: 'two words' })).rejects.toMatchObject({ status: 400 })
    // Written down it would be a secret that anybody can read, and its token would go on counting.
    const jti = `tsk_at_${'A'.repeat(49)}`
    await expect(revocations.create({ jti })).rejects.toMatchObject({ status: 400 })
    await expect(revocations.create({ client_id: 'nobody' })).rejects.toMatchObject({ status: 404 })
    const nothing = `ver_${'0'.repeat(16)}`
    await expect(revocations.create({ rule_version_id: nothing })).rejects.toMatchObject({ status: 404 })
  })

  test('needs scopes of its own, and never reaches above its operator', async () => {
    const client = await server.createClient('of little', undefined)
    const { audience, client_id } = server.bootstrap.management
    await server.management.clientGrants.create({
      client_id: client.id,
      audience,
      scope: ['create:revocations'],
    })
    const token = await tokenOf(server, { ...credentials(client), audience })
    const post = (body: object) =>
      fetch(`${server.url}/api/v2/revocations`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect((await post({ client_id })).status).toBe(403)
    const ofOperator = await managementConnection(server)
    expect((await post({ jti: ofOperator.jti })).status).toBe(403)
    expect((await post({ token: ofOperator.token })).status).toBe(403)
    await ofOperator.connection.clients.list()
    expect((await post({ client_id: other.id })).status).toBe(201)
  })

  test.each(['jwt', 'opaque'] as const)(
    'of a %s that somebody found ends it, and tells it by its jti alone',
    async (token_format) => {
      const audience = `urn:found:${token_format}`
      await server.management.resourceServers.create({
        identifier: audience,
        signing_alg: 'ES256',
        token_format,
      })
      await server.management.clientGrants.create({ client_id: server.billing.id, audience, scope: [] })
      const asker = await createApiClient(server, audience)
      const token = await tokenOf(server, { audience })
      const { jti } = (await introspect(token, asker)).body
      const made = await server.management.revocations.create({ token })
      expect(made).toEqual({ jti, revoked_at: made.revoked_at, expires_at: made.expires_at })
      expect((await introspect(token, asker)).body).toEqual(inactive)
      const { logs } = await server.management.logs.list({ per_page: 5 })
      expect(JSON.stringify(logs)).toContain(`Revoked the token ${jti}.`)
      expect(JSON.stringify(logs)).not.toContain(token.slice(-40))
    },
  )

  test('of a token of the management API closes it at once', async () => {
    const first = await managementConnection(server)
    await first.connection.clients.list()
    await server.management.revocations.create({ jti: first.jti })
    await expect(first.connection.clients.list()).rejects.toMatchObject({ status: 401 })

    const second = await managementConnection(server)
    const { client_id, client_secret } = server.bootstrap.management
    expect((await revoke({ client_id, client_secret, token: second.token })).status).toBe(200)
    await expect(second.connection.clients.list()).rejects.toMatchObject({ status: 401 })

    const third = await managementConnection(server)
    await third.connection.revocations.create({ client_id })
    await expect(third.connection.clients.list()).rejects.toMatchObject({ status: 401 })
    await (await managementConnection(server)).connection.clients.list()
  })
})

describe('of two tenants', () => {
  test.each(['jwt', 'opaque'] as const)(
    'neither ends, nor is told of, a %s of the other',
    async (token_format) => {
      const world = await startTwoTenants()
      try {
        const identifier = 'urn:both'
        const made = []
        for (const { connection, issuer } of [world.mine, world.theirs]) {
          await connection.resourceServers.create({ identifier, signing_alg: 'ES256', token_format })
          const machine = await connection.clients.create({
            name: 'machine',
            resource_server_identifier: identifier,
          })
          await connection.clientGrants.create({
            client_id: machine.client_id,
            audience: identifier,
            scope: [],
          })
          const client = { client_id: machine.client_id, client_secret: machine.client_secret ?? '' }
          const ask = (path: string, fields: Record<string, string>) =>
            present(`${issuer.origin}/oauth/${path}`, { ...client, ...fields })
          const { body } = await ask('token', { grant_type: 'client_credentials', audience: identifier })
          made.push({ ask, token: String(body.access_token) })
        }
        const [mine, theirs] = made
        if (!mine || !theirs) throw new Error('there are two')
        expect((await theirs.ask('introspect', { token: mine.token })).body).toEqual(inactive)
        expect((await theirs.ask('revoke', { token: mine.token })).status).toBe(200)
        expect((await mine.ask('introspect', { token: mine.token })).body.active).toBe(true)
      } finally {
        await world.close()
      }
    },
  )
})
