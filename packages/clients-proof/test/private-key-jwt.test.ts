/** The libraries that sign assertions, each in its own way, against each profile. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../management-api/src/connect.ts'
import { requestToken } from '../../server/test/test-server.ts'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { runClient } from './run-client.ts'

const audience = 'https://invoices.example.com/'

test.each(['rfc', 'auth0'])(
  'in profile %s every library that signs assertions gets a token',
  async (profile) => {
    const server = await startTlsServer({
      settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_PROFILE: profile, TALLYSTICK_STARTER: 'off' },
    })
    onTestFinished(() => server.close())
    const [own, other] = [newPair(), newPair()]
    const clientId = await createMachine(server, own.publicPem)
    const result = await runClient('private-key-jwt', server, {
      AUTH0_CLIENT_ID: clientId,
      AUTH0_CLIENT_SECRET: 'none',
      AUTH0_AUDIENCE: audience,
      PRIVATE_KEY: own.privatePem,
      OTHER_KEY: other.privatePem,
    })
    for (const library of ['legacy', 'authJs', 'openid', 'oauth4webapi']) {
      expect([library, claimsIn(result, library)]).toMatchObject([
        library,
        { sub: `${clientId}@clients`, aud: audience },
      ])
    }
    expect(result).toMatchObject({
      credentials: [{ id: expect.stringMatching(/^cred_/), alg: 'RS256', credential_type: 'public_key' }],
      refusal: { name: 'ResponseBodyError', error: 'invalid_client', status: 401 },
    })
  },
)

function newPair(): { publicPem: string; privatePem: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** A client with a key that may read invoices, and its own credentials in the management API. */
async function createMachine(server: TlsServer, pem: string): Promise<string> {
  const { client_id, client_secret, audience: managementAudience } = server.bootstrap.management
  const fields = { client_id, client_secret, audience: managementAudience }
  const { body } = await requestToken(server.origin, fields)
  const management = connect({ url: server.origin, token: String(body.access_token) })
  await management.resourceServers.create({
    identifier: audience,
    name: 'Invoices',
    scopes: [{ value: 'read' }],
  })
  const { client_id: id } = await management.clients.create({
    name: 'with a key',
    client_authentication_methods: {
      private_key_jwt: { credentials: [{ credential_type: 'public_key', pem }] },
    },
  })
  await management.clientGrants.create({ client_id: id, audience, scope: ['read'] })
  await management.clientGrants.create({
    client_id: id,
    audience: managementAudience,
    scope: ['read:client_credentials'],
  })
  return id
}

function claimsIn(result: unknown, member: string): unknown {
  const token: unknown = Reflect.get(Object(result), member)
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())
}
