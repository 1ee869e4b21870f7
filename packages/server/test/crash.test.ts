/**
 * The promise of the log, held against the end of the process at any moment: a token that somebody holds is in the log,
 * once. A server that starts over on the same port and folder is all that its operator has to do about it.
 */
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { expect, onTestFailed, onTestFinished, test } from 'vitest'
import { startLoad } from './crash-load.ts'
import { findFreePort } from './free-port.ts'
import { isAlive } from './process-tree.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import { credentialsOf, invoices, operatorConnection, readBootstrap } from './test-server.ts'

const rounds = 20
const connections = 24
const startLimitMs = 5000
/** A kill comes at any moment of this time after the first request. */
const longestRoundMs = 1000

const rule = `module.exports = function (client, scope, audience, context, cb) {
  scope.push('extra');
  console.log('asked for', audience);
  cb(null, { scope: scope, 'https://foo.com/claim': 'bar' });
};`

test('no acknowledged token is lost or doubled by twenty kills under load, and each start after one is quick and sound', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-crash-'))
  const seed = Number(process.env.CRASH_SEED ?? randomInt(2 ** 31))
  onTestFailed(() => console.error(`Run it again with CRASH_SEED=${seed}; the data is in ${dataDir}.`))
  const random = createRandom(seed)
  const port = await findFreePort()
  const start = () => startServerProcess({ dataDir, port })

  const acknowledged: string[] = []
  let server = await start()
  onTestFinished(() => {
    if (isAlive(server.pid)) server.killGroup()
  })
  const fields = await makeClientAndRule(server, dataDir)
  for (let round = 1; round <= rounds; round += 1) {
    const load = startLoad(server.url, fields, connections)
    await delay(random() * longestRoundMs)
    const processes = server.processes()
    server.killGroup()
    await load.ended
    expect(load.refusals).toEqual([])
    acknowledged.push(...load.acknowledged)
    expect(await stillAliveAfter(30_000, processes)).toEqual([])

    server = await startWithinLimit(start)
    expect(faultsOfDatabase(dataDir)).toEqual([])
  }

  const logged = await readIssuedTokens(server, dataDir)
  const timesLogged = Map.groupBy(logged, (jti) => jti)
  expect(acknowledged.filter((jti) => timesLogged.get(jti)?.length !== 1)).toEqual([])
  // Each round was long enough, on the whole, to be a test of anything.
  expect(acknowledged.length).toBeGreaterThan(rounds)
  expect(new Set(acknowledged).size).toBe(acknowledged.length)
  expect(await server.stop()).toBe(0)
  rmSync(dataDir, { recursive: true })
})

test('runners end with a server that was killed alone', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-crash-'))
  const server = await startServerProcess({ dataDir, port: await findFreePort() })
  const processes = server.processes()
  server.killServer()
  const left = await stillAliveAfter(30_000, processes)
  // Also those of a failed test must not outlive it.
  for (const pid of left) process.kill(pid, 'SIGKILL')
  rmSync(dataDir, { recursive: true })
  expect(processes.length).toBeGreaterThanOrEqual(4)
  expect(left).toEqual([])
})

/** A machine that is busy with other things may make one start slow: up to three are tried, each after another kill. */
async function startWithinLimit(start: () => Promise<ServerProcess>): Promise<ServerProcess> {
  const slowStartsMs: number[] = []
  while (slowStartsMs.length < 3) {
    const server = await start()
    if (server.readyMs < startLimitMs) return server
    slowStartsMs.push(server.readyMs)
    server.killGroup()
  }
  return expect.fail(`No start after a kill took less than ${startLimitMs} ms: ${slowStartsMs.join(', ')}`)
}

async function makeClientAndRule(server: ServerProcess, dataDir: string): Promise<Record<string, unknown>> {
  const management = await operatorConnection(server.url, readBootstrap(dataDir))
  await management.resourceServers.create({
    identifier: invoices,
    name: 'Invoices',
    scopes: [{ value: 'read' }],
    signing_alg: 'ES256',
  })
  const { client_id, client_secret } = await management.clients.create({ name: 'billing' })
  await management.clientGrants.create({ client_id, audience: invoices, scope: ['read'] })
  await management.rules.create({ name: 'extra', code: rule })
  return { ...credentialsOf({ id: client_id, secret: String(client_secret) }), audience: invoices }
}

/** Every `jti` in the log, from its oldest entry on, as an operator's tool would read it. */
async function readIssuedTokens(server: ServerProcess, dataDir: string): Promise<string[]> {
  const { logs } = await operatorConnection(server.url, readBootstrap(dataDir))
  const issued: string[] = []
  let from: string | undefined
  for (;;) {
    const entries = await logs.listAfter({ take: 100, ...(from === undefined ? {} : { from }) })
    for (const entry of entries) {
      if (entry.type === 'seccft') issued.push(String(entry.details.access_token_jti))
    }
    from = entries.at(-1)?.log_id
    if (from === undefined) return issued
  }
}

/** Read beside the running server: what is looked at is what it has recovered, not what we have. */
function faultsOfDatabase(dataDir: string): unknown[] {
  const database = new Sqlite(join(dataDir, 'tallystick.db'), { readonly: true })
  try {
    const integrity: unknown = database.pragma('integrity_check', { simple: true })
    const orphans = database
      .prepare(
        `select id from log_entries where type = 'seccft' and id not in (select id from exchange_records)`,
      )
      .all()
    return integrity === 'ok' ? orphans : [integrity, ...orphans]
  } finally {
    database.close()
  }
}

/** Those that still live when all the time has passed. */
async function stillAliveAfter(limitMs: number, pids: readonly number[]): Promise<number[]> {
  const endsAt = performance.now() + limitMs
  while (pids.some(isAlive) && performance.now() < endsAt) await delay(10)
  return pids.filter(isAlive)
}

/** Mulberry32: the same numbers from the same seed. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
