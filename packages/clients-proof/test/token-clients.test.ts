/** The libraries that get tokens and those that verify them, against each profile of error shapes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../management-api/src/connect.ts'
import { requestToken } from '../../server/test/test-server.ts'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { type ClientEnv, runClient } from './run-client.ts'

const audience = 'https://invoices.example.com/'

/** What each profile answers to a wrong secret, and to a scope outside the grant. */
const answersOf = {
  rfc: {
    wrongSecret: { error: 'invalid_client', status: 401 },
    wrongScope: { error: 'invalid_scope', status: 400 },
    typ: 'at+jwt',
  },
  auth0: {
    wrongSecret: { error: 'access_denied', error_description: 'Unauthorized', status: 401 },
    wrongScope: {
      error: 'access_denied',
      error_description: 'Client has not been granted scopes: delete',
      status: 403,
    },
    typ: 'JWT',
  },
} as const

for (const profile of ['rfc', 'auth0'] as const) {
  describe(`in profile ${profile}`, () => {
    const { wrongSecret, wrongScope, typ } = answersOf[profile]
    let server: TlsServer
    let billing: ClientEnv
    let token: string
    let claims: Record<string, unknown>

    beforeAll(async () => {
      server = await startTlsServer({
        settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_PROFILE: profile, TALLYSTICK_STARTER: 'off' },
      })
      billing = await createMachine(server)
      const answer = await requestToken(server.origin, {
        client_id: billing.AUTH0_CLIENT_ID,
        client_secret: billing.AUTH0_CLIENT_SECRET,
        audience,
      })
      token = String(answer.body.access_token)
      claims = { iss: `${server.origin}/`, aud: audience, scope: 'read write' }
    })
    afterAll(() => server.close())

    test('the legacy AuthenticationClient gets a token, and an error it can read', async () => {
      const result = await runClient('auth0-legacy', server, billing)
      expect(result).toMatchObject({ expiresIn: 86_400, tokenType: 'Bearer' })
      expect(claimsIn(result)).toMatchObject(claims)
      const { status: statusCode, ...refusal } = wrongSecret
      expect(result).toMatchObject({ refusal: { name: 'AuthApiError', statusCode, ...refusal } })
    })

    test('auth0-auth-js discovers the server and gets a token', async () => {
      const result = await runClient('auth0-auth-js', server, billing)
      expect(claimsIn(result)).toMatchObject(claims)
      expect(result).toMatchObject({
        refusal: { name: 'TokenByClientCredentialsError', cause: { error: wrongSecret.error } },
      })
    })

    test('openid-client gets a token by body and by header, and reads refusals', async () => {
      const result = await runClient('openid-client', server, billing)
      expect(claimsIn(result)).toMatchObject(claims)
      const narrowed = profile === 'rfc' ? 'read' : 'read write'
      expect(claimsIn(result, 'inHeader')).toMatchObject({ ...claims, scope: narrowed })
      expect(result).toMatchObject({
        refusal: { name: 'ResponseBodyError', ...wrongSecret },
        scopeRefusal: { name: 'ResponseBodyError', ...wrongScope },
      })
    })

    test('oauth4webapi discovers the server as RFC 8414 says and gets tokens', async () => {
      const result = await runClient('oauth4webapi', server, billing)
      expect(claimsIn(result)).toMatchObject(claims)
      expect(claimsIn(result, 'inHeader')).toMatchObject(claims)
      expect(result).toMatchObject({ refusal: { name: 'ResponseBodyError', ...wrongSecret } })
    })

    test('jose verifies a token by the published keys, and refuses it for another audience', async () => {
      const result = await runClient('jose', server, { ...billing, ACCESS_TOKEN: token })
      expect(result).toMatchObject({
        payload: claims,
        protectedHeader: { alg: 'RS256', typ },
        refusal: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' },
      })
    })

    test('jwks-rsa finds the key of a token and no other', async () => {
      const result = await runClient('jwks-rsa', server, { ...billing, ACCESS_TOKEN: token })
      expect(result).toEqual({ verified: true, alg: 'RS256', refusal: { name: 'SigningKeyNotFoundError' } })
    })

    test('an API behind express-oauth2-jwt-bearer lets in whom it should', async () => {
      const strict = String(profile === 'rfc')
      const result = await runClient('express-api', server, {
        ...billing,
        ACCESS_TOKEN: token,
        STRICT: strict,
      })
      expect(result).toEqual({
        read: { status: 200, payload: expect.objectContaining(claims) },
        outsideTheScope: { status: 403 },
        withoutToken: { status: 401 },
        altered: { status: 401 },
      })
    })
  })
}

/** An API with three scopes and a client that is granted two of them. */
async function createMachine(server: TlsServer): Promise<ClientEnv> {
  const { client_id, client_secret, audience: managementAudience } = server.bootstrap.management
  const { body } = await requestToken(server.origin, {
    client_id,
    client_secret,
    audience: managementAudience,
  })
  const management = connect({ url: server.origin, token: String(body.access_token) })
  const scopes = ['read', 'write', 'delete'].map((value) => ({ value }))
  await management.resourceServers.create({ identifier: audience, name: 'Invoices', scopes })
  const client = await management.clients.create({ name: 'billing', grant_types: ['client_credentials'] })
  await management.clientGrants.create({ client_id: client.client_id, audience, scope: ['read', 'write'] })
  return {
    AUTH0_CLIENT_ID: client.client_id,
    AUTH0_CLIENT_SECRET: String(client.client_secret),
    AUTH0_AUDIENCE: audience,
  }
}

function claimsIn(result: unknown, member = 'token'): unknown {
  const token: unknown = Reflect.get(Object(result), member)
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())
}
