/** Starts everything once, in order, and hands back the one thing there is to do with a server: stop it. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { refreshBootstrap, writeBootstrap } from './bootstrap-file.ts'
import type { Config } from './config.ts'
import { issuerOf } from './domain/issuer.ts'
import { planFirstStart } from './first-start.ts'
import { createApp } from './http/app.ts'
import { createKeyRotation } from './keys/signing-key/key-rotation.ts'
import { startLogStreams } from './log-streams.ts'
import { newLogEntryId } from './logs/log-entry-id.ts'
import { openRooms, type Rooms } from './rooms.ts'
import { routesOf, type Serving } from './routes.ts'
import { createScheduledRotation, keepSchedule } from './scheduled-rotation.ts'
import { refreshSystemApi } from './system-api.ts'
import { checkTlsFiles, openTls } from './tls.ts'
import { tlsHosts } from './tls-hosts.ts'
import { trustLines, welcome } from './welcome.ts'

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

/** @throws StorageUnavailableError, MasterKeyError, TlsUnusableError, or the listener's error; nothing is left open then. */
export async function startServer(config: Config, { log, now, print }: StartDeps): Promise<RunningServer> {
  checkTlsFiles(config, now())
  await using opened = new AsyncDisposableStack()
  const rooms = await openRooms(config, { log, now }, opened)
  const tls = await openTls(config, { log, now, hosts: () => tlsHosts(config, rooms.storage) }, opened)

  const scheme = tls ? 'https' : 'http'
  const serving: Serving = { origin: config.publicOrigin ?? '', state: 'starting' }
  const { app, drain } = createApp(routesOf(config, rooms, { log, now }, serving), tls?.serverFactory)
  opened.defer(() => drain.stop())
  // Before there are credentials: where the port is taken after all, nobody has been shown any.
  const listenTextResolver = (address: string) => `listening at ${address.replace(/^http:/, `${scheme}:`)}`
  const bound = new URL(await app.listen({ host: config.host, port: config.port, listenTextResolver }))
  rooms.listening.push(...app.addresses().filter((address) => typeof address !== 'string'))
  const port = bound.port || '80'
  serving.origin ||= new URL(`${scheme}://localhost:${port}`).origin
  const words = await greeting(
    config,
    rooms,
    { origin: serving.origin, authorityPath: tls?.authorityPath },
    now,
  )
  opened.defer(await startLogStreams(config, rooms, { log, now }, serving))
  opened.defer(startSchedule(rooms, { log, now }))
  serving.state = 'serving'
  // Last: who reads that it is ready may stop it the next moment, and it has to be able to.
  print(words)

  const running = opened.move()
  return {
    url: new URL(`${scheme}://${bound.hostname}:${port}`).origin,
    async close() {
      serving.state = 'stopping'
      await running.disposeAsync()
    },
  }
}

function startSchedule(
  { storage, ring, recorder: { record } }: Rooms,
  { log, now }: { log: Logger; now: () => Date },
): () => Promise<void> {
  const keyRotation = createKeyRotation({ store: storage.signingKeys, ring, now })
  return keepSchedule(createScheduledRotation({ storage, keyRotation, record, log, now, newLogEntryId }), log)
}

/** Makes what an empty database needs, or brings what follows the settings up to date; says what the operator reads. */
async function greeting(
  config: Config,
  rooms: Rooms,
  { origin, authorityPath }: { origin: string; authorityPath: string | undefined },
  now: () => Date,
): Promise<string> {
  const { storage } = rooms
  const tenant = await storage.tenants.findDefault()
  if (tenant) {
    refreshBootstrap(config.dataDir, issuerOf(tenant, origin))
    for (const each of await storage.tenants.list()) await refreshSystemApi(storage, each, now())
    return [`Tallystick is ready at ${origin}.`, ...trustLines(authorityPath)].join('\n')
  }
  const first = await planFirstStart({ ...rooms, starter: config.starter, profile: config.profile, now })
  const issuer = issuerOf(first.tenant, origin)
  // Before the commit: a database that has been made always has its credentials beside it.
  writeBootstrap(config.dataDir, issuer, first.bootstrap)
  await storage.commit(first.writes)
  return welcome(issuer, first.bootstrap, {
    bootstrapPath: join(config.dataDir, 'bootstrap.json'),
    authorityPath,
  })
}
