/** The promise of an Idempotency-Key, held against the end of the process at any moment: done once, and told once more. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { findFreePort } from './free-port.ts'
import { isAlive } from './process-tree.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import { type BootstrapFile, operatorConnection, readBootstrap, requestToken } from './test-server.ts'

const kills = 3
const connections = 8

test('whatever was sent before a kill and is sent again after it was done once, and what was answered is answered so again', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-repeats-'))
  const port = await findFreePort()
  let server = await startServerProcess({ dataDir, port })
  onTestFinished(() => {
    if (isAlive(server.pid)) server.killGroup()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const { management } = readBootstrap(dataDir)
  const sent = new Set<string>()
  const answered = new Map<string, string>()
  for (let kill = 0; kill < kills; kill += 1) {
    const token = await operatorToken(server, management)
    const before = answered.size
    const load = Array.from({ length: connections }, () => createUntilGone(server, token, sent, answered))
    // Some are answered, and others under way.
    while (answered.size < before + 5 * connections) await delay(5)
    server.killGroup()
    await Promise.all(load)
    server = await startServerProcess({ dataDir, port })
  }

  const token = await operatorToken(server, management)
  for (const key of sent) {
    const { status, text } = await create(server, token, key)
    expect(status).toBe(201)
    if (answered.has(key)) expect(text).toBe(answered.get(key))
  }
  const names = await clientNames(server, dataDir)
  expect(names.filter((name) => sent.has(name)).toSorted()).toEqual([...sent].toSorted())
  expect(sent.size).toBeGreaterThan(answered.size)
  expect(await server.stop()).toBe(0)
})

async function operatorToken(server: ServerProcess, management: BootstrapFile['management']) {
  return String((await requestToken(server.url, management)).body.access_token)
}

/** A client whose name is its key, so that a second one of it would be seen. */
async function create({ url }: ServerProcess, token: string, key: string) {
  const response = await fetch(`${url}/api/v2/clients`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify({ name: key }),
  })
  return { status: response.status, text: await response.text() }
}

async function createUntilGone(
  server: ServerProcess,
  token: string,
  sent: Set<string>,
  answered: Map<string, string>,
): Promise<void> {
  for (;;) {
    const key = crypto.randomUUID()
    sent.add(key)
    const answer = await create(server, token, key).catch(() => undefined)
    if (!answer) return
    expect(answer.status).toBe(201)
    answered.set(key, answer.text)
  }
}

async function clientNames(server: ServerProcess, dataDir: string): Promise<string[]> {
  const { clients } = await operatorConnection(server.url, readBootstrap(dataDir))
  const names: string[] = []
  for (let page = 0; ; page += 1) {
    const { clients: found } = await clients.list({ page, per_page: 100 })
    names.push(...found.map(({ name }) => name))
    if (found.length === 0) return names
  }
}
