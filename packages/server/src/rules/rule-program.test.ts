import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acme, sampleRule, sampleVersion } from '../../test/storage-conformance/samples.ts'
import { GoneError } from '../domain/storage.ts'
import { openStorage } from '../storage/storage.ts'
import { storedProgram } from './rule-program.ts'

test('a rule whose tenant was removed meanwhile is gone, and no fault', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-program-'))
  const storage = await openStorage({ dataDir, now: () => new Date() })
  await storage.migrate()
  const { tenants, rules, commit } = storage
  await commit([tenants.insert(acme), rules.insertVersion(sampleVersion()), rules.insert(sampleRule())])
  const [step] = await rules.pipeline(acme.id)
  if (!step) throw new TypeError('The rule is not in the pipeline.')
  const program = storedProgram(rules, step)
  expect((await program.load()).source).toBe(sampleVersion().source)
  await commit([tenants.remove(acme.id, new Date()), tenants.removeRows(acme.id, 500)])
  await expect(program.load()).rejects.toThrow(GoneError)
  await storage.close()
  rmSync(dataDir, { recursive: true })
})
