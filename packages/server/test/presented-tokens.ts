/** Asks about tokens, and ends them, as clients and APIs do. */
import { connect } from '@tallystick/management-api/connect'
import { invoices, startTestServer, type TestClient, type TestServer } from './test-server.ts'

export interface PresentedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export async function present(
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<PresentedAnswer> {
  const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(fields) })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: Object(text === '' ? {} : JSON.parse(text)),
  }
}

export function credentials({ id, secret }: TestClient): { client_id: string; client_secret: string } {
  return { client_id: id, client_secret: secret }
}

/** Tokens of the server have a claim that a rule gave them; `api` is the client as which their API asks. */
export async function startWithApi(): Promise<{ server: TestServer; api: TestClient }> {
  const source = `module.exports = (client, scope, audience, context, cb) =>
    cb(null, { scope, 'https://acme.example/plan': 'gold' })`
  const server = await startTestServer({ rules: [{ source }] })
  return { server, api: await createApiClient(server) }
}

export function revokeAt({ url }: TestServer, fields: Record<string, string>): Promise<PresentedAnswer> {
  return present(`${url}/oauth/revoke`, fields)
}

export function introspectAt({ url }: TestServer, as: TestClient, token: string): Promise<PresentedAnswer> {
  return present(`${url}/oauth/introspect`, { ...credentials(as), token })
}

/** The client as which an API asks; it needs no grant. */
export async function createApiClient(server: TestServer, identifier = invoices): Promise<TestClient> {
  const { client_id, client_secret } = await server.management.clients.create({
    name: `of ${identifier}`,
    resource_server_identifier: identifier,
  })
  return { id: client_id, secret: client_secret ?? '' }
}

/** A token for invoices, or as `fields` say. */
export async function tokenOf(server: TestServer, fields: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await server.requestToken(fields)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return String(body.access_token)
}

export async function managementConnection(server: TestServer) {
  const { management } = server.bootstrap
  const { body, claims } = await server.requestToken({
    client_id: management.client_id,
    client_secret: management.client_secret,
    audience: management.audience,
  })
  const token = String(body.access_token)
  return { token, jti: String(claims.jti), connection: connect({ url: server.url, token }) }
}
