/** Tokens as an API gets them: in each dialect, signed with each algorithm, verified by what the issuer publishes. */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { ResourceServerToCreate } from '@tallystick/management-api/contract/resource-servers'
import {
  compactDecrypt,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nextRsaPair } from './rsa-pairs.ts'
import { startTwoTenants, type TestTenant, type TwoTenants } from './two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

interface Machine {
  readonly id: string
  readonly secret: string
}

async function machineOf({ connection }: TestTenant): Promise<Machine> {
  const { client_id, client_secret } = await connection.clients.create({ name: 'machine' })
  return { id: client_id, secret: client_secret ?? '' }
}

function ask(tenant: TestTenant, { id, secret }: Machine, audience: string): Promise<Response> {
  return tenant.fetch('/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      audience,
    }),
  })
}

/** A token for an API of its own, of which a client of its own may have `read` and not `write`. */
async function tokenOf(tenant: TestTenant, api: Omit<ResourceServerToCreate, 'identifier'>): Promise<string> {
  const { clientGrants, resourceServers } = tenant.connection
  const identifier = `urn:api:${randomUUID()}`
  await resourceServers.create({ identifier, scopes: [{ value: 'read' }, { value: 'write' }], ...api })
  const machine = await machineOf(tenant)
  await clientGrants.create({ client_id: machine.id, audience: identifier, scope: ['read'] })
  const response = await ask(tenant, machine, identifier)
  const answer: { access_token: string } = JSON.parse(await response.text())
  expect(answer).toHaveProperty('access_token')
  return answer.access_token
}

async function keySetOf(tenant: TestTenant): Promise<JSONWebKeySet> {
  const response = await tenant.fetch('/.well-known/jwks.json')
  return JSON.parse(await response.text())
}

test('no client gets a token for an API that takes none, in the words of a missing grant', async () => {
  const identifier = 'urn:closed'
  for (const tenant of [world.mine, world.theirs]) {
    const { clientGrants, resourceServers } = tenant.connection
    await resourceServers.create({ identifier })
    const machine = await machineOf(tenant)
    const without = await ask(tenant, machine, identifier)
    const refused = [without.status, await without.json()]
    await clientGrants.create({ client_id: machine.id, audience: identifier, scope: [] })
    expect((await ask(tenant, machine, identifier)).status).toBe(200)
    const closed = { client: { policy: 'deny_all' } } as const
    await resourceServers.update(identifier, { subject_type_authorization: closed })
    const denied = await ask(tenant, machine, identifier)
    expect([denied.status, await denied.json()]).toEqual(refused)
    const open = { client: { policy: 'require_client_grant' } } as const
    await resourceServers.update(identifier, { subject_type_authorization: open })
    expect((await ask(tenant, machine, identifier)).status).toBe(200)
  }
})

test('a token signed with a secret opens nothing here, whatever key it pretends to be of', async () => {
  const secret = 'a secret that an API knows'
  const token = await tokenOf(world.mine, { signing_alg: 'HS256', signing_secret: secret })
  const { keys } = await keySetOf(world.mine)
  await expect(jwtVerify(token, createLocalJWKSet({ keys }))).rejects.toThrow()
  // Of the management audience, as the API that holds the secret could make one.
  const { issuer, operatorId } = world.mine
  for (const kid of [undefined, ...keys.map((key) => key.kid)]) {
    const forged = await new SignJWT({ scope: 'read:clients', client_id: operatorId, jti: 'x' })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...(kid !== undefined && { kid }) })
      .setIssuer(issuer.issuer)
      .setAudience(issuer.managementAudience)
      .setSubject(`${operatorId}@clients`)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret))
    const answer = await world.mine.fetch('/api/v2/clients', {
      headers: { authorization: `Bearer ${forged}` },
    })
    expect(answer.status).toBe(401)
  }
})

const common = ['aud', 'exp', 'iat', 'iss', 'jti', 'scope', 'sub']
const shapes = {
  access_token: { typ: 'JWT', members: ['azp', 'gty'] },
  access_token_authz: { typ: 'JWT', members: ['azp', 'gty', 'permissions'] },
  rfc9068_profile: { typ: 'at+jwt', members: ['client_id'] },
  rfc9068_profile_authz: { typ: 'at+jwt', members: ['client_id', 'permissions'] },
} as const

describe.each(['mine', 'theirs'] as const)('in the tenant %s, of profile rfc and auth0 in turn', (name) => {
  test.each(Object.entries(shapes))(
    'a token of the dialect %s has its claims and no others',
    async (dialect, shape) => {
      const token_dialect = dialect as keyof typeof shapes
      const token = await tokenOf(world[name], {
        token_dialect,
        enforce_policies: true,
        signing_alg: 'ES256',
      })
      expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: shape.typ, kid: expect.any(String) })
      const claims = decodeJwt(token)
      expect(Object.keys(claims).toSorted()).toEqual([...common, ...shape.members].toSorted())
      expect(claims).toMatchObject({ scope: 'read', iss: world[name].issuer.issuer })
      if ('permissions' in claims) expect(claims.permissions).toEqual(['read'])
      if ('gty' in claims) expect(claims.gty).toBe('client-credentials')
      expect(claims.sub).toBe(`${claims.azp ?? claims.client_id}@clients`)
    },
  )

  test('without enforced policies there are no permissions, whatever the dialect', async () => {
    for (const enforcing of [{}, { enforce_policies: false }]) {
      const api = { token_dialect: 'rfc9068_profile_authz', signing_alg: 'ES256', ...enforcing } as const
      expect(decodeJwt(await tokenOf(world[name], api))).not.toHaveProperty('permissions')
    }
  })

  test('a dialect that nobody chose is the one of the profile', async () => {
    const { typ } = decodeProtectedHeader(await tokenOf(world[name], { signing_alg: 'ES256' }))
    expect(typ).toBe(name === 'mine' ? 'at+jwt' : 'JWT')
  })
})

test('a token of RFC 9068 names its issuer, API and client, each once, and no second token is like it', async () => {
  const { issuer } = world.mine
  const [one, other] = await Promise.all([0, 1].map(() => tokenOf(world.mine, { signing_alg: 'EdDSA' })))
  const claims = decodeJwt(one ?? '')
  const metadata = await (await world.mine.fetch('/.well-known/oauth-authorization-server')).text()
  expect(claims.iss).toBe(JSON.parse(metadata).issuer)
  expect(claims).toMatchObject({
    iss: issuer.issuer,
    aud: expect.stringMatching(/^urn:api:/),
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    client_id: expect.stringMatching(/^[0-9A-Za-z]{32}$/),
  })
  expect(decodeJwt(other ?? '').jti).not.toBe(claims.jti)
  const { iat = 0, exp = 0 } = claims
  expect([Number.isInteger(iat), Number.isInteger(exp), exp - iat]).toEqual([true, true, 86_400])
})

test('permissions are the scopes that the rules left', async () => {
  const { connection } = world.mine
  const source =
    "module.exports = (client, scope, audience, context, cb) => cb(null, { scope: ['read', 'more'] })"
  const rule = await connection.rules.create({ name: 'widens', code: source })
  const api = { token_dialect: 'access_token_authz', enforce_policies: true, signing_alg: 'ES256' } as const
  const token = await tokenOf(world.mine, api).finally(() => connection.rules.delete(rule.id))
  const claims = decodeJwt(token)
  expect([claims.scope, claims.permissions]).toEqual(['read more', ['read', 'more']])
})

for (const signing_alg of ['RS256', 'PS256', 'RS512', 'ES256', 'EdDSA', 'ML-DSA-65'] as const) {
  test(`a token signed with ${signing_alg} verifies with a key that is published for it alone`, async () => {
    const token = await tokenOf(world.mine, { signing_alg })
    const { keys } = await keySetOf(world.mine)
    const { kid, alg } = decodeProtectedHeader(token)
    expect(alg).toBe(signing_alg)
    expect(keys.find((key) => key.kid === kid)?.alg).toBe(signing_alg)
    // The current one and the next.
    expect(keys.filter((key) => key.alg === signing_alg)).toHaveLength(2)
    await jwtVerify(token, createLocalJWKSet({ keys }), { issuer: world.mine.issuer.issuer })
    const others = keys.filter((key) => key.alg !== signing_alg)
    await expect(jwtVerify(token, createLocalJWKSet({ keys: others }))).rejects.toThrow()
  })
}

test('a token signed with HS256 names no key and verifies with the secret of its API', async () => {
  const signing_secret = 'sixteen or more…'
  const token = await tokenOf(world.mine, { signing_alg: 'HS256', signing_secret })
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'at+jwt' })
  await jwtVerify(token, new TextEncoder().encode(signing_secret), { issuer: world.mine.issuer.issuer })
})

test('two APIs that ask for a new algorithm at once share its keys', async () => {
  const { resourceServers } = world.theirs.connection
  await Promise.all(
    ['urn:at-once:1', 'urn:at-once:2'].map((identifier) =>
      resourceServers.create({ identifier, signing_alg: 'RS512' }),
    ),
  )
  const { keys } = await keySetOf(world.theirs)
  expect(keys.filter((key) => key.alg === 'RS512')).toHaveLength(2)
})

describe('a token of an API that gave a key', () => {
  const rsa = nextRsaPair()
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signing_secret = 'sixteen or more…'
  const encrypting = (alg: 'RSA-OAEP-256' | 'ECDH-ES+A256KW') => ({
    format: 'compact-nested-jwe' as const,
    encryption_key: {
      alg,
      kid: 'mine',
      pem: String((alg === 'RSA-OAEP-256' ? rsa : ec).publicKey.export({ type: 'spki', format: 'pem' })),
    },
  })

  test('is closed for the others, and inside it is the token that every API gets', async () => {
    const api = { token_encryption: encrypting('RSA-OAEP-256'), signing_alg: 'ES256' } as const
    const token = await tokenOf(world.mine, api)
    const { keys } = await keySetOf(world.mine)
    await expect(jwtVerify(token, createLocalJWKSet({ keys }))).rejects.toThrow()
    const { plaintext, protectedHeader } = await compactDecrypt(token, rsa.privateKey)
    expect(protectedHeader).toEqual({
      alg: 'RSA-OAEP-256',
      enc: 'A256GCM',
      typ: 'at+jwt',
      cty: 'JWT',
      kid: 'mine',
    })
    const { issuer } = world.mine.issuer
    const { payload } = await jwtVerify(plaintext, createLocalJWKSet({ keys }), { issuer, typ: 'at+jwt' })
    expect(payload).toMatchObject({ scope: 'read', sub: `${payload.client_id}@clients` })
  })

  test('may be signed with the secret of the API as well, and have the older form', async () => {
    const token = await tokenOf(world.mine, {
      token_encryption: encrypting('ECDH-ES+A256KW'),
      signing_alg: 'HS256',
      signing_secret,
      token_dialect: 'access_token',
    })
    const { plaintext, protectedHeader } = await compactDecrypt(token, ec.privateKey)
    expect(protectedHeader).toMatchObject({ alg: 'ECDH-ES+A256KW', typ: 'JWT', cty: 'JWT' })
    const inside = await jwtVerify(plaintext, new TextEncoder().encode(signing_secret))
    expect(inside.payload).toMatchObject({ gty: 'client-credentials' })
  })

  test('opens nothing here', async () => {
    const token = await tokenOf(world.mine, { token_encryption: encrypting('RSA-OAEP-256') })
    const answer = await world.mine.fetch('/api/v2/clients', {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(answer.status).toBe(401)
  })
})
