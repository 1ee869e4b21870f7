/** Clients that prove themselves with a certificate, over real TLS, and tokens that are bound to it (RFC 8705). */
import { request } from 'node:https'
import { setTimeout } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorityFor, type Certified, certificateFor, forClients, forServers } from './certificates.ts'
import { startTlsServer, type TlsServer } from './tls-server.ts'

interface Shown {
  readonly cert: string
  readonly key: string
}
let server: TlsServer
let operator: string
beforeAll(async () => {
  server = await startTlsServer()
  const { client_id, client_secret } = server.bootstrap.management
  const answer = await send('/oauth/token', {
    body: {
      grant_type: 'client_credentials',
      client_id,
      client_secret,
      audience: server.bootstrap.management.audience,
    },
  })
  operator = String(answer.body.access_token)
  await manage('POST', '/resource-servers', { identifier: 'urn:a' })
})
afterAll(() => server.close())

function send(
  path: string,
  {
    method = 'POST',
    body,
    shown,
    headers = {},
  }: { method?: string; body?: unknown; shown?: Shown | undefined; headers?: Record<string, string> },
) {
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    const options = {
      method,
      agent: false,
      ...shown,
      headers: { 'content-type': 'application/json', ...headers },
    }
    const asked = request(`${server.origin}${path}`, options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Object(text === '' ? {} : JSON.parse(text)) }),
      )
    })
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function manage(method: string, path: string, body?: unknown, shown?: Shown, token = operator) {
  return send(`/api/v2${path}`, { method, body, shown, headers: { authorization: `Bearer ${token}` } })
}

async function clientWith(method: string, credential: Record<string, unknown>, audience = 'urn:a') {
  const made = await manage('POST', '/clients', {
    name: 'machine',
    client_authentication_methods: { [method]: { credentials: [credential] } },
  })
  const id = String(made.body.client_id)
  const scope = audience.startsWith('urn:') ? [] : ['read:clients']
  await manage('POST', '/client-grants', { client_id: id, audience, scope })
  return id
}

const shownBy = ({ pem, key }: Certified, ...above: Certified[]): Shown => ({
  cert: [pem, ...above.map((each) => each.pem)].join('\n'),
  key,
})
const token = (client_id: string, shown?: Shown, more: Record<string, unknown> = {}) =>
  send('/oauth/token', {
    body: { grant_type: 'client_credentials', client_id, audience: 'urn:a', ...more },
    shown,
  })

test('a registered certificate proves its client, binds the token, and no other does', async () => {
  const own = await certificateFor('CN=machine')
  const other = await certificateFor('CN=machine')
  const expired = await certificateFor('CN=machine', { keys: own.keys, from: -3, until: -1 })
  const id = await clientWith('self_signed_tls_client_auth', { credential_type: 'x509_cert', pem: own.pem })
  for (const shown of [undefined, shownBy(other), shownBy(expired)]) {
    expect(await token(id, shown)).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  }
  expect((await token('n'.repeat(32), shownBy(own))).status).toBe(401)
  expect((await token(id, shownBy(own), { client_secret: 'x' })).status).toBe(401)
  const answer = await token(id, shownBy(own))
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
  expect(decodeJwt(String(answer.body.access_token)).cnf).toEqual({ 'x5t#S256': own.thumbprint })
})

test('the log says which credential has ended, and that no certificate came', async () => {
  const own = await certificateFor('CN=machine')
  const id = await clientWith('self_signed_tls_client_auth', { credential_type: 'x509_cert', pem: own.pem })
  const causeOf = async (shown?: Shown) => {
    await token(id, shown)
    const found = await manage('GET', `/logs?q=type:feccft%20AND%20client_id:${id}&per_page=1`)
    return Object(found.body)[0]?.description
  }
  expect(await causeOf()).toMatch(/self_signed_tls_client_auth, and no certificate came with the request\.$/)
  const credential = Object((await manage('GET', `/clients/${id}/credentials`)).body)[0].id
  const expires_at = new Date(Date.now() + 3000).toISOString()
  await manage('PATCH', `/clients/${id}/credentials/${credential}`, { expires_at })
  while (Date.now() <= Date.parse(expires_at)) await setTimeout(100)
  expect(await causeOf(shownBy(own))).toBe(`The credential ${credential} expired at ${expires_at}.`)
})

test('a certificate in a header is one that anybody could have written', async () => {
  const own = await certificateFor('CN=machine')
  const id = await clientWith('self_signed_tls_client_auth', { credential_type: 'x509_cert', pem: own.pem })
  for (const name of ['x-ssl-client-cert', 'x-forwarded-client-cert', 'client-cert']) {
    const headers = {
      [name]:
        name === 'client-cert' ? `:${Buffer.from(own.der).toString('base64')}:` : encodeURIComponent(own.pem),
    }
    const answer = await send('/oauth/token', {
      body: { grant_type: 'client_credentials', client_id: id, audience: 'urn:a' },
      headers,
    })
    expect(answer.status).toBe(401)
  }
})

test('an authority vouches for the name that it is registered for, and what is wrong on the way is refused', async () => {
  const authority = await authorityFor('CN=Root')
  const between = await authorityFor('CN=Between', { issuer: authority, pathLength: 0 })
  const impostor = await authorityFor('CN=Root')
  const subject = 'CN=machine, O=Example'
  const id = await clientWith('tls_client_auth', {
    credential_type: 'cert_subject_dn',
    subject_dn: 'CN=machine,O=Example',
    certificate_authorities: [authority.pem],
  })
  const issued = (options: Parameters<typeof certificateFor>[1], name = subject) =>
    certificateFor(name, { issuer: authority, extensions: [forClients()], ...options })
  const tooDeep = await authorityFor('CN=Deep', { issuer: between })
  const refused = [
    shownBy(await issued({}, 'CN=another, O=Example')),
    shownBy(await issued({ issuer: impostor })),
    shownBy(await certificateFor(subject)),
    shownBy(await issued({ from: -3, until: -1 })),
    shownBy(await issued({ from: 1, until: 3 })),
    shownBy(await issued({ extensions: [forServers()] })),
    shownBy(await authorityFor(subject, { issuer: authority })),
    shownBy(await issued({ issuer: between })),
    shownBy(await issued({ issuer: tooDeep }), tooDeep, between),
  ]
  for (const [index, shown] of refused.entries()) {
    expect((await token(id, shown)).status, String(index)).toBe(401)
  }
  for (const shown of [shownBy(await issued({})), shownBy(await issued({ issuer: between }), between)]) {
    expect((await token(id, shown)).status).toBe(200)
  }
})

test('the management API takes a bound token on a connection that shows its certificate alone', async () => {
  const own = await certificateFor('CN=operator')
  const credential = { credential_type: 'x509_cert', pem: own.pem }
  const { audience } = server.bootstrap.management
  const id = await clientWith('self_signed_tls_client_auth', credential, audience)
  const bound = String((await token(id, shownBy(own), { audience })).body.access_token)
  expect((await manage('GET', '/clients', undefined, shownBy(own), bound)).status).toBe(200)
  expect((await manage('GET', '/clients', undefined, undefined, bound)).status).toBe(401)
  const other = shownBy(await certificateFor('CN=operator'))
  expect((await manage('GET', '/clients', undefined, other, bound)).status).toBe(401)
  const ofApi = await send('/.well-known/oauth-protected-resource/api/v2/', { method: 'GET' })
  expect(ofApi.body.tls_client_certificate_bound_access_tokens).toBe(true)
})

test('metadata tells what works: each place that it names takes the certificate', async () => {
  const { body } = await send('/.well-known/oauth-authorization-server', { method: 'GET' })
  expect(body.tls_client_certificate_bound_access_tokens).toBe(true)
  const own = await certificateFor('CN=machine')
  const id = await clientWith('self_signed_tls_client_auth', { credential_type: 'x509_cert', pem: own.pem })
  const { access_token } = (await token(id, shownBy(own))).body
  const request = { grant_type: 'client_credentials', audience: 'urn:a' }
  const about = { token: access_token }
  const places: Record<string, unknown> = { token: request, introspection: about, revocation: about }
  const aliases: Record<string, unknown> = Object(body.mtls_endpoint_aliases)
  expect(Object.keys(aliases)).toEqual(Object.keys(places).map((place) => `${place}_endpoint`))
  for (const [place, asked] of Object.entries(places)) {
    const alias = new URL(String(aliases[`${place}_endpoint`]))
    expect([alias.origin, alias.href]).toEqual([server.origin, body[`${place}_endpoint`]])
    const fields = { client_id: id, ...Object(asked) }
    for (const shown of [undefined, shownBy(await certificateFor('CN=machine'))]) {
      expect(await send(alias.pathname, { body: fields, shown })).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      })
    }
    expect((await send(alias.pathname, { body: fields, shown: shownBy(own) })).status).toBe(200)
  }
  expect(body.token_endpoint_auth_methods_supported).toEqual(
    expect.arrayContaining(['tls_client_auth', 'self_signed_tls_client_auth']),
  )
})

test('at a level of FAPI 2.0 it gets a token that is bound to its certificate, and none without', async () => {
  await manage('POST', '/resource-servers', { identifier: 'urn:fapi', signing_alg: 'ES256' })
  const own = await certificateFor('CN=machine')
  const credential = { credential_type: 'x509_cert', pem: own.pem }
  const id = await clientWith('self_signed_tls_client_auth', credential, 'urn:fapi')
  const level = { compliance_level: 'fapi2_sp_mtls_mtls' }
  expect((await manage('PATCH', `/clients/${id}`, level)).status).toBe(200)
  const audience = 'urn:fapi'
  expect((await token(id, undefined, { audience })).status).toBe(401)
  expect((await token(id, shownBy(await certificateFor('CN=machine')), { audience })).status).toBe(401)
  const answer = await token(id, shownBy(own), { audience })
  expect(answer.status).toBe(200)
  expect(decodeJwt(String(answer.body.access_token)).cnf).toEqual({ 'x5t#S256': own.thumbprint })
})
