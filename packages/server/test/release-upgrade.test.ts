/** Data made by another release, brought up to this one at start. */
import { managementScopes } from '@tallystick/management-api/contract'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
import { openStorage } from '../src/storage/storage.ts'
import { requestToken, startTestServer } from './test-server.ts'

const now = () => new Date()

test('an operator who held every scope of an older management API holds every scope of this one', async () => {
  const made = await startTestServer()
  await made.stop()
  const dropped = managementScopes[0]
  const storage = await openStorage({ dataDir: made.dataDir, now })
  const tenant = await storage.tenants.findDefault()
  const system = tenant && (await storage.resourceServers.findSystem(tenant.id))
  if (!tenant || !system) throw new Error('there is no management API')
  const items = await storage.clientGrants.list(
    tenant.id,
    { resourceServerId: system.id },
    { offset: 0, limit: 10 },
  )
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
  await storage.close()

  const config = parseConfig({ TALLYSTICK_DATA_DIR: made.dataDir, TALLYSTICK_PORT: '0' })
  const server = await startServer(config, { log: pino({ level: 'silent' }), now, print: () => undefined })
  const { client_id, client_secret } = made.bootstrap.management
  const audience = `http://localhost:${new URL(server.url).port}/api/v2/`
  const { claims } = await requestToken(server.url, { client_id, client_secret, audience })
  expect(String(claims.scope).split(' ').toSorted()).toEqual([...managementScopes].toSorted())
  await server.close()
})
