/**
 * One server with two tenants on one port, for tests of what one may see and do of the other: `localhost` is
 * the default tenant, `127.0.0.1` the second. Tokens are signed directly, with any scopes a test asks for.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, connect } from '@tallystick/management-api/connect'
import { managementScopes } from '@tallystick/management-api/contract'
import { pino } from 'pino'
import { parseConfig } from '../src/config.ts'
import { type Client, type ClientId, parseClientId } from '../src/domain/client.ts'
import { type Issuer, issuerOf } from '../src/domain/issuer.ts'
import { parseAudience, parseScope, type ResourceServer } from '../src/domain/resource-server.ts'
import { parseTenantName, type Tenant } from '../src/domain/tenant.ts'
import { planFirstStart } from '../src/first-start.ts'
import { createApp } from '../src/http/app.ts'
import { newClientGrantId, newClientId, newResourceServerId, newTenantId } from '../src/keys/random-id.ts'
import { openRooms, type Rooms } from '../src/rooms.ts'
import { routesOf, type Serving } from '../src/routes.ts'

export interface TestTenant {
  readonly tenant: Tenant
  readonly issuer: Issuer
  readonly operatorId: ClientId
  /** A token of the management API with these scopes, by default all, and these claims instead of the right ones. */
  readonly token: (scopes?: readonly string[], claims?: Record<string, unknown>) => Promise<string>
  readonly connection: Connection
  /** As an operator who holds these scopes. */
  readonly connectionWith: (scopes: readonly string[]) => Promise<Connection>
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
}

export interface TwoTenants {
  readonly rooms: Rooms
  readonly mine: TestTenant
  readonly theirs: TestTenant
  readonly close: () => Promise<void>
}

export async function startTwoTenants({
  now = () => new Date(),
  heartbeatMs = 15_000,
}: {
  now?: () => Date
  heartbeatMs?: number
} = {}): Promise<TwoTenants> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-tenants-'))
  const opened = new AsyncDisposableStack()
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  const config = parseConfig({ TALLYSTICK_PORT: '0', TALLYSTICK_DATA_DIR: dataDir })
  const log = pino({ level: 'silent' })
  const rooms = await openRooms(config, { log, now }, opened)
  const first = await planFirstStart({ ...rooms, starter: false, now })
  await rooms.storage.commit(first.writes)

  const serving: Serving = { origin: '', state: 'serving' }
  const routes = routesOf(config, rooms, { log, now }, serving)
  const { app, drain } = createApp({ ...routes, management: { ...routes.management, heartbeatMs } })
  opened.defer(() => drain.stop())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = new URL(app.listeningOrigin)
  serving.origin = `http://localhost:${port}`

  const ownerId = parseClientId(first.bootstrap.management.clientId)
  if (!ownerId) throw new TypeError('The first client has no client id.')
  const second = await insertTenant(rooms, `http://127.0.0.1:${port}`, now())
  return {
    rooms,
    mine: await openTenant(rooms, first.tenant, serving.origin, ownerId, now),
    theirs: await openTenant(rooms, second.tenant, serving.origin, second.operator.id, now),
    close: () => opened.disposeAsync(),
  }
}

async function insertTenant({ storage, ring }: Rooms, origin: string, now: Date) {
  const tenant: Tenant = {
    id: newTenantId(),
    name: parseTenantName('second'),
    origin,
    profile: 'auth0',
    egressAllow: [],
    createdAt: now,
  }
  const operator = plainClient(tenant, now)
  const system = systemApi(tenant, now)
  const keys = await ring.createKeys(tenant.id)
  await storage.commit([
    storage.tenants.insert(tenant),
    ...keys.map((key) => storage.signingKeys.insert(key)),
    storage.resourceServers.insert(system),
    storage.clients.insert(operator),
    storage.clientGrants.insert({
      tenantId: tenant.id,
      id: newClientGrantId(),
      clientId: operator.id,
      resourceServerId: system.id,
      scopes: system.scopes.map(({ value }) => value),
      createdAt: now,
      updatedAt: now,
    }),
  ])
  return { tenant, operator }
}

async function openTenant(
  { ring }: Rooms,
  tenant: Tenant,
  defaultOrigin: string,
  operatorId: ClientId,
  now: () => Date,
): Promise<TestTenant> {
  const issuer = issuerOf(tenant, defaultOrigin)

  function token(
    scopes: readonly string[] = managementScopes,
    claims: Record<string, unknown> = {},
  ): Promise<string> {
    const seconds = Math.floor(now().getTime() / 1000)
    return ring.sign(
      tenant.id,
      'ES256',
      { typ: 'at+jwt' },
      {
        iss: issuer.issuer,
        sub: `${operatorId}@clients`,
        aud: issuer.managementAudience,
        client_id: operatorId,
        iat: seconds,
        exp: seconds + 3600,
        jti: randomUUID(),
        scope: scopes.join(' '),
        ...claims,
      },
    )
  }

  return {
    tenant,
    issuer,
    operatorId,
    token,
    connection: connect({ url: issuer.origin, token: await token() }),
    connectionWith: async (scopes: readonly string[]) =>
      connect({ url: issuer.origin, token: await token(scopes) }),
    fetch: (path: string, init: RequestInit = {}) => fetch(`${issuer.origin}${path}`, init),
  }
}

function plainClient(tenant: Tenant, now: Date): Client {
  return {
    tenantId: tenant.id,
    id: newClientId(),
    name: 'Second operator',
    description: '',
    metadata: {},
    grantTypes: ['client_credentials'],
    tokenEndpointAuthMethod: 'client_secret_post',
    enabled: true,
    keptMembers: {},
    createdAt: now,
    updatedAt: now,
  }
}

function systemApi(tenant: Tenant, now: Date): ResourceServer {
  const identifier = parseAudience('urn:second:management-api')
  if (!identifier) throw new TypeError('This is no audience.')
  return {
    tenantId: tenant.id,
    id: newResourceServerId(),
    identifier,
    name: 'Management API',
    scopes: managementScopes.flatMap((text) => {
      const value = parseScope(text)
      return value ? [{ value, description: '' }] : []
    }),
    tokenLifetimeSeconds: 86_400,
    signingAlgorithm: 'RS256',
    tokenDialect: 'access_token',
    ruleScopes: 'any',
    isSystem: true,
    keptMembers: {},
    createdAt: now,
    updatedAt: now,
  }
}
