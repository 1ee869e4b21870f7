/** What an API learns that uses our published list alone (Token Status List), and opaque tokens, over restarts. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
import { createApiClient, credentials, present, tokenOf } from './presented-tokens.ts'
import { invoices, startTestServer, type TestClient, type TestServer } from './test-server.ts'

let clock = new Date()
const now = () => clock
const pass = (seconds: number) => {
  clock = new Date(clock.getTime() + seconds * 1000)
}

const audience = 'https://listed.example.com/'
const opaque = 'https://opaque.example.com/'
const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-test-'))

let server: TestServer
let api: TestClient
beforeAll(async () => {
  server = await startTestServer({ dataDir, now })
  const { resourceServers, clientGrants } = server.management
  const scopes = [{ value: 'read' }]
  const settings = { scopes, signing_alg: 'ES256', token_lifetime: 3600 } as const
  await resourceServers.create({ ...settings, identifier: audience, token_status_list: true })
  await resourceServers.create({ ...settings, identifier: opaque, token_format: 'opaque' })
  for (const one of [audience, opaque]) {
    await clientGrants.create({ client_id: server.billing.id, audience: one, scope: ['read'] })
  }
  api = await createApiClient(server, opaque)
})
afterAll(async () => {
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

interface Place {
  readonly idx: number
  readonly uri: string
}

async function listedToken() {
  const answer = await server.requestToken({ audience })
  const { status_list } = Object(answer.claims.status)
  return { ...answer, token: String(answer.body.access_token), place: Object(status_list) as Place }
}

/** What a resource server does: 0 is valid, 1 is not. Throws where the list cannot be trusted. */
async function statusOf({ idx, uri }: Place): Promise<number> {
  const response = await fetch(uri)
  if (!response.ok) throw new Error(String(response.status))
  expect(response.headers.get('content-type')).toBe('application/statuslist+jwt')
  const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(await response.text(), keys, {
    typ: 'statuslist+jwt',
    algorithms: ['ES256'],
    subject: uri,
    currentDate: clock,
    requiredClaims: ['iat', 'exp', 'ttl'],
  })
  expect(payload.ttl).toBeLessThanOrEqual(60)
  const { bits, lst } = Object(payload.status_list)
  expect(bits).toBe(1)
  const bytes = inflateSync(Buffer.from(lst, 'base64url'))
  return ((bytes[idx >> 3] ?? 255) >> (idx & 7)) & 1
}

describe('refused is', () => {
  const clashes: [string, object][] = [
    ['token_format', { token_format: 'opaque', token_encryption: encryption() }],
    ['token_status_list', { token_format: 'opaque', token_status_list: true }],
    ['token_status_list', { signing_alg: 'HS256', token_status_list: true }],
  ]
  test.each(clashes)('an API whose settings clash: %s in %j', async (member, settings) => {
    const identifier = 'urn:clash'
    await expect(server.management.resourceServers.create({ identifier, ...settings })).rejects.toMatchObject(
      {
        status: 400,
        message: expect.stringContaining(member),
      },
    )
  })

  test('the same of an API that is there', async () => {
    const { resourceServers } = server.management
    await expect(resourceServers.update(audience, { token_format: 'opaque' })).rejects.toMatchObject({
      status: 400,
    })
    await expect(resourceServers.update(audience, { signing_alg: 'HS256' })).rejects.toMatchObject({
      status: 400,
    })
  })

  test.each(['x', '0'.repeat(22), '../../api/v2/clients', `${'0'.repeat(22)}/x`])(
    'a list that is not there: %s',
    async (id) => {
      expect((await fetch(`${server.url}/oauth/status-lists/${encodeURIComponent(id)}`)).status).toBe(404)
    },
  )

  test('a rule that would set the claim', async () => {
    const { actions, actionBindings } = server.management
    await actions.create({
      name: 'status',
      supported_triggers: [{ id: 'credentials-exchange', version: 'v2' }],
      code: `exports.onExecuteCredentialsExchange = async (event, api) => {
        api.accessToken.setCustomClaim('status', { status_list: { idx: 0, uri: 'https://evil.example/' } })
      }`,
      deploy: true,
    })
    const bind = (bindings: { ref: { type: 'action_name'; value: string } }[]) =>
      actionBindings.update('credentials-exchange', { bindings })
    await bind([{ ref: { type: 'action_name', value: 'status' } }])
    expect((await server.requestToken({ audience: invoices })).claims).not.toHaveProperty('status')
    expect((await listedToken()).place.uri).toContain('/oauth/status-lists/')
    await bind([])
  })
})

describe('a status list', () => {
  test('tells of a revocation once the copy that an API holds is older than its ttl, and after a restart', async () => {
    const [first, second] = [await listedToken(), await listedToken()]
    expect(first.place.uri).toBe(second.place.uri)
    expect(first.place.idx).not.toBe(second.place.idx)
    expect([await statusOf(first.place), await statusOf(second.place)]).toEqual([0, 0])

    const kept = await fetch(first.place.uri)
    const etag = String(kept.headers.get('etag'))
    const again = await fetch(first.place.uri, { headers: { 'if-none-match': etag } })
    expect([again.status, kept.headers.get('cache-control')]).toEqual([304, 'public, max-age=30'])
    const behindProxy = await fetch(first.place.uri, { headers: { 'if-none-match': `"x", W/${etag}` } })
    expect(behindProxy.status).toBe(304)

    await present(`${server.url}/oauth/revoke`, { ...credentials(server.billing), token: first.token })
    const changed = await fetch(first.place.uri, { headers: { 'if-none-match': etag } })
    expect(changed.status).toBe(200)
    expect([await statusOf(first.place), await statusOf(second.place)]).toEqual([1, 0])

    await restart()
    expect([await statusOf(first.place), await statusOf(second.place)]).toEqual([1, 0])
    const third = await listedToken()
    expect(third.place.uri).not.toBe(first.place.uri)
  })

  test('tells of clients that are revoked, or may have no token any more', async () => {
    const client = await server.createClient('brief', undefined)
    const grant = await server.management.clientGrants.create({
      client_id: client.id,
      audience,
      scope: ['read'],
    })
    const placeOf = async () =>
      Object((await server.requestToken({ ...credentials(client), audience })).claims.status)
        .status_list as Place
    const before = await placeOf()
    await server.management.revocations.create({ client_id: client.id })
    pass(1)
    const later = await placeOf()
    pass(61)
    expect([await statusOf(before), await statusOf(later)]).toEqual([1, 0])
    await server.management.clientGrants.delete(String(grant.id))
    pass(16)
    expect(await statusOf(later)).toBe(1)
  })

  test('goes on to tell of a client that is revoked once more after the clock was set back', async () => {
    const placeOf = async () => (await listedToken()).place
    const before = await placeOf()
    await server.management.revocations.create({ client_id: server.billing.id })
    pass(-5)
    await server.management.revocations.create({ client_id: server.billing.id })
    pass(6)
    expect([await statusOf(before), await statusOf(await placeOf())]).toEqual([1, 0])
  })

  test('tells of a token that was issued while the clock was ahead, and so does introspection of an opaque one', async () => {
    const placeOf = async () => (await listedToken()).place
    const opaqueToken = async () =>
      String((await server.requestToken({ audience: opaque })).body.access_token)
    const isActive = async (token: string) =>
      (await present(`${server.url}/oauth/introspect`, { ...credentials(api), token })).body.active
    pass(600)
    const ahead = [await placeOf(), await opaqueToken()] as const
    pass(-600)
    await server.management.revocations.create({ client_id: server.billing.id })
    pass(1)
    const later = [await placeOf(), await opaqueToken()] as const
    pass(601)
    expect([await statusOf(ahead[0]), await statusOf(later[0])]).toEqual([1, 0])
    expect([await isActive(ahead[1]), await isActive(later[1])]).toEqual([false, true])
  })

  test('says nothing of whom it tells', async () => {
    const { place } = await listedToken()
    const jwt = await (await fetch(place.uri)).text()
    expect(decodeProtectedHeader(jwt)).toMatchObject({ typ: 'statuslist+jwt', alg: 'ES256' })
    const claims = JSON.parse(Buffer.from(String(jwt.split('.')[1]), 'base64url').toString())
    expect(Object.keys(claims).toSorted()).toEqual(['exp', 'iat', 'status_list', 'sub', 'ttl'])
    const asToken = await present(`${server.url}/oauth/introspect`, { ...credentials(api), token: jwt })
    expect(asToken.body).toEqual({ active: false })
  })
})

describe('an opaque token', () => {
  const ask = (token: string, as = api) =>
    present(`${server.url}/oauth/introspect`, { ...credentials(as), token })

  test('is told to its API alone, until it is revoked or expires, over restarts', async () => {
    const { status, body } = await server.requestToken({ audience: opaque })
    expect([status, body]).toEqual([200, expect.objectContaining({ token_type: 'Bearer', scope: 'read' })])
    const token = String(body.access_token)
    expect(token).toMatch(/^tsk_at_[0-9A-Za-z]{49}$/)
    const seconds = Math.floor(clock.getTime() / 1000)
    const told = {
      active: true,
      aud: opaque,
      scope: 'read',
      client_id: server.billing.id,
      exp: seconds + 3600,
    }
    expect((await ask(token)).body).toMatchObject(told)
    expect((await ask(token, server.billing)).body).toEqual({ active: false })
    const wrong = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`
    expect((await ask(wrong)).body).toEqual({ active: false })
    await restart()
    expect((await ask(token)).body).toMatchObject(told)

    const revoked = await tokenOf(server, { audience: opaque })
    await present(`${server.url}/oauth/revoke`, { ...credentials(server.billing), token: revoked })
    expect((await ask(revoked)).body).toEqual({ active: false })
    pass(3600)
    expect((await ask(token)).body).toEqual({ active: false })
  })

  test('and what it means are nowhere in the clear', async () => {
    const token = await tokenOf(server, { audience: opaque })
    await ask(token)
    const kept = readdirSync(dataDir)
      .filter((name) => name.includes('.db') || name.includes('sqlite'))
      .map((name) => readFileSync(join(dataDir, name), 'latin1'))
    expect(kept.length).toBeGreaterThan(0)
    for (const text of kept) expect(text).not.toContain(token.slice(7))
    const { logs } = await server.management.logs.list({ per_page: 5 })
    expect(JSON.stringify(logs)).not.toContain(token.slice(7, 40))
  })
})

/** On the same data and port, so that every address stays what it is. */
async function restart(): Promise<void> {
  await server.stop()
  const config = parseConfig({
    TALLYSTICK_PORT: new URL(server.url).port,
    TALLYSTICK_DATA_DIR: dataDir,
    TALLYSTICK_STARTER: 'off',
    TALLYSTICK_LOG_LEVEL: 'silent',
  })
  const log = pino({ level: 'silent' })
  const running = await startServer(config, { log, now, print: () => undefined })
  server = { ...server, stop: () => running.close() }
}

function encryption() {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return { format: 'compact-nested-jwe', encryption_key: { alg: 'ECDH-ES+A256KW', pem } }
}
