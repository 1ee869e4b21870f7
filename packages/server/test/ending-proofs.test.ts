/** Who watches the log hears of secrets, keys and certificates that are used and end soon. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { byAssertion, createKeyClient, createKeyPair, signAssertion } from './assertion-client.ts'
import { certificateFor } from './certificates.ts'
import { createApiClient, introspectAt, revokeAt, tokenOf } from './presented-tokens.ts'
import { invoices, startTestServer, type TestServer } from './test-server.ts'

const header = 'client-cert'
const dayMs = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * dayMs).toISOString()

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    settings: { TALLYSTICK_TRUSTED_PROXIES: '127.0.0.1/32', TALLYSTICK_CLIENT_CERTIFICATE_HEADER: header },
  })
})
afterAll(() => server.close())

async function warningsOf(clientId: string) {
  const { logs } = await server.management.logs.list({ q: `type:w AND client_id:${clientId}` })
  return logs
}

async function onlySecretOf(clientId: string) {
  const [secret] = await server.management.clientSecrets.list(clientId)
  return secret?.id ?? ''
}

test('a secret that goes on, and one that ends later than in thirty days, are used in silence', async () => {
  const { id, secret = '' } = await server.createClient('quiet', ['read'])
  const use = () => server.requestToken({ client_id: id, client_secret: secret })
  expect((await use()).status).toBe(200)
  await server.management.clientSecrets.update(id, await onlySecretOf(id), { expires_at: inDays(31) })
  expect((await use()).status).toBe(200)
  expect(await warningsOf(id)).toEqual([])
})

test('a secret that ends soon is told of once a day, beside a request that is refused for something else, too', async () => {
  const { id, secret = '' } = await server.createClient('ending', ['read'])
  const secretId = await onlySecretOf(id)
  const expires_at = inDays(29)
  await server.management.clientSecrets.update(id, secretId, { expires_at })
  const used = { client_id: id, client_secret: secret }
  const refused = await server.requestToken({ ...used, audience: 'https://nowhere.example.com/' })
  expect(refused.status).toBe(400)
  for (let time = 0; time < 3; time += 1) expect((await server.requestToken(used)).status).toBe(200)
  // Three requests may lie on two days.
  const [warning, ...more] = (await warningsOf(id)).toReversed()
  expect(more.length).toBeLessThanOrEqual(1)
  expect(warning).toMatchObject({
    type: 'w',
    description: `The secret ${secretId}, which was used, ends at ${expires_at}.`,
    client_id: id,
    client_name: 'ending',
    details: {
      request_id: refused.headers.get('x-request-id'),
      credential_type: 'client_secret',
      credential_id: secretId,
      expires_at,
    },
  })
  expect(JSON.stringify(warning)).not.toContain(secret)
})

test('so is a key, a certificate, and the secret with which an API only asks', async () => {
  const { clients, clientCredentials, clientGrants, clientSecrets } = server.management
  const pair = createKeyPair('ES256')
  const signing = await createKeyClient(server.management, pair)
  await clientCredentials.update(signing.id, signing.credentialId, { expires_at: inDays(3) })
  const issuer = `${server.bootstrap.origin}/`
  const byKey = await signAssertion(pair, { clientId: signing.id, issuer })
  expect((await server.requestToken(byAssertion(byKey))).status).toBe(200)

  const own = await certificateFor('CN=machine', { until: 5 })
  const showing = await clients.create({
    name: 'showing',
    client_authentication_methods: {
      self_signed_tls_client_auth: { credentials: [{ credential_type: 'x509_cert', pem: own.pem }] },
    },
  })
  await clientGrants.create({ client_id: showing.client_id, audience: invoices, scope: [] })
  const shown = await server.requestToken(
    { client_id: showing.client_id, client_secret: undefined },
    {
      headers: {
        'content-type': 'application/json',
        [header]: `:${Buffer.from(own.der).toString('base64')}:`,
      },
    },
  )
  expect(shown.status).toBe(200)

  const api = await createApiClient(server)
  await clientSecrets.update(api.id, await onlySecretOf(api.id), { expires_at: inDays(3) })
  const token = await tokenOf(server)
  expect((await introspectAt(server, api, token)).body.active).toBe(true)

  const types = async (id: string) => (await warningsOf(id)).map(({ details }) => details)
  expect(await types(signing.id)).toMatchObject([
    { credential_type: 'public_key', credential_id: signing.credentialId },
  ])
  expect(await types(showing.client_id)).toMatchObject([{ credential_type: 'x509_cert' }])
  expect(await types(api.id)).toMatchObject([{ credential_type: 'client_secret' }])
})

test('and one that revokes a token, beside the entry of the revocation', async () => {
  const { id, secret = '' } = await server.createClient('revoking', ['read'])
  await server.management.clientSecrets.update(id, await onlySecretOf(id), { expires_at: inDays(3) })
  const fields = { client_id: id, client_secret: secret }
  const { status, headers } = await revokeAt(server, { ...fields, token: 'none' })
  expect(status).toBe(200)
  const request_id = headers.get('x-request-id')
  expect(await warningsOf(id)).toMatchObject([{ details: { request_id } }])
  expect(await server.management.logs.get(String(request_id))).toMatchObject({ type: 'sapi', client_id: id })
})
