/** Public client libraries with the token of a build job, where another service signs what proves the client. */
import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import {
  createForeignKey,
  type Json,
  signForeign,
  startForeignIssuers,
} from '../../server/test/foreign-issuers.ts'
import { startTlsServer } from '../../server/test/tls-server.ts'
import { audience, callManagementOf, claimsIn, createMachine, member } from './machine.ts'
import { runClient } from './run-client.ts'

test('each library gets a token for a token of the build service, and for the same one no second time', async () => {
  const issuers = await startForeignIssuers()
  onTestFinished(() => issuers.close())
  const server = await startTlsServer({
    settings: {
      TALLYSTICK_TLS: 'self-signed',
      TALLYSTICK_STARTER: 'off',
      TALLYSTICK_KEYS_PRIVATE: `127.0.0.1/32:${issuers.port}`,
    },
  })
  onTestFinished(() => server.close())
  const call = callManagementOf(server.origin, server.bootstrap.management)
  const { id } = await createMachine(call)
  await call('PATCH', `clients/${id}`, { token_endpoint_auth_method: 'federated_jwt' })
  const builds = issuers.create('builds')
  const sub = 'repo:acme/app:ref:refs/heads/main'
  await call('POST', 'trusted-issuers', {
    name: 'builds',
    issuer: builds.issuer,
    require_jti: true,
    matches: [{ client_id: id, sub }],
  })
  const token = (key = builds.key(), claims: Json = {}) => {
    const iat = Math.floor(Date.now() / 1000)
    const ours = { iss: builds.issuer, aud: `${server.origin}/`, sub, jti: randomUUID(), iat, exp: iat + 300 }
    return signForeign(key, { ...ours, ...claims })
  }
  const forged = token(createForeignKey('RS256', builds.key().kid))
  const result = await runClient('workload-identity', server, {
    AUTH0_CLIENT_ID: id,
    AUTH0_AUDIENCE: audience,
    WORKLOAD_TOKENS: [token(), token(), forged].join(' '),
  })
  const refused = { name: 'ResponseBodyError', error: 'invalid_client', status: 401 }
  expect(result).toMatchObject({
    ofAnother: refused,
    openid: { token_type: 'dpop' },
    oauth4webapi: { token_type: 'bearer' },
    again: [refused, refused],
  })
  for (const library of ['openid', 'oauth4webapi']) {
    const claims = claimsIn(member(result, library), 'access_token')
    expect([library, claims]).toMatchObject([library, { sub: `${id}@clients`, aud: audience }])
  }
})
