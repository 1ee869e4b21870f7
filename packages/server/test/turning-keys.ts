/** The ES256 keys of two tenants that begin, on a clock that tests move: one whose keys turn, and a bystander. */
import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeProtectedHeader } from 'jose'
import { onTestFinished } from 'vitest'
import { keyAlgorithms } from '../src/domain/resource-server.ts'
import { type SigningKey, type SigningKeyStateAt, stateAt } from '../src/domain/signing-key.ts'
import type { Storage } from '../src/domain/storage.ts'
import { createEncryption } from '../src/keys/secret/encryption.ts'
import { createKeyRevocation, type KeyRevocation } from '../src/keys/signing-key/key-revocation.ts'
import { createKeyRotation, type KeyRotation } from '../src/keys/signing-key/key-rotation.ts'
import { createSigningKeyRing, type SigningKeyRing } from '../src/keys/signing-key/signing-key-ring.ts'
import { openStorage } from '../src/storage/storage.ts'
import { layEmptyDatabase } from './empty-database.ts'
import { acme, globex } from './storage-conformance/samples.ts'

export interface TurningKeys {
  readonly storage: Storage
  readonly ring: SigningKeyRing
  readonly rotation: KeyRotation
  readonly revocation: KeyRevocation
  readonly now: () => Date
  readonly pass: (seconds: number) => void
  /** The moment that many seconds after the keys were made. */
  readonly after: (seconds: number) => Date
  /** The key whose turn it is then. */
  readonly rotate: () => Promise<SigningKey>
  readonly keysThat: (state: SigningKeyStateAt) => Promise<SigningKey[]>
  /** The only one. */
  readonly keyThat: (state: SigningKeyStateAt) => Promise<SigningKey>
  /** Sorted: keys of one millisecond are listed in any order. */
  readonly states: () => Promise<string[]>
  /** Of a token that is signed now, and lives that long. */
  readonly kidNow: (lifetimeSeconds?: number) => Promise<string | undefined>
  readonly published: () => Promise<string[]>
}

export async function openTurningKeys(): Promise<TurningKeys> {
  const began = new Date('2030-01-01T00:00:00Z')
  let present = began
  const now = () => present
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-turning-'))
  await layEmptyDatabase(dataDir)
  const storage = await openStorage({ dataDir, now })
  onTestFinished(async () => {
    await storage.close()
    rmSync(dataDir, { recursive: true })
  })
  await storage.migrate()
  const { signingKeys: store, commit } = storage
  const encryption = createEncryption(createSecretKey(randomBytes(32)))
  const ring = createSigningKeyRing({ store, commit, encryption, algorithms: keyAlgorithms, now })
  const rotation = createKeyRotation({ store, ring, now })
  const rings = await Promise.all([acme, globex].map(({ id }) => ring.createRing(id, 'ES256')))
  await commit([
    storage.tenants.insert(acme),
    storage.tenants.insert(globex),
    // Of tenants that begin: nobody has a key set of theirs without them.
    ...rings.flat().map((key) => store.insert({ ...key, maySignFrom: key.createdAt })),
  ])

  async function keysThat(state: SigningKeyStateAt): Promise<SigningKey[]> {
    return (await store.list(acme.id)).filter((key) => stateAt(key, present) === state)
  }

  return {
    storage,
    ring,
    rotation,
    revocation: createKeyRevocation({ store, ring, now }),
    now,
    pass(seconds) {
      present = new Date(present.getTime() + seconds * 1000)
    },
    after: (seconds) => new Date(began.getTime() + seconds * 1000),
    async rotate() {
      const plan = await rotation.plan(acme.id, 'ES256')
      await commit(plan?.writes ?? [])
      const [begun] = plan?.begun ?? []
      if (begun === undefined) throw new Error('Nothing was rotated.')
      return begun
    },
    keysThat,
    async keyThat(state) {
      const [key, ...others] = await keysThat(state)
      if (key === undefined || others.length > 0) throw new Error(`Not one key is ${state}.`)
      return key
    },
    states: async () => (await store.list(acme.id)).map((key) => stateAt(key, present)).toSorted(),
    async kidNow(lifetimeSeconds) {
      const iat = Math.floor(present.getTime() / 1000)
      const claims = lifetimeSeconds === undefined ? {} : { exp: iat + lifetimeSeconds }
      return decodeProtectedHeader(await ring.sign(acme.id, 'ES256', { typ: 'at+jwt' }, claims)).kid
    },
    published: async () => (await ring.publicKeys(acme.id)).map(({ kid }) => kid),
  }
}
