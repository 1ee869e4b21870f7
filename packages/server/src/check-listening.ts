/** Whether the server could listen where it is told to, found out before anything is loaded or made. */
import { once } from 'node:events'
import { createServer } from 'node:net'

/** @throws the listener's error. */
export async function checkListening({ host, port }: { host: string; port: number }): Promise<void> {
  const probe = createServer().listen({ host, port })
  await once(probe, 'listening')
  probe.close()
  await once(probe, 'close')
}
