/**
 * Certificates that a proxy was shown and tells in a header: believed of a trusted proxy and of nobody else, and seen by no
 * rule. One of the proxies here terminates real TLS, as nginx does with `proxy_set_header`.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorityFor, type Certified, certificateFor, forClients, x509 } from './certificates.ts'
import { readExchangeRecord } from './exchange-records.ts'
import { invoices, startTestServer, type TestServer } from './test-server.ts'

const header = 'x-ssl-client-cert'
let server: TestServer
let proxy: ReturnType<typeof createServer>
let own: Certified
let id: string

beforeAll(async () => {
  own = await certificateFor('CN=machine')
  server = await startTestServer({
    settings: { TALLYSTICK_TRUSTED_PROXIES: '127.0.0.1/32', TALLYSTICK_CLIENT_CERTIFICATE_HEADER: header },
    rules: [
      {
        source: `module.exports = function (client, scope, audience, context, cb) {
          cb(null, { scope: scope, 'https://example.com/headers': Object.keys(context.webtask.headers) }) }`,
      },
    ],
  })
  id = await clientWith('self_signed_tls_client_auth', { credential_type: 'x509_cert', pem: own.pem })
  proxy = await startProxy()
})
afterAll(async () => {
  proxy.close()
  await server.close()
})

async function clientWith(
  method: 'tls_client_auth' | 'self_signed_tls_client_auth',
  credential: { credential_type: 'x509_cert' | 'cert_san_uri' } & Record<string, unknown>,
): Promise<string> {
  const { clients, clientGrants } = server.management
  const made = await clients.create({
    name: 'machine',
    client_authentication_methods: { [method]: { credentials: [credential] } },
  })
  await clientGrants.create({ client_id: made.client_id, audience: invoices, scope: [] })
  return made.client_id
}

const sequenceOf = ({ der }: Certified) => `:${Buffer.from(der).toString('base64')}:`
const escapedPem = ({ pem }: Certified) => encodeURIComponent(pem)

interface Sent {
  readonly client?: string
  readonly headers?: Record<string, string | string[]>
  /** From which the server is asked. */
  readonly from?: string
  readonly more?: Record<string, unknown>
}

function token({ client = id, headers = {}, from = '127.0.0.1', more = {} }: Sent) {
  return new Promise<Answer>((resolve, reject) => {
    const options = { method: 'POST', agent: false, localAddress: from, headers: jsonWith(headers) }
    httpRequest(`${server.url}/oauth/token`, options, (response) => resolve(answerOf(response)))
      .on('error', reject)
      .end(bodyFor(client, more))
  })
}

function tokenThroughProxy(shown?: Certified, headers: Record<string, string> = {}) {
  const { port } = proxy.address() as AddressInfo
  return new Promise<Answer>((resolve, reject) => {
    const options = {
      method: 'POST',
      agent: false,
      rejectUnauthorized: false,
      headers: jsonWith(headers),
      ...(shown && { cert: shown.pem, key: shown.key }),
    }
    httpsRequest(`https://127.0.0.1:${port}/oauth/token`, options, (response) => resolve(answerOf(response)))
      .on('error', reject)
      .end(bodyFor(id))
  })
}

interface Answer {
  readonly status: number
  readonly requestId: string
  readonly body: Record<string, unknown>
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  return {
    status: response.statusCode ?? 0,
    requestId: String(response.headers['x-request-id']),
    body: Object(await json(response)),
  }
}

const jsonWith = (headers: Sent['headers']) => ({ 'content-type': 'application/json', ...headers })
const bodyFor = (client_id: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({ grant_type: 'client_credentials', audience: invoices, client_id, ...more })
const claimsOf = ({ body }: Answer): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(body.access_token).split('.')[1] ?? '', 'base64url').toString())

async function startProxy() {
  const pair = await certificateFor('CN=proxy')
  const options = { cert: pair.pem, key: pair.key, requestCert: true, rejectUnauthorized: false }
  const started = createServer(options, (incoming, response) => {
    const shown = incoming.socket instanceof TLSSocket ? incoming.socket.getPeerX509Certificate() : undefined
    const { [header]: _overwritten, ...rest } = incoming.headers
    const headers = { ...rest, ...(shown && { [header]: encodeURIComponent(shown.toString()) }) }
    incoming.pipe(
      httpRequest(`${server.url}${incoming.url}`, { method: 'POST', agent: false, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      }),
    )
  })
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return started
}

const refused = {
  status: 401,
  body: {
    error: 'invalid_client',
    error_description: 'Client authentication failed. Check the client id and its certificate.',
  },
}

test('from anybody but a trusted proxy the header is ignored', async () => {
  for (const raw of [sequenceOf(own), escapedPem(own), 'x']) {
    const answer = await token({ from: '127.0.0.2', headers: { [header]: raw } })
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  }
})

test('another certificate, one that has expired, one of another name, and none are refused', async () => {
  const expired = await certificateFor('CN=machine', { keys: own.keys, from: -3, until: -1 })
  for (const shown of [await certificateFor('CN=machine'), expired]) {
    expect(await token({ headers: { [header]: sequenceOf(shown) } })).toMatchObject(refused)
  }
  const headers = { [header]: sequenceOf(own) }
  expect(await token({ client: 'n'.repeat(32), headers })).toMatchObject(refused)
  expect(await token({ client: server.billing.id, headers })).toMatchObject(refused)
  expect((await token({})).status).toBe(401)
  expect((await token({ headers: { 'client-cert': sequenceOf(own) } })).status).toBe(401)
})

test('beside a secret a certificate proves nobody, not even beside an empty one', async () => {
  const headers = {
    [header]: sequenceOf(own),
    authorization: `Basic ${Buffer.from(`${id}:`).toString('base64')}`,
  }
  const answer = await token({ headers })
  expect([answer.status, answer.body.error_description]).toEqual([
    401,
    'Client authentication failed. Check the client id and its secret.',
  ])
  const { description } = await server.management.logs.get(answer.requestId)
  expect(description).toBe(
    'The client does not authenticate with a secret; its method is self_signed_tls_client_auth.',
  )
  expect((await token({ headers: { [header]: sequenceOf(own) }, more: { client_secret: 'x' } })).status).toBe(
    401,
  )
})

test('a refusal takes as long for a client that is not there as for one that there is much to check of', async () => {
  const authority = await authorityFor('CN=Root')
  const client = await clientWith('tls_client_auth', {
    credential_type: 'cert_san_uri',
    san_uri: 'spiffe://example.org/machine',
    certificate_authorities: [authority.pem],
  })
  const leaf = await certificateFor('CN=any', { issuer: authority, extensions: [forClients()] })
  for (const named of [client, id, server.billing.id, 'n'.repeat(32)]) {
    const startedAt = performance.now()
    expect(await token({ client: named, headers: { [header]: sequenceOf(leaf) } })).toMatchObject(refused)
    expect(performance.now() - startedAt).toBeGreaterThan(49)
  }
})

test('what cannot be read is refused, whoever the client is', async () => {
  const more = { client_secret: server.billing.secret }
  for (const raw of ['x', [sequenceOf(own), sequenceOf(own)], `${sequenceOf(own)}, ${sequenceOf(own)}`]) {
    for (const sent of [{}, { client: server.billing.id, more }]) {
      const answer = await token({ ...sent, headers: { [header]: raw } })
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    }
  }
})

test('what cannot be read is refused where tokens are asked about and ended, too', async () => {
  for (const path of ['/oauth/introspect', '/oauth/revoke']) {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { [header]: 'x' },
      body: new URLSearchParams({
        client_id: server.billing.id,
        client_secret: server.billing.secret,
        token: 'any',
      }),
    })
    expect([path, response.status, await response.json()]).toMatchObject([
      path,
      400,
      { error: 'invalid_request' },
    ])
  }
})

test('the certificate binds the token, and neither rules nor the record see it', async () => {
  for (const raw of [sequenceOf(own), escapedPem(own)]) {
    const headers = { [header]: raw, 'client-cert': raw, 'client-cert-chain': raw, 'x-other': 'kept' }
    const answer = await token({ headers })
    expect(answer.status).toBe(200)
    const { cnf, 'https://example.com/headers': seen } = claimsOf(answer)
    expect(cnf).toEqual({ 'x5t#S256': own.thumbprint })
    expect(seen).toContain('x-other')
    expect(seen).not.toEqual(expect.arrayContaining([expect.stringContaining('cert')]))
    const record = JSON.stringify(readExchangeRecord(server.dataDir, answer.requestId))
    expect(record).toContain('kept')
    expect(record).not.toContain(raw.slice(-60))
  }
})

test('a name is proven with the chain that the proxy tells, and not without', async () => {
  const authority = await authorityFor('CN=Root')
  const between = await authorityFor('CN=Between', { issuer: authority })
  const uri = 'spiffe://example.org/machine'
  const names = new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }])
  const leaf = await certificateFor('CN=any', { issuer: between, extensions: [forClients(), names] })
  const client = await clientWith('tls_client_auth', {
    credential_type: 'cert_san_uri',
    san_uri: uri,
    certificate_authorities: [authority.pem],
  })
  const headers = { [header]: sequenceOf(leaf) }
  expect(await token({ client, headers })).toMatchObject(refused)
  const withChain = { ...headers, [`${header}-chain`]: [sequenceOf(between), sequenceOf(authority)] }
  expect((await token({ client, headers: withChain })).status).toBe(200)
  expect((await token({ client, headers: { ...withChain, [header]: escapedPem(own) } })).status).toBe(401)
})

test('behind a proxy that terminates TLS, the handshake proves the client', async () => {
  expect(claimsOf(await tokenThroughProxy(own)).cnf).toEqual({ 'x5t#S256': own.thumbprint })
  expect((await tokenThroughProxy()).status).toBe(401)
  const other = await certificateFor('CN=machine')
  expect(await tokenThroughProxy(other, { [header]: escapedPem(own) })).toMatchObject(refused)
})

test('the management API takes a bound token with its certificate alone', async () => {
  const { audience } = server.bootstrap.management
  await server.management.clientGrants.create({ client_id: id, audience, scope: ['read:clients'] })
  const bound = String(
    (await token({ headers: { [header]: sequenceOf(own) }, more: { audience } })).body.access_token,
  )
  const statusWith = async (headers: Record<string, string>) =>
    (
      await fetch(`${server.url}/api/v2/clients`, {
        headers: { authorization: `Bearer ${bound}`, ...headers },
      })
    ).status
  expect(await statusWith({ [header]: escapedPem(own) })).toBe(200)
  for (const headers of [{}, { [header]: 'x' }, { 'client-cert': escapedPem(own) }]) {
    expect(await statusWith(headers)).toBe(401)
  }
})

test('metadata tells that certificates are taken', async () => {
  const response = await fetch(`${server.url}/.well-known/oauth-authorization-server`)
  expect(await response.json()).toMatchObject({
    tls_client_certificate_bound_access_tokens: true,
    token_endpoint_auth_methods_supported: expect.arrayContaining(['self_signed_tls_client_auth']),
  })
})
