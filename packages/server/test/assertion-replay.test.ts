/** What an assertion used up is on disk before its token leaves: no end of the process makes it good again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { byAssertion, createKeyClient, createKeyPair, signAssertion } from './assertion-client.ts'
import { isAlive } from './process-tree.ts'
import { findFreePort, startServerProcess } from './server-process.ts'
import { invoices, operatorConnection, readBootstrap, requestToken } from './test-server.ts'

test('an assertion that was used before a kill is refused after it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-replay-'))
  const port = await findFreePort()
  const start = () => startServerProcess({ dataDir, port })
  let server = await start()
  onTestFinished(() => {
    if (isAlive(server.pid)) server.killGroup()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const { origin } = readBootstrap(dataDir)
  const management = await operatorConnection(server.url, readBootstrap(dataDir))
  await management.resourceServers.create({
    identifier: invoices,
    name: 'Invoices',
    scopes: [{ value: 'read' }],
  })
  const pair = createKeyPair('ES256')
  const { id } = await createKeyClient(management, pair)
  const seconds = Math.floor(Date.now() / 1000)
  const sign = () => signAssertion(pair, { clientId: id, issuer: `${origin}/` }, { exp: seconds + 300 })
  const used = await sign()
  const ask = (jwt: string) => requestToken(server.url, { ...byAssertion(jwt), audience: invoices })
  expect((await ask(used)).status).toBe(200)

  server.killGroup()
  server = await start()
  const again = await ask(used)
  expect([again.status, again.body.error]).toEqual([401, 'invalid_client'])
  expect((await ask(await sign())).status).toBe(200)
}, 60_000)
