/** What the processes that the server starts find in their environment. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findFreePort } from './free-port.ts'
import { processesBelow } from './process-tree.ts'
import { startServerProcess } from './server-process.ts'
import { readBootstrap } from './test-server.ts'

test('a master key among the settings is told to no process that the server starts, not even to the compiler', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-environment-'))
  const masterKey = randomBytes(32).toString('base64url')
  const port = await findFreePort()
  const server = await startServerProcess({
    dataDir,
    port,
    settings: { TALLYSTICK_MASTER_KEY: masterKey, TALLYSTICK_RULE_TIMEOUT_MS: '20000' },
  })
  onTestFinished(() => {
    server.killGroup()
    rmSync(dataDir, { recursive: true, force: true })
  })

  // An ECMAScript module, so that there is something to compile.
  const code = 'export default (client, scope, audience, context, cb) => cb(null, { scope })'
  const { container, token } = readBootstrap(dataDir).webtask
  const published = await fetch(`${server.url}/api/tokens/issue`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      ten: container,
      jtn: 'compiled',
      code,
      meta: { 'auth0-extension': 'runtime', 'auth0-extension-name': 'credentials-exchange' },
    }),
  })
  expect(published.status).toBe(200)
  const environments = processesBelow(server.pid).map(environmentOf).join('\n')
  expect(environments).toContain(dataDir)
  expect(environments).not.toContain(masterKey)
})

/** Nothing of a process that has just ended. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}
