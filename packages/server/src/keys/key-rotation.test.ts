import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { acme, globex } from '../../test/storage-conformance/samples.ts'
import { keyAlgorithms } from '../domain/resource-server.ts'
import type { Storage } from '../domain/storage.ts'
import { openStorage } from '../storage/storage.ts'
import { createEncryption } from './encryption.ts'
import { createKeyRotation, type KeyRotation } from './key-rotation.ts'
import { createSigningKeyRing, type SigningKeyRing } from './signing-key-ring.ts'

const dayMs = 86_400_000
let dataDir: string
let present: Date
let storage: Storage
let ring: SigningKeyRing
let rotation: KeyRotation

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tallystick-rotation-'))
  present = new Date('2030-01-01T00:00:00Z')
  const now = () => present
  storage = await openStorage({ dataDir, now })
  await storage.migrate()
  const store = storage.signingKeys
  ring = createSigningKeyRing({
    store,
    encryption: createEncryption(createSecretKey(randomBytes(32))),
    algorithms: keyAlgorithms,
    now,
  })
  rotation = createKeyRotation({ store, ring, now })
  const keys = (await Promise.all([acme, globex].map(({ id }) => ring.createRing(id, 'ES256')))).flat()
  await storage.commit([
    storage.tenants.insert(acme),
    storage.tenants.insert(globex),
    ...keys.map(store.insert),
  ])
})
afterEach(async () => {
  await storage.close()
  rmSync(dataDir, { recursive: true })
})

async function rotate(): Promise<void> {
  await storage.commit((await rotation.plan(acme.id, 'ES256'))?.writes ?? [])
}

async function states(): Promise<string[]> {
  // Keys of one millisecond are listed in any order.
  return (await storage.signingKeys.list(acme.id)).map((key) => key.state).toSorted()
}

test('an algorithm without keys is not rotated', async () => {
  expect(await rotation.plan(acme.id, 'RS256')).toBeUndefined()
})

test('of two rotations from one reading, the second is refused as a whole', async () => {
  const plans = [await rotation.plan(acme.id, undefined), await rotation.plan(acme.id, undefined)]
  await storage.commit(plans[0]?.writes ?? [])
  await expect(storage.commit(plans[1]?.writes ?? [])).rejects.toThrow('meanwhile')
  expect(await states()).toEqual(['current', 'next', 'previous'])
})

test('a previous key is revoked by the first rotation after its last token can have ended', async () => {
  await rotate()
  present = new Date(present.getTime() + 30 * dayMs)
  await rotate()
  expect(await states()).toEqual(['current', 'next', 'previous', 'previous'])
  present = new Date(present.getTime() + 1)
  await rotate()
  expect(await states()).toEqual(['current', 'next', 'previous', 'previous', 'revoked'])
  const revoked = (await storage.signingKeys.list(acme.id)).find((key) => key.state === 'revoked')
  expect(revoked?.revokedAt).toEqual(present)
})

test('a revoked key is forgotten by the first rotation after ninety days', async () => {
  await rotate()
  const oldest = (await storage.signingKeys.list(acme.id)).find((key) => key.state === 'previous')
  const revocation = oldest && rotation.planRevocation(oldest)
  await storage.commit(revocation ? [revocation.write] : [])
  present = new Date(present.getTime() + 90 * dayMs)
  await rotate()
  const listed = async () => (await storage.signingKeys.list(acme.id)).map((key) => key.id)
  expect(await listed()).toContain(oldest?.id)
  present = new Date(present.getTime() + 1)
  await rotate()
  expect(await listed()).not.toContain(oldest?.id)
})

test('a rotation leaves the keys of other tenants', async () => {
  const theirs = await storage.signingKeys.list(globex.id)
  await rotate()
  expect(await storage.signingKeys.list(globex.id)).toEqual(theirs)
})
