/** The libraries whose client proves itself by a signature (RFC 7523), in each profile. */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import {
  audience,
  callManagementOf,
  claimsIn,
  createMachine,
  member,
  textMember,
  tokenFor,
} from './machine.ts'
import { runClient } from './run-client.ts'

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

for (const profile of ['rfc', 'auth0'] as const) {
  describe(`in profile ${profile}`, () => {
    let server: TlsServer

    beforeAll(async () => {
      server = await startTlsServer({
        settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_PROFILE: profile, TALLYSTICK_STARTER: 'off' },
      })
    })
    afterAll(() => server.close())

    test('every library gets a token with its key, and the secret no longer does', async () => {
      const call = callManagementOf(server.origin, server.bootstrap.management)
      const machine = await createMachine(call)
      await call('POST', 'client-grants', {
        client_id: machine.id,
        audience: server.bootstrap.management.audience,
        scope: ['read:tenant_settings'],
      })
      const credential = await call('POST', `clients/${machine.id}/credentials`, {
        credential_type: 'public_key',
        name: 'key',
        pem: keys.publicKey,
        alg: 'RS256',
      })
      await call('PATCH', `clients/${machine.id}`, {
        token_endpoint_auth_method: null,
        client_authentication_methods: {
          private_key_jwt: { credentials: [{ id: textMember(credential, 'id') }] },
        },
      })
      const result = await runClient('private-key', server, {
        AUTH0_CLIENT_ID: machine.id,
        AUTH0_AUDIENCE: audience,
        PRIVATE_KEY: keys.privateKey,
      })
      for (const library of ['legacy', 'authClient', 'openidClient', 'oauth4webapi']) {
        expect(claimsIn(result, library), library).toMatchObject({
          sub: `${machine.id}@clients`,
          aud: audience,
        })
      }
      expect(member(result, 'friendlyName')).toBe('demo')
      expect((await tokenFor(server, machine)).status).toBe(401)
    })
  })
}
