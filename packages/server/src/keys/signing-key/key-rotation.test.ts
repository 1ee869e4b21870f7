import { createSecretKey, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { acme, globex } from '../../../test/storage-conformance/samples.ts'
import { openTurningKeys, type TurningKeys } from '../../../test/turning-keys.ts'
import { keyAlgorithms } from '../../domain/resource-server.ts'
import { keySetMaxAgeSeconds } from '../../domain/signing-key.ts'
import { createEncryption } from '../secret/encryption.ts'
import { createKeyRotation } from './key-rotation.ts'
import { createSigningKeyRing } from './signing-key-ring.ts'

const daySeconds = 86_400
const leadSeconds = keySetMaxAgeSeconds + 10

let keys: TurningKeys
beforeEach(async () => {
  keys = await openTurningKeys()
})

describe('a rotation', () => {
  test('is not made of an algorithm without keys', async () => {
    expect(await keys.rotation.plan(acme.id, 'RS256')).toBeUndefined()
  })

  test('that was planned from the same reading as another one is refused as a whole', async () => {
    const plans = [await keys.rotation.plan(acme.id, undefined), await keys.rotation.plan(acme.id, undefined)]
    await keys.storage.commit(plans[0]?.writes ?? [])
    await expect(keys.storage.commit(plans[1]?.writes ?? [])).rejects.toThrow('meanwhile')
    expect(await keys.states()).toEqual(['current', 'next', 'previous'])
  })

  test('leaves the keys of other tenants', async () => {
    const theirs = await keys.storage.signingKeys.list(globex.id)
    await keys.rotate()
    expect(await keys.storage.signingKeys.list(globex.id)).toEqual(theirs)
  })

  test('takes effect at once where the next key has been shown from the beginning', async () => {
    const next = await keys.keyThat('next')
    expect(await keys.rotate()).toMatchObject({ id: next.id, currentSince: keys.after(0) })
    expect(await keys.kidNow()).toBe(next.id)
  })

  test('waits until the next key has been shown for as long as a key set is kept', async () => {
    const first = await keys.rotate()
    keys.pass(20)
    const second = await keys.rotate()
    expect(second.currentSince).toEqual(keys.after(leadSeconds))
    expect(await keys.states()).toEqual(['current', 'next', 'next', 'previous'])
    keys.pass(leadSeconds - 20.001)
    expect(await keys.kidNow()).toBe(first.id)
    expect((await keys.keyThat('current')).id).toBe(first.id)
    keys.pass(0.001)
    expect(await keys.kidNow()).toBe(second.id)
    expect((await keys.keyThat('previous')).id).toBe(first.id)
  })

  test('that follows one whose turn lies ahead comes behind it', async () => {
    const turns = [await keys.rotate(), await keys.rotate(), await keys.rotate()]
    keys.pass(1)
    turns.push(await keys.rotate())
    expect(turns.map(({ currentSince }) => currentSince)).toEqual(
      [0, leadSeconds, leadSeconds, leadSeconds].map(keys.after),
    )
    keys.pass(leadSeconds)
    expect(await keys.kidNow()).toBe(turns[3]?.id)
    expect((await keys.keyThat('current')).id).toBe(turns[3]?.id)
  })

  test('counts keys of this algorithm that still verify, and no ended ones', async () => {
    for (let count = 0; count < 10; count += 1) {
      keys.pass(leadSeconds)
      await keys.kidNow(9000)
      await keys.rotate()
    }
    const goesAt = keys.after(leadSeconds + 9060).toISOString()
    await expect(keys.rotate()).rejects.toThrow(
      `There are 10 keys for ES256 that verify, or wait for the end of their turn, and more there may not be. The first of them goes at ${goesAt} at the earliest: rotate again then, or revoke a previous one before.`,
    )
    keys.pass(9060)
    await keys.rotate()
    expect(await keys.keysThat('ended')).toHaveLength(10)
  })

  test('that comes after ten others within minutes is told when the first of them goes, and is made then', async () => {
    const firstGoesAt = (seconds: number) =>
      `goes at ${keys.after(seconds).toISOString()} at the earliest: rotate again then`
    for (let count = 0; count < 10; count += 1) await keys.rotate()
    keys.pass(59.999)
    // It signed nothing.
    await expect(keys.rotate()).rejects.toThrow(`${firstGoesAt(60)}, or revoke a previous one before.`)
    keys.pass(0.001)
    await keys.rotate()
    // None of those that are left can be revoked as a previous one: they wait for their turn.
    await expect(keys.rotate()).rejects.toThrow(`${firstGoesAt(leadSeconds + 60)}.`)
    keys.pass(leadSeconds)
    await keys.rotate()
  })

  test('of all leaves those that the runtime can make no keys for, and of such alone is refused', async () => {
    const { storage, ring, now } = keys
    await storage.commit((await ring.createRing(acme.id, 'EdDSA')).map(storage.signingKeys.insert))
    const elsewhere = { ...ring, algorithms: keyAlgorithms.filter((name) => name !== 'ES256') }
    const rotation = createKeyRotation({ store: storage.signingKeys, ring: elsewhere, now })
    const { begun } = (await rotation.plan(acme.id, undefined)) ?? {}
    expect(begun?.map(({ algorithm }) => algorithm)).toEqual(['EdDSA'])
    await expect(rotation.plan(acme.id, 'ES256')).rejects.toThrow(
      'The runtime of this server has no ES256, so it cannot make keys for it.',
    )
    expect(await rotation.plan(acme.id, 'PS256')).toBeUndefined()
  })
})

describe('a key that signs no more', () => {
  test('is published until its longest token has ended everywhere, then vanishes by itself', async () => {
    const [key] = [await keys.keyThat('current')]
    await keys.kidNow(7200)
    await keys.kidNow(3600)
    keys.pass(100)
    await keys.rotate()
    keys.pass(7259.999)
    expect(await keys.published()).toContain(key.id)
    expect(await keys.states()).toEqual(['current', 'next', 'previous'])
    keys.pass(0.001)
    expect(await keys.published()).not.toContain(key.id)
    expect((await keys.keyThat('ended')).id).toBe(key.id)
  })

  test('vanishes a minute later when it has signed nothing', async () => {
    await keys.rotate()
    keys.pass(59.999)
    expect(await keys.published()).toHaveLength(3)
    keys.pass(0.001)
    expect(await keys.published()).toHaveLength(2)
  })

  test('is forgotten by the first rotation after ninety days, revoked or ended', async () => {
    const ended = await keys.keyThat('current')
    await keys.rotate()
    const revoked = await keys.keyThat('current')
    keys.pass(leadSeconds)
    await keys.rotate()
    await keys.storage.commit(keys.revocation.plan(await keys.keyThat('previous'))?.writes ?? [])
    const listed = async () => (await keys.storage.signingKeys.list(acme.id)).map(({ id }) => id)
    keys.pass(90 * daySeconds)
    await keys.rotate()
    expect(await listed()).not.toContain(ended.id)
    expect(await listed()).toContain(revoked.id)
    keys.pass(0.001)
    await keys.rotate()
    expect(await listed()).not.toContain(revoked.id)
  })
})

test('how long a token lives is on disk before the token is there', async () => {
  const failing = createSigningKeyRing({
    store: keys.storage.signingKeys,
    commit: () => Promise.reject(new Error('the disk is full')),
    encryption: createEncryption(createSecretKey(randomBytes(32))),
    algorithms: keyAlgorithms,
    now: keys.now,
  })
  const claims = { exp: Math.floor(keys.now().getTime() / 1000) + 60 }
  await expect(failing.sign(acme.id, 'ES256', { typ: 'at+jwt' }, claims)).rejects.toMatchObject({
    code: 'temporarily_unavailable',
    cause: { message: 'the disk is full' },
  })
})

test('of many tokens only the longest so far costs a write', async () => {
  let commits = 0
  const counting = createSigningKeyRing({
    store: {
      ...keys.storage.signingKeys,
      noteTokenLife: (key, seconds) => {
        commits += 1
        return keys.storage.signingKeys.noteTokenLife(key, seconds)
      },
    },
    commit: keys.storage.commit,
    encryption: createEncryption(createSecretKey(randomBytes(32))),
    algorithms: keyAlgorithms,
    now: keys.now,
  })
  for (const lifetime of [3600, 3600, 60, 3590, 3601, 3660]) {
    const exp = Math.floor(keys.now().getTime() / 1000) + lifetime
    // This ring has another master key, so the private key does not open: the note comes before it.
    await counting.sign(acme.id, 'ES256', { typ: 'at+jwt' }, { exp }).catch(() => undefined)
  }
  expect(commits).toBe(2)
})
