/**
 * A real server for tests: real database in a folder of its own, real sandbox, real listener on loopback. Objects are made
 * through the management API and the webtask door, as any operator makes them.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, connect } from '@tallystick/management-api/connect'
import { pino } from 'pino'
import { parseConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
import { layEmptyDatabase } from './empty-database.ts'
import { followEvents } from './follow-events.ts'

export interface TestClient {
  readonly id: string
  readonly secret: string
}

export interface BootstrapFile {
  readonly origin: string
  readonly tenant: string
  readonly management: { client_id: string; client_secret: string; audience: string }
  readonly webtask: { url: string; container: string; token: string }
  readonly starter: { audience: string; client_id: string; client_secret: string; rule: string } | null
}

export interface TokenAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
  /** Of the access token; empty when there is none. */
  readonly claims: Record<string, unknown>
  readonly header: Record<string, unknown>
}

export interface TestRule {
  readonly name?: string
  readonly source: string
  readonly secrets?: Record<string, string>
  readonly meta?: Record<string, string>
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>

export const invoices = 'https://invoices.example.com/'

/**
 * Starts a server with one API, `invoices` (scopes `read` and `write`, signed with ES256 for speed), and a client
 * `billing` that is granted both; then uploads the rules.
 */
export async function startTestServer({
  settings = {},
  rules = [],
  now = () => new Date(),
  dataDir = mkdtempSync(join(tmpdir(), 'tallystick-test-')),
}: {
  settings?: Record<string, string>
  rules?: readonly TestRule[]
  now?: () => Date
  dataDir?: string
} = {}) {
  await layEmptyDatabase(dataDir)
  const printed: string[] = []
  const config = parseConfig({
    TALLYSTICK_PORT: '0',
    TALLYSTICK_DATA_DIR: dataDir,
    TALLYSTICK_STARTER: 'off',
    TALLYSTICK_LOG_LEVEL: 'silent',
    // On a busy machine a rule gets to its end a little later; how soon one is stopped is asked elsewhere.
    TALLYSTICK_RULE_TIMEOUT_MS: '20000',
    ...settings,
  })
  const log = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }))
  const server = await startServer(config, { log, now, print: (text) => printed.push(text) })
  const bootstrap = readBootstrap(dataDir)
  const management = await operatorConnection(server.url, bootstrap)
  const api = await management.resourceServers.create({
    identifier: invoices,
    name: 'Invoices',
    scopes: [{ value: 'read' }, { value: 'write' }],
    signing_alg: 'ES256',
  })
  const billing = await createClient(management, 'billing', ['read', 'write'])
  const started = {
    url: server.url,
    dataDir,
    printed,
    bootstrap,
    management,
    api,
    billing,
    createClient: (name: string, scope: string[] | undefined) => createClient(management, name, scope),
    requestToken: (fields: Record<string, unknown> = {}, init: RequestInit = {}) =>
      requestToken(server.url, { ...credentialsOf(billing), audience: invoices, ...fields }, init),
    uploadRule: (rule: TestRule) => uploadRule(server.url, bootstrap, rule),
    sendRule: (rule: TestRule) => sendRule(server.url, bootstrap, rule),
    /** What `wt logs` follows. */
    followLines: () => followEvents(lineStreamOf(server.url, bootstrap)),
    close: async () => {
      await server.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
    /** Stops and leaves the data for another start. */
    stop: () => server.close(),
  }
  for (const rule of rules) await started.uploadRule(rule)
  return started
}

export function readBootstrap(dataDir: string): BootstrapFile {
  return JSON.parse(readFileSync(join(dataDir, 'bootstrap.json'), 'utf8'))
}

/** A connection to the management API as the client of `bootstrap.json`. */
export async function operatorConnection(url: string, { management }: BootstrapFile): Promise<Connection> {
  const { body } = await requestToken(url, {
    client_id: management.client_id,
    client_secret: management.client_secret,
    audience: management.audience,
  })
  return connect({ url, token: String(body.access_token) })
}

async function createClient(
  management: Connection,
  name: string,
  scope: string[] | undefined,
): Promise<TestClient> {
  const client = await management.clients.create({ name })
  if (scope) await management.clientGrants.create({ client_id: client.client_id, audience: invoices, scope })
  return { id: client.client_id, secret: String(client.client_secret) }
}

export function credentialsOf(client: TestClient) {
  return { client_id: client.id, client_secret: client.secret }
}

/** A JSON token request unless `init` brings a body; `undefined` fields are left out. */
export async function requestToken(
  url: string,
  fields: Record<string, unknown>,
  init: RequestInit = {},
): Promise<TokenAnswer> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', ...fields }),
    ...init,
  })
  const body = parseObject(await response.text())
  const token = String(body.access_token ?? '')
  // Of an opaque token there are none.
  const [header, claims] = token.includes('.') ? token.split('.') : []
  return {
    status: response.status,
    headers: response.headers,
    body,
    header: decodePart(header),
    claims: decodePart(claims),
  }
}

function decodePart(part: string | undefined): Record<string, unknown> {
  return part ? parseObject(Buffer.from(part, 'base64url').toString()) : {}
}

function parseObject(text: string): Record<string, unknown> {
  return text === '' ? {} : JSON.parse(text)
}

const extensionMeta = {
  'wt-compiler': 'auth0-ext-compilers/client-credentials-exchange',
  'auth0-extension': 'runtime',
  'auth0-extension-name': 'credentials-exchange',
}

/** @throws Error with the door's words when it refuses. */
async function uploadRule(url: string, bootstrap: BootstrapFile, rule: TestRule): Promise<void> {
  const response = await sendRule(url, bootstrap, rule)
  if (!response.ok) throw new Error(await response.text())
}

/** What `wt create` sends. */
function sendRule(url: string, { webtask }: BootstrapFile, rule: TestRule): Promise<Response> {
  return fetch(`${url}/api/tokens/issue`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${webtask.token}` },
    body: JSON.stringify({
      ten: webtask.container,
      dd: 0,
      code: rule.source,
      ectx: rule.secrets ?? {},
      meta: { ...extensionMeta, ...rule.meta },
      mb: 1,
      dr: 1,
      jtn: rule.name ?? 'rule',
    }),
  })
}

function lineStreamOf(url: string, { webtask }: BootstrapFile): string {
  return `${url}/api/logs/tenant/${webtask.container}?key=${encodeURIComponent(webtask.token)}`
}
