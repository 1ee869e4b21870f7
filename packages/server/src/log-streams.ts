/** Log streams, put together: who may be reached, what goes out, and what the process says about it. */
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { issuerOf } from './domain/issuer.ts'
import { logEntryOnWire } from './http/management/logs/log-entry-on-wire.ts'
import { createLogStreamSecrets } from './keys/secret/log-stream-secrets.ts'
import { createStreamDelivery } from './logs/stream-delivery.ts'
import { createStreamSender } from './logs/stream-sender.ts'
import { destinationsBeside } from './outbound/destinations.ts'
import type { Rooms } from './rooms.ts'

/** Resolves with what stops them. */
export async function startLogStreams(
  config: Config,
  rooms: Rooms,
  { log, now }: { log: Logger; now: () => Date },
  { origin }: { readonly origin: string },
): Promise<() => Promise<void>> {
  const { storage, tail } = rooms
  const sender = createStreamSender(destinationsBeside(config.streamPrivate, rooms.listening))
  const delivery = createStreamDelivery({
    storage,
    sender,
    render: (tenant, entry) => logEntryOnWire({ tenant, issuer: issuerOf(tenant, origin) }, entry),
    secretHeaders: createLogStreamSecrets(rooms.encryption).headersOf,
    now,
    random: Math.random,
    onPaused: ({ id, name }) =>
      log.warn({ stream: id }, `the log stream ${name} was paused: its receiver accepted nothing for 7 days`),
    onFault: (error, stream) =>
      log.error({ err: error, stream }, 'a log stream could not go on; it is tried again'),
  })
  await delivery.start()
  tail.onEntry(delivery.notice)
  return async () => {
    await delivery.close()
    sender.close()
  }
}
