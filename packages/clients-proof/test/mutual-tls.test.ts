/** The libraries that know RFC 8705, with certificates, over the TLS of the server itself. */
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Certified, certificateFor } from '../../server/test/certificates.ts'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { audience, callManagementOf, claimsIn, createMachine } from './machine.ts'

let server: TlsServer
let own: Certified
let other: Certified
let id: string
beforeAll(async () => {
  ;[own, other] = [await certificateFor('CN=billing'), await certificateFor('CN=billing')]
  server = await startTlsServer({ settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_STARTER: 'off' } })
  const call = callManagementOf(server.origin, server.bootstrap.management)
  const machine = await createMachine(call)
  id = machine.id
  const credential = { credential_type: 'x509_cert', pem: own.pem }
  const made = Object(await call('POST', `clients/${id}/credentials`, credential))
  await call('PATCH', `clients/${id}`, {
    token_endpoint_auth_method: null,
    client_authentication_methods: { self_signed_tls_client_auth: { credentials: [{ id: made.id }] } },
  })
})
afterAll(() => server.close())

interface Sent {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: unknown
}

/** A fetch whose connections show this certificate. */
function fetchWith({ pem, key }: Certified) {
  return (url: string, { method, headers, body }: Sent) =>
    new Promise<Response>((resolve, reject) => {
      request(url, { method, headers, agent: false, cert: pem, key }, async (response) => {
        const init = { status: response.statusCode ?? 0, headers: { 'content-type': 'application/json' } }
        resolve(new Response(await text(response), init))
      })
        .on('error', reject)
        .end(body ? String(body) : undefined)
    })
}

async function byOpenidClient(shown: Certified) {
  const metadata = { use_mtls_endpoint_aliases: true }
  const options = { [openid.customFetch]: fetchWith(shown) }
  const issuer = new URL(`${server.origin}/`)
  const config = await openid.discovery(issuer, id, metadata, openid.TlsClientAuth(), options)
  return openid.clientCredentialsGrant(config, { audience, scope: 'read' })
}

async function byOauth4webapi(shown: Certified) {
  const options = { [oauth.customFetch]: fetchWith(shown) }
  const issuer = new URL(`${server.origin}/`)
  const found = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' })
  const as = await oauth.processDiscoveryResponse(issuer, found)
  const client = { client_id: id, use_mtls_endpoint_aliases: true }
  const response = await oauth.clientCredentialsGrantRequest(
    as,
    client,
    oauth.TlsClientAuth(),
    new URLSearchParams({ audience, scope: 'read' }),
    options,
  )
  return oauth.processClientCredentialsResponse(as, client, response)
}

for (const [library, get] of [
  ['openid-client', byOpenidClient],
  ['oauth4webapi', byOauth4webapi],
] as const) {
  test(`${library} gets a token that is bound to its certificate, and none with another`, async () => {
    const answer = await get(own)
    expect(claimsIn(answer, 'access_token')).toMatchObject({
      sub: `${id}@clients`,
      cnf: { 'x5t#S256': own.thumbprint },
    })
    await expect(get(other)).rejects.toMatchObject({
      name: 'ResponseBodyError',
      error: 'invalid_client',
      status: 401,
    })
  })
}
