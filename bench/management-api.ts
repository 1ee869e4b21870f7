/** The management API of a tenant with many clients: how long a list and a change take, one after the other. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newClientId } from '../packages/server/src/keys/secret/random-id.ts'
import { openStorage } from '../packages/server/src/storage/storage.ts'
import { findFreePort } from '../packages/server/test/free-port.ts'
import { startServerProcess } from '../packages/server/test/server-process.ts'
import { operatorConnection, readBootstrap } from '../packages/server/test/test-server.ts'
import { median } from './statistics.ts'

const clients = 100_000
const rowsPerCommit = 1000
const repeats = 200

export interface ManagementFigures {
  readonly clients: number
  /** Medians, with the client's own time. */
  readonly listMs: number
  readonly lastPageMs: number
  readonly changeMs: number
}

export async function measureManagementApi(): Promise<ManagementFigures> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-bench-'))
  try {
    const port = await findFreePort()
    await (await startServerProcess({ dataDir, port })).stop()
    await addClients(dataDir)
    const server = await startServerProcess({ dataDir, port })
    try {
      const management = await operatorConnection(server.url, readBootstrap(dataDir))
      const { client_id } = await management.clients.create({ name: 'measured' })
      return {
        clients,
        listMs: await medianMs(() => management.clients.list({ per_page: 100 })),
        lastPageMs: await medianMs(() => management.clients.list({ per_page: 100, page: clients / 100 - 1 })),
        changeMs: await medianMs((turn) =>
          management.clients.update(client_id, { description: `changed ${turn} times` }),
        ),
      }
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Past the API, which would take minutes and is not what is measured. */
async function addClients(dataDir: string): Promise<void> {
  const storage = await openStorage({ dataDir, now: () => new Date() })
  try {
    const tenant = await storage.tenants.findDefault()
    const [sample] = tenant ? await storage.clients.list(tenant.id, { offset: 0, limit: 1 }) : []
    if (!sample) throw new Error('The first start made no client.')
    for (let added = 0; added < clients; added += rowsPerCommit) {
      const rows = Array.from({ length: rowsPerCommit }, (_, index) => ({
        ...sample,
        id: newClientId(),
        name: `client ${added + index}`,
        createdAt: new Date(sample.createdAt.getTime() + added + index),
      }))
      await storage.commit(rows.map((row) => storage.clients.insert(row)))
    }
  } finally {
    await storage.close()
  }
}

async function medianMs(work: (turn: number) => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let turn = 0; turn < repeats; turn += 1) {
    const begunAt = performance.now()
    await work(turn)
    times.push(performance.now() - begunAt)
  }
  return median(times)
}
