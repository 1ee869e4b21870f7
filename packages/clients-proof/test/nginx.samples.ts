/** Clients that prove themselves with certificates through nginx, as the page configures it: `npm run samples`. */
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  authorityFor,
  type Certified,
  certificateFor,
  forClients,
  forServers,
} from '../../server/test/certificates.ts'
import { startTestServer, type TestServer } from '../../server/test/test-server.ts'
import { audience } from './machine.ts'
import { type Nginx, shownConfiguration, startNginx } from './nginx.ts'

const host = 'tokens.example.com'
const acme = 'acme.example.com'
let server: TestServer
let nginx: Nginx
let own: Certified
let id: string

beforeAll(async () => {
  server = await startTestServer({
    settings: {
      TALLYSTICK_PUBLIC_ORIGIN: `https://${host}`,
      TALLYSTICK_TRUSTED_PROXIES: '127.0.0.1/32',
      TALLYSTICK_CLIENT_CERTIFICATE_HEADER: 'Client-Cert',
    },
  })
  await server.management.tenants.create({ name: 'acme', origin: `https://${acme}` })
  nginx = await startNginx(server.url, await certificateFor(`CN=${host}`))
  own = await certificateFor('CN=machine')
  id = await clientWith({
    self_signed_tls_client_auth: { credentials: [{ credential_type: 'x509_cert', pem: own.pem }] },
  })
})
afterAll(async () => {
  await nginx.close()
  await server.close()
})

async function clientWith(
  methods: NonNullable<
    Parameters<TestServer['management']['clients']['create']>[0]['client_authentication_methods']
  >,
): Promise<string> {
  const { clients, clientGrants } = server.management
  const { client_id } = await clients.create({ name: 'machine', client_authentication_methods: methods })
  const management = server.bootstrap.management.audience
  await clientGrants.create({ client_id, audience, scope: [] })
  await clientGrants.create({ client_id, audience: management, scope: ['read:clients'] })
  return client_id
}

interface Sent {
  readonly shown?: Certified | undefined
  /** Behind it in the handshake. */
  readonly above?: readonly Certified[]
  readonly headers?: Record<string, string | readonly string[]>
  readonly method?: string
  readonly agent?: Agent
}

interface Answer {
  readonly status: number
  /** The session of an earlier connection went on. */
  readonly isResumed: boolean
  readonly body: Record<string, unknown>
}

function ask(path: string, { shown, above = [], headers = {}, method = 'GET', agent }: Sent, body?: string) {
  return new Promise<Answer>((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: nginx.port,
      servername: host,
      path,
      method,
      agent: agent ?? new Agent(),
      rejectUnauthorized: false,
      headers: { host, 'content-type': 'application/json', ...headers },
      ...(shown && { cert: [shown, ...above].map(({ pem }) => pem).join('\n'), key: shown.key }),
    }
    request(options, async (response) => {
      const { socket } = response
      const isJson = response.headers['content-type']?.startsWith('application/json')
      const answer = isJson ? await json(response) : response.resume()
      const isResumed = socket instanceof TLSSocket && socket.isSessionReused()
      resolve({ status: response.statusCode ?? 0, isResumed, body: isJson ? Object(answer) : {} })
    })
      .on('error', reject)
      .end(body)
  })
}

function token(sent: Sent, client_id = id, asked = audience) {
  const fields = { grant_type: 'client_credentials', audience: asked, client_id }
  return ask('/oauth/token', { method: 'POST', ...sent }, JSON.stringify(fields))
}

const sequenceOf = ({ der }: Certified) => `:${Buffer.from(der).toString('base64')}:`

test('the certificate of the handshake proves the client and binds its token', async () => {
  const { status, body } = await token({ shown: own })
  expect([status, decodeJwt(String(body.access_token)).cnf]).toEqual([200, { 'x5t#S256': own.thumbprint }])
  expect((await token({})).status).toBe(401)
  expect((await token({ shown: await certificateFor('CN=machine') })).status).toBe(401)
})

test('what a client writes into the headers counts for nothing', async () => {
  const other = await certificateFor('CN=machine')
  for (const written of [sequenceOf(own), encodeURIComponent(own.pem)]) {
    for (const name of ['Client-Cert', 'client-cert', 'Client_Cert', 'X-Client-Cert']) {
      for (const headers of [{ [name]: written }, { [name]: [written, written] }]) {
        expect((await token({ headers })).status).toBe(401)
        expect((await token({ headers, shown: other })).status).toBe(401)
      }
    }
    expect((await token({ headers: { 'Client-Cert': '' } })).status).toBe(401)
  }
})

test('authorities between are registered, since no chain is told, neither by the handshake nor by a header', async () => {
  const root = await authorityFor('CN=Root')
  const between = await authorityFor('CN=Between', { issuer: root })
  const leaf = await certificateFor('CN=leaf', { issuer: between, extensions: [forClients()] })
  const named = (authority: Certified) =>
    clientWith({
      tls_client_auth: {
        credentials: [
          {
            credential_type: 'cert_subject_dn',
            subject_dn: 'CN=leaf',
            certificate_authorities: [authority.pem],
          },
        ],
      },
    })
  const byRoot = await named(root)
  const headers = { 'Client-Cert-Chain': sequenceOf(between) }
  expect((await token({ shown: leaf, above: [between], headers }, byRoot)).status).toBe(401)
  expect((await token({ shown: leaf, above: [between] }, await named(between))).status).toBe(200)
})

test('a certificate that has expired, or is not for clients, nginx refuses itself', async () => {
  const expired = await certificateFor('CN=machine', { keys: own.keys, from: -3, until: -1 })
  for (const shown of [expired, await certificateFor('CN=machine', { extensions: [forServers()] })]) {
    expect(await token({ shown })).toMatchObject({ status: 400, body: {} })
  }
})

test('a resumed session still tells its certificate', async () => {
  const agent = new Agent({ keepAlive: false, maxCachedSessions: 10 })
  const answers = [await token({ agent, shown: own }), await token({ agent, shown: own })]
  expect(answers.map(({ status, isResumed }) => [status, isResumed])).toEqual([
    [200, false],
    [200, true],
  ])
})

test('the management API takes the bound token with its certificate alone', async () => {
  const asked = await token({ shown: own }, id, server.bootstrap.management.audience)
  const headers = { authorization: `Bearer ${asked.body.access_token}` }
  expect((await ask('/api/v2/clients', { headers, shown: own })).status).toBe(200)
  for (const shown of [undefined, await certificateFor('CN=machine')]) {
    const forged = { ...headers, 'Client-Cert': sequenceOf(own) }
    expect((await ask('/api/v2/clients', { headers: forged, shown })).status).toBe(401)
  }
})

test('each tenant is reached by its host', async () => {
  for (const name of [host, acme]) {
    const { body } = await ask('/.well-known/oauth-authorization-server', { headers: { host: name } })
    expect(body.issuer).toBe(`https://${name}/`)
  }
})

test('the page shows the configuration as it is run', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/mtls.md'), 'utf8')
  expect(page).toContain(`\`\`\`nginx\n${shownConfiguration}\`\`\``)
})
