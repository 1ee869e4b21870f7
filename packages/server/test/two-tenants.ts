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
import { type ClientId, parseClientId } from '../src/domain/client.ts'
import { type Issuer, issuerOf } from '../src/domain/issuer.ts'
import { parseTenantName, type Tenant } from '../src/domain/tenant.ts'
import { planFirstStart } from '../src/first-start.ts'
import { createApp } from '../src/http/app.ts'
import { newTenant, planTenant } from '../src/plan-tenant.ts'
import { openRooms, type Rooms } from '../src/rooms.ts'
import { routesOf, type Serving } from '../src/routes.ts'
import { startSandbox } from '../src/start-sandbox.ts'
import { layEmptyDatabase } from './empty-database.ts'
import { startedWhenNeeded } from './sandbox/started-when-needed.ts'

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
  /** To the management API, with a token of every scope. A text is sent as it is, anything else as JSON. */
  readonly send: (method: string, path: string, body?: unknown) => Promise<TestAnswer>
}

export interface TestAnswer {
  readonly status: number
  /** Parsed; empty when nothing came. */
  readonly body: Record<string, unknown>
}

export interface TwoTenants {
  readonly rooms: Rooms
  readonly dataDir: string
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
  await layEmptyDatabase(dataDir)
  const config = parseConfig({ TALLYSTICK_PORT: '0', TALLYSTICK_DATA_DIR: dataDir })
  const log = pino({ level: 'silent' })
  const rooms = await openRooms(config, { log, now, openSandbox }, opened)
  const first = await planFirstStart({ ...rooms, starter: false, profile: 'rfc', now })
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
  const second = await insertTenant(rooms, `http://127.0.0.1:${port}`, now)
  return {
    rooms,
    dataDir,
    mine: await openTenant(rooms, first.tenant, serving.origin, ownerId, now),
    theirs: await openTenant(rooms, second.tenant, serving.origin, second.operatorId, now),
    close: () => opened.disposeAsync(),
  }
}

async function openSandbox(...asked: Parameters<typeof startSandbox>): ReturnType<typeof startSandbox> {
  return startedWhenNeeded(() => startSandbox(...asked))
}

async function insertTenant(rooms: Rooms, origin: string, now: () => Date) {
  const named = { name: parseTenantName('second'), origin, profile: 'auth0' } as const
  const tenant = newTenant(named, now())
  const { management, writes } = await planTenant(rooms, tenant)
  await rooms.storage.commit(writes)
  return { tenant, operatorId: management.clientId }
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
    send: async (method: string, path: string, body?: unknown) => {
      const response = await fetch(`${issuer.origin}/api/v2${path}`, {
        method,
        headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      return { status: response.status, body: JSON.parse((await response.text()) || '{}') }
    },
  }
}
