import { managementScopes } from '@tallystick/management-api/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

async function statusWith(authorization: string, path = '/api/v2/clients') {
  const response = await world.mine.fetch(path, { headers: { authorization } })
  return [response.status, challengeOf(response)]
}

/** Without the place of the metadata, which names the port of the day. */
function challengeOf({ headers }: Response): string | undefined {
  const place = `resource_metadata="${world.mine.issuer.origin}/.well-known/oauth-protected-resource/api/v2/"`
  return headers.get('www-authenticate')?.replaceAll(place, '…')
}

const refused = [401, 'Bearer error="invalid_token", …']

test.each(['Bearer', 'Basic YTpi', 'Bearer a b', 'Bearer a,Bearer b', 'token', ''])(
  'a header that is no bearer token at all is malformed: %s',
  async (authorization) => {
    const response = await world.mine.fetch('/api/v2/clients', { headers: { authorization } })
    expect([response.headers.get('www-authenticate'), await response.json()]).toEqual([
      'Bearer error="invalid_request"',
      {
        statusCode: 400,
        error: 'Bad Request',
        message: 'Bad HTTP authentication header format',
        errorCode: 'Bearer',
      },
    ])
  },
)

test('a token that is none of ours is told so and no more', async () => {
  const response = await world.mine.fetch('/api/v2/clients', {
    headers: { authorization: 'Bearer not.a.token' },
  })
  expect([response.status, challengeOf(response), await response.json()]).toEqual([
    ...refused,
    { statusCode: 401, error: 'Unauthorized', message: 'Invalid token', errorCode: 'invalid_token' },
  ])
})

test('a token of ours that has expired, or is for another audience, is told that', async () => {
  const messageFor = async (claims: Record<string, unknown>) => {
    const authorization = `Bearer ${await world.mine.token(undefined, claims)}`
    const response = await world.mine.fetch('/api/v2/clients', { headers: { authorization } })
    return Object(await response.json()).message
  }
  expect(await messageFor({ exp: 1 })).toBe('Expired token received for JSON Web Token validation')
  expect(await messageFor({ aud: 'https://api.example.com/' })).toBe('Bad audience: https://api.example.com/')
})

test.each([
  ['another audience', { aud: 'https://api.example.com/' }],
  ['the audience without its slash', { aud: 'http://localhost/api/v2' }],
  ['another issuer', { iss: 'https://evil.example.com/' }],
  ['a past end', { exp: 1 }],
  ['no end', { exp: undefined }],
  ['a client that is not there', { client_id: 'A'.repeat(32) }],
  ['no client', { client_id: undefined }],
])('a well-signed token with %s is refused', async (_, claims) => {
  expect(await statusWith(`Bearer ${await world.mine.token(undefined, claims)}`)).toEqual(refused)
})

test('the token is sent once: in the header beside the query is refused, in the query alone is no token', async () => {
  const token = await world.mine.token()
  expect(await statusWith(`Bearer ${token}`)).toEqual([200, undefined])
  expect(await statusWith(`bearer ${token}`)).toEqual([200, undefined])
  expect(await statusWith(`Bearer ${token}`, `/api/v2/clients?access_token=${token}`)).toEqual([
    400,
    'Bearer error="invalid_request"',
  ])
  const alone = await world.mine.fetch(`/api/v2/clients?access_token=${token}`)
  expect([alone.status, challengeOf(alone)]).toEqual([
    401,
    'Bearer …, DPoP algs="ES256 EdDSA Ed25519 PS256", …',
  ])
})

/** A client with a grant of the management API, and a token that was issued while it held every scope. */
async function makeDeputy(scope: string[] = [...managementScopes]) {
  const { clients, clientGrants } = world.mine.connection
  const { client_id } = await clients.create({ name: 'deputy' })
  const audience = world.mine.issuer.managementAudience
  const grant = await clientGrants.create({ client_id, audience, scope })
  const bearer = `Bearer ${await world.mine.token(undefined, { client_id })}`
  expect(await statusWith(bearer)).toEqual([200, undefined])
  return { client_id, grant, bearer }
}

test('a token whose client was disabled or deleted since does not count any more', async () => {
  const { client_id, bearer } = await makeDeputy()
  await world.mine.connection.clients.update(client_id, { enabled: false })
  expect(await statusWith(bearer)).toEqual(refused)
  await world.mine.connection.clients.delete(client_id)
  expect(await statusWith(bearer)).toEqual(refused)
})

test('a token whose client lost its grant, or may get no tokens any more, does not count', async () => {
  const { client_id, grant, bearer } = await makeDeputy()
  await world.mine.connection.clients.update(client_id, { grant_types: [] })
  expect(await statusWith(bearer)).toEqual(refused)
  await world.mine.connection.clients.update(client_id, { grant_types: ['client_credentials'] })
  expect(await statusWith(bearer)).toEqual([200, undefined])
  await world.mine.connection.clientGrants.delete(grant.id)
  expect(await statusWith(bearer)).toEqual(refused)
})

test('a scope that the grant lost since the token was issued does not count any more', async () => {
  const { grant, bearer } = await makeDeputy()
  await world.mine.connection.clientGrants.update(grant.id, { scope: ['read:logs'] })
  expect(await statusWith(bearer, '/api/v2/client-grants')).toEqual([
    403,
    'Bearer error="insufficient_scope", scope="read:client_grants"',
  ])
  expect(await statusWith(bearer, '/api/v2/logs')).toEqual([200, undefined])
})

test('a scope that the grant has and the token has not does not count either', async () => {
  const { client_id } = await makeDeputy()
  const token = await world.mine.token(['read:logs'], { client_id })
  expect((await statusWith(`Bearer ${token}`))[0]).toBe(403)
})

test("the default dialect of Auth0's tokens is read as well", async () => {
  const claims = { client_id: undefined, azp: world.mine.operatorId }
  expect(await statusWith(`Bearer ${await world.mine.token(undefined, claims)}`)).toEqual([200, undefined])
})
