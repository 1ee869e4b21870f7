/** Starts everything once, in order, and hands back the one thing there is to do with a server: stop it. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { refreshBootstrap, writeBootstrap } from './bootstrap-file.ts'
import type { Config } from './config.ts'
import { issuerOf } from './domain/issuer.ts'
import { planFirstStart } from './first-start.ts'
import { createApp } from './http/app.ts'
import { openRooms } from './rooms.ts'
import { defaultTenant, routesOf } from './routes.ts'
import { welcome } from './welcome.ts'

export interface StartDeps {
  readonly log: Logger
  readonly now: () => Date
  /** Writes what the operator is meant to read, once. */
  readonly print: (text: string) => void
}

export interface RunningServer {
  /** Where it listens, on this host. */
  readonly url: string
  /** Answers what is in flight, refuses the rest, and lets go of everything. */
  close(): Promise<void>
}

/** @throws StorageUnavailableError, MasterKeyError, or the listener's error; nothing is left open then. */
export async function startServer(config: Config, { log, now, print }: StartDeps): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack()
  const rooms = await openRooms(config, { log, now }, opened)
  const { storage, masterKey, hashing, ring, publishRule } = rooms

  const configuredOrigin = config.publicOrigin ?? `http://localhost:${config.port}`
  const first =
    (await storage.tenants.findDefault()) === undefined
      ? await planFirstStart({ storage, masterKey, hashing, ring, publishRule, starter: config.starter, now })
      : undefined
  if (first) {
    // Before the commit: a database that has been made always has its credentials beside it.
    writeBootstrap(config.dataDir, issuerOf(first.tenant, configuredOrigin), first.bootstrap)
    await storage.commit(first.writes)
  }

  const serving = { origin: configuredOrigin, stopping: false }
  const { app, drain } = createApp(routesOf(config, rooms, { log, now }, serving))
  opened.defer(() => drain.stop())
  const url = await app.listen({ host: config.host, port: config.port })
  rooms.listening.push(...app.addresses().filter((bound) => typeof bound !== 'string'))
  if (config.publicOrigin === undefined) serving.origin = `http://localhost:${new URL(url).port || 80}`

  const tenant = await defaultTenant(storage)
  const issuer = issuerOf(tenant, serving.origin)
  refreshBootstrap(config.dataDir, issuer)
  print(
    first
      ? welcome(issuer, first.bootstrap, join(config.dataDir, 'bootstrap.json'))
      : `Tallystick is ready at ${issuer.origin}.`,
  )
  const running = opened.move()
  return {
    url,
    async close() {
      serving.stopping = true
      await running.disposeAsync()
    },
  }
}
