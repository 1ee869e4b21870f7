/** The libraries that sign assertions, each in its own way, against each profile. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { startKeyPublisher } from '../../server/test/key-publisher.ts'
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

test('at a level of FAPI 2.0, with keys that the client publishes, every algorithm and library gets a bound token', async () => {
  const publisher = await startKeyPublisher()
  onTestFinished(() => publisher.close())
  const server = await startTlsServer({
    settings: {
      TALLYSTICK_TLS: 'self-signed',
      TALLYSTICK_STARTER: 'off',
      TALLYSTICK_KEYS_PRIVATE: `127.0.0.1/32:${publisher.port}`,
    },
  })
  onTestFinished(() => server.close())
  const pairs = {
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    EdDSA: generateKeyPairSync('ed25519'),
  }
  publisher.publish(
    '/keys',
    Object.entries(pairs).map(([kid, { publicKey }]) => ({ publicKey, kid })),
  )
  const call = callManagementOf(server.origin, server.bootstrap.management)
  const { id } = await createMachine(call)
  const apis = await call('GET', `resource-servers/${encodeURIComponent(audience)}`)
  await call('PATCH', `resource-servers/${textMember(apis, 'id')}`, { signing_alg: 'PS256' })
  await call('PATCH', `clients/${id}`, {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { jwks_uri: publisher.url('/keys') } },
    compliance_level: 'fapi2_sp_pkj_dpop',
  })
  const pkcs8 = ({ privateKey }: { privateKey: KeyObject }) =>
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const result = await runClient('published-keys', server, {
    AUTH0_CLIENT_ID: id,
    AUTH0_AUDIENCE: audience,
    PRIVATE_KEYS: JSON.stringify(
      Object.fromEntries(Object.entries(pairs).map(([alg, pair]) => [alg, pkcs8(pair)])),
    ),
    OTHER_KEY: pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  })
  const bound = { type: 'dpop', cnf: { jkt: textMember(result, 'thumbprint') }, sub: `${id}@clients` }
  const ways = Object.keys(pairs).flatMap((alg) =>
    ['openid', 'oauth4webapi', 'jose'].map((by) => `${alg} by ${by}`),
  )
  const refused = { name: 'ResponseBodyError', error: 'invalid_client', status: 401 }
  expect(result).toMatchObject({
    tokens: Object.fromEntries(ways.map((way) => [way, bound])),
    byImpostor: refused,
    underUnknownName: refused,
  })
})

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
