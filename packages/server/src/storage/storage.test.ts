import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layEmptyDatabase } from '../../test/empty-database.ts'
import { describeStorage } from '../../test/storage.conformance.ts'
import { openStorage } from './storage.ts'

describeStorage('SQLite', async (now) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tallystick-storage-'))
  await layEmptyDatabase(dataDir)
  const storage = await openStorage({ dataDir, now })
  return {
    storage,
    async close() {
      await storage.close()
      await rm(dataDir, { recursive: true })
    },
  }
})
