/** The libraries that sign assertions, each in its own way, against each profile. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { startTlsServer } from '../../server/test/tls-server.ts'
import {
  audience,
  type CallManagement,
  callManagementOf,
  claimsIn,
  createMachine,
  textMember,
  tokenFor,
} from './machine.ts'
import { runClient } from './run-client.ts'

test.each(['rfc', 'auth0'])(
  'in profile %s every library that signs assertions gets a token, and the secret no longer does',
  async (profile) => {
    const server = await startTlsServer({
      settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_PROFILE: profile, TALLYSTICK_STARTER: 'off' },
    })
    onTestFinished(() => server.close())
    const call = callManagementOf(server.origin, server.bootstrap.management)
    const machine = await createMachine(call)
    // Its own credentials in the management API, which the SDK reads.
    await call('POST', 'client-grants', {
      client_id: machine.id,
      audience: server.bootstrap.management.audience,
      scope: ['read:client_credentials'],
    })
    const [own, other] = [newPair(), newPair()]
    await provesItselfBy(call, machine.id, own.publicPem)
    const result = await runClient('private-key-jwt', server, {
      AUTH0_CLIENT_ID: machine.id,
      AUTH0_AUDIENCE: audience,
      PRIVATE_KEY: own.privatePem,
      OTHER_KEY: other.privatePem,
    })
    for (const library of ['legacy', 'authJs', 'openid', 'oauth4webapi']) {
      expect([library, claimsIn(result, library)]).toMatchObject([
        library,
        { sub: `${machine.id}@clients`, aud: audience },
      ])
    }
    expect(result).toMatchObject({
      credentials: [{ id: expect.stringMatching(/^cred_/), alg: 'RS256', credential_type: 'public_key' }],
      refusal: { name: 'ResponseBodyError', error: 'invalid_client', status: 401 },
    })
    expect((await tokenFor(server, machine)).status).toBe(401)
  },
)

function newPair(): { publicPem: string; privatePem: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

async function provesItselfBy(call: CallManagement, clientId: string, pem: string): Promise<void> {
  const path = `clients/${clientId}`
  const key = { credential_type: 'public_key', name: 'key', pem, alg: 'RS256' }
  const id = textMember(await call('POST', `${path}/credentials`, key), 'id')
  await call('PATCH', path, {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { credentials: [{ id }] } },
  })
}
