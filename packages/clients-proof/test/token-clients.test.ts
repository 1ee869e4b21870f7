/** The libraries that get tokens and those that verify them, against each profile of error shapes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { audience, callManagementOf, claimsIn, createMachine, textMember, tokenFor } from './machine.ts'
import { type ClientEnv, runClient } from './run-client.ts'

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
    let api: Record<string, string>
    let token: string
    let claims: Record<string, unknown>

    beforeAll(async () => {
      server = await startTlsServer({
        settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_PROFILE: profile, TALLYSTICK_STARTER: 'off' },
      })
      const call = callManagementOf(server.origin, server.bootstrap.management)
      const machine = await createMachine(call)
      const itself = await call('POST', 'clients', { name: 'API', resource_server_identifier: audience })
      api = {
        API_CLIENT_ID: textMember(itself, 'client_id'),
        API_CLIENT_SECRET: textMember(itself, 'client_secret'),
      }
      billing = {
        AUTH0_CLIENT_ID: machine.id,
        AUTH0_CLIENT_SECRET: machine.secret,
        AUTH0_AUDIENCE: audience,
      }
      token = String((await tokenFor(server, machine)).body.access_token)
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

    test('oauth4webapi and openid-client end tokens, and an API that asks hears of it at once', async () => {
      const active = { active: true, aud: audience, scope: 'read write', client_id: billing.AUTH0_CLIENT_ID }
      expect(await runClient('token-life', server, { ...billing, ...api })).toMatchObject({
        signedBefore: { type: 'application/token-introspection+jwt', answer: active },
        before: active,
        othersToken: { error: 'unauthorized_client', status: 400 },
        stillActive: active,
        after: { active: false },
        secondBefore: active,
        secondAfter: { active: false },
        byItsOwnClient: { active: false },
      })
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
