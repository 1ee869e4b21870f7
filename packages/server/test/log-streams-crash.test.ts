/** The promise of log streams, held against the end of the process at any moment: every entry arrives, if need be twice. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { startLoad } from './crash-load.ts'
import { findFreePort } from './free-port.ts'
import { isAlive } from './process-tree.ts'
import { startServerProcess } from './server-process.ts'
import { startStreamReceiver } from './stream-receiver.ts'
import { credentialsOf, invoices, operatorConnection, readBootstrap } from './test-server.ts'

const rounds = 4

test('every token that somebody holds reaches the receiver, in the order of the log, though the server is killed again and again', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-streams-'))
  const receiver = await startStreamReceiver()
  const port = await findFreePort()
  const settings = { TALLYSTICK_STREAM_PRIVATE: `127.0.0.1/32:${receiver.port}` }
  const start = () => startServerProcess({ dataDir, port, settings })
  let server = await start()
  onTestFinished(async () => {
    if (isAlive(server.pid)) server.killGroup()
    await receiver.close()
    rmSync(dataDir, { recursive: true })
  })
  const management = await operatorConnection(server.url, readBootstrap(dataDir))
  await management.resourceServers.create({ identifier: invoices, signing_alg: 'ES256' })
  const { client_id, client_secret } = await management.clients.create({ name: 'billing' })
  await management.clientGrants.create({ client_id, audience: invoices, scope: [] })
  await management.logStreams.create({ type: 'http', sink: { httpEndpoint: receiver.url } })
  const fields = { ...credentialsOf({ id: client_id, secret: String(client_secret) }), audience: invoices }

  const acknowledged: string[] = []
  for (let round = 1; round <= rounds; round++) {
    const load = startLoad(server.url, fields, 8)
    while (load.acknowledged.length <= 8) await delay(5)
    await delay(round * 200)
    server.killGroup()
    await load.ended
    acknowledged.push(...load.acknowledged)
    server = await start()
  }
  const allArrived = () => {
    const arrived = new Set(receiver.entries.map(({ data }) => data.details.access_token_jti))
    return acknowledged.every((jti) => arrived.has(jti))
  }
  await receiver.until(allArrived)

  const { logs } = await operatorConnection(server.url, readBootstrap(dataDir))
  const [first] = receiver.entries
  const inLog = [first?.log_id ?? '']
  for (let from = inLog[0]; from !== undefined; from = inLog.at(-1)) {
    const entries = await logs.listAfter({ from, take: 100 })
    if (entries.length === 0) break
    inLog.push(...entries.map(({ log_id }) => log_id))
  }
  const firstArrivals = [...new Set(receiver.entries.map(({ log_id }) => log_id))]
  expect(firstArrivals).toEqual(inLog.slice(0, firstArrivals.length))
  expect(acknowledged.length).toBeGreaterThan(rounds * 8)
  expect(await server.stop()).toBe(0)
})
