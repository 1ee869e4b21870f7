import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sampleExchange } from '../test/storage-conformance/log-samples.ts'
import { acme, globex, secondsIn } from '../test/storage-conformance/samples.ts'
import type { Storage } from './domain/storage.ts'
import { openStorage } from './storage/storage.ts'
import { createTenantRemoval } from './tenant-removal.ts'

let dataDir: string
let storage: Storage
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tallystick-removal-'))
  storage = await openStorage({ dataDir, now: () => secondsIn(0) })
  await storage.migrate()
  const entries = Array.from({ length: 1200 }, (_, at) => sampleExchange(at, { tenantId: globex.id }))
  await storage.commit([
    storage.tenants.insert(acme),
    storage.tenants.insert(globex),
    ...entries.map((entry) => storage.logEntries.insert(entry)),
    storage.logEntries.insert(sampleExchange(1)),
  ])
})
afterEach(async () => {
  await storage.close()
  await rm(dataDir, { recursive: true })
})

function countOf(tenantId: typeof acme.id): Promise<number> {
  return storage.logEntries.count(tenantId, {})
}

test('a stopped removal ends between two transactions, and another one finishes it', async () => {
  await storage.commit([storage.tenants.remove(globex.id, secondsIn(1))])
  const stopped = createTenantRemoval(storage)
  const finished = stopped.finish()
  await stopped.stop()
  await finished
  expect(await countOf(globex.id)).toBeGreaterThan(0)
  const other = createTenantRemoval(storage)
  await Promise.all([other.finish(), other.finish()])
  expect([await countOf(globex.id), await storage.tenants.listRemoved()]).toEqual([0, []])
  expect(await countOf(acme.id)).toBe(1)
})

test('nothing of a tenant that was not removed goes', async () => {
  await createTenantRemoval(storage).finish()
  expect([await countOf(globex.id), await countOf(acme.id)]).toEqual([1200, 1])
})
