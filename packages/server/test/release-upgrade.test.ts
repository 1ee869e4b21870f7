/** Data made by another release, brought up to this one at start. */
import { managementScopes } from '@tallystick/management-api/contract'
import { hostScopes } from '@tallystick/management-api/contract/tenants'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import type { Storage } from '../src/domain/storage.ts'
import { parseTenantName, type Tenant } from '../src/domain/tenant.ts'
import { startServer } from '../src/server.ts'
import { openStorage } from '../src/storage/storage.ts'
import { askByHost } from './ask-by-host.ts'
import { requestToken, startTestServer } from './test-server.ts'

const now = () => new Date()

async function dropScope(storage: Storage, { id }: Tenant, dropped: string | undefined): Promise<void> {
  const system = await storage.resourceServers.findSystem(id)
  if (!system) throw new Error('there is no management API')
  const items = await storage.clientGrants.list(id, { resourceServerId: system.id }, { offset: 0, limit: 10 })
  await storage.commit([
    storage.resourceServers.update(
      { ...system, scopes: system.scopes.filter(({ value }) => value !== dropped) },
      system,
    ),
    ...items.map((grant) =>
      storage.clientGrants.update(
        { ...grant, scopes: grant.scopes.filter((scope) => scope !== dropped) },
        grant,
      ),
    ),
  ])
}

test('an operator who held every scope of an older management API holds every scope of this one, in each tenant', async () => {
  const made = await startTestServer()
  const acme = await made.management.tenants.create({ name: 'acme', origin: 'https://acme.example.com' })
  await made.stop()
  const storage = await openStorage({ dataDir: made.dataDir, now })
  const dropped = managementScopes.find((scope) => !hostScopes.includes(scope))
  for (const tenant of await storage.tenants.list()) await dropScope(storage, tenant, dropped)
  await storage.close()

  const config = parseConfig({ TALLYSTICK_DATA_DIR: made.dataDir, TALLYSTICK_PORT: '0' })
  const server = await startServer(config, { log: pino({ level: 'silent' }), now, print: () => undefined })
  const { client_id, client_secret } = made.bootstrap.management
  const audience = `http://localhost:${new URL(server.url).port}/api/v2/`
  const { claims } = await requestToken(server.url, { client_id, client_secret, audience })
  expect(String(claims.scope).split(' ').toSorted()).toEqual([...managementScopes].toSorted())
  const theirs = await askByHost(server.url, 'acme.example.com', '/oauth/token', {
    method: 'POST',
    json: { grant_type: 'client_credentials', ...acme.management },
  })
  expect(String(theirs.body.scope).split(' ').toSorted()).toEqual(
    managementScopes.filter((scope) => !hostScopes.includes(scope)).toSorted(),
  )
  await server.close()
})

test('the rows of a deleted tenant that a stop left behind go at the next start', async () => {
  const made = await startTestServer()
  await made.management.tenants.create({ name: 'acme', origin: 'https://acme.example.com' })
  await made.stop()
  const storage = await openStorage({ dataDir: made.dataDir, now })
  const acme = await storage.tenants.findByName(parseTenantName('acme'))
  if (!acme) throw new Error('the tenant is gone')
  await storage.commit([storage.tenants.remove(acme.id, now())])
  await storage.close()

  // A start that is stopped at once may not get to the end, and the next one goes on.
  const config = parseConfig({ TALLYSTICK_DATA_DIR: made.dataDir, TALLYSTICK_PORT: '0' })
  for (let starts = 0; (await removedIn(made.dataDir)).length > 0; starts++) {
    expect(starts).toBeLessThan(5)
    const server = await startServer(config, { log: pino({ level: 'silent' }), now, print: () => undefined })
    await server.close()
  }
  const later = await openStorage({ dataDir: made.dataDir, now })
  expect(await later.clients.count(acme.id)).toBe(0)
  await later.close()
})

async function removedIn(dataDir: string): Promise<readonly string[]> {
  const storage = await openStorage({ dataDir, now })
  const removed = await storage.tenants.listRemoved()
  await storage.close()
  return removed
}
