import { expect, test } from 'vitest'
import { ChangedMeanwhileError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import { acme, globex, idOf, sampleKey, secondsIn } from './samples.ts'

export function registerSigningKeyTests(current: Current): void {
  const key = sampleKey()

  test('a tenant has one current and one next key for each algorithm', async () => {
    const { signingKeys, commit } = current()
    await commit([
      signingKeys.insert(key),
      signingKeys.insert(sampleKey({ id: idOf('kid_2'), state: 'next' })),
      signingKeys.insert(sampleKey({ id: idOf('kid_3'), algorithm: 'EdDSA' })),
    ])
    for (const state of ['current', 'next'] as const) {
      const second = signingKeys.insert(sampleKey({ id: idOf('kid_4'), state }))
      await expect(commit([second])).rejects.toThrow(ChangedMeanwhileError)
    }
  })

  test('a signing key of another tenant is never found, current or not', async () => {
    const { signingKeys, commit } = current()
    await commit([signingKeys.insert(key)])
    expect(await signingKeys.find(globex.id, key.id)).toBeUndefined()
    expect(await signingKeys.findCurrent(globex.id, 'ES256', secondsIn(9))).toBeUndefined()
    expect(await signingKeys.listPublished(globex.id)).toEqual([])
    expect(await signingKeys.list(globex.id)).toEqual([])
    const theirs = signingKeys.update({ ...key, tenantId: globex.id }, key)
    await expect(commit([theirs])).rejects.toThrow(ChangedMeanwhileError)
    await commit([signingKeys.remove(globex.id, key.id)])
    expect(await signingKeys.findCurrent(acme.id, 'RS256', secondsIn(9))).toBeUndefined()
    expect(await signingKeys.findCurrent(acme.id, 'ES256', secondsIn(9))).toEqual(key)
  })

  test('keys turn in one commit, and the revoked are not published', async () => {
    const { signingKeys, commit } = current()
    const next = sampleKey({ id: idOf('kid_2'), state: 'next', createdAt: secondsIn(1) })
    const old = sampleKey({ id: idOf('kid_0'), state: 'revoked' })
    await commit([signingKeys.insert(next), signingKeys.insert(key), signingKeys.insert(old)])
    await commit([
      signingKeys.update({ ...key, state: 'previous', currentUntil: secondsIn(5) }, key),
      signingKeys.update({ ...next, state: 'current', currentSince: secondsIn(5) }, next),
    ])
    const signer = async (seconds: number) =>
      (await signingKeys.findCurrent(acme.id, 'ES256', secondsIn(seconds)))?.id
    // Each until the next begins; before all of them, where a clock was set back, the first.
    expect(await Promise.all([-1, 0, 4, 5, 99].map(signer))).toEqual([
      'kid_1',
      'kid_1',
      'kid_1',
      'kid_2',
      'kid_2',
    ])
    const published = await signingKeys.listPublished(acme.id)
    expect(published.map(({ id, state }) => `${id} ${state}`)).toEqual(['kid_1 previous', 'kid_2 current'])
    expect((await signingKeys.find(acme.id, old.id))?.state).toBe('revoked')
    expect((await signingKeys.list(acme.id)).map(({ id }) => id)).toEqual(['kid_0', 'kid_1', 'kid_2'])
    expect(await signingKeys.find(acme.id, key.id)).toEqual({
      ...key,
      state: 'previous',
      currentUntil: secondsIn(5),
    })
    await commit([signingKeys.remove(acme.id, old.id)])
    expect(await signingKeys.find(acme.id, old.id)).toBeUndefined()
  })

  test('how long its longest token lives is noted, never less than before, and no turn forgets it', async () => {
    const { signingKeys, commit } = current()
    const life = async () => (await signingKeys.find(acme.id, key.id))?.longestTokenSeconds
    await commit([signingKeys.insert(key)])
    const read = await signingKeys.findCurrent(acme.id, 'ES256', secondsIn(1))
    await commit([signingKeys.noteTokenLife(key, 600)])
    expect((await signingKeys.findCurrent(acme.id, 'ES256', secondsIn(1)))?.longestTokenSeconds).toBe(600)
    await commit([signingKeys.noteTokenLife(key, 60)])
    expect([read?.longestTokenSeconds, await life()]).toEqual([0, 600])
    await commit([signingKeys.noteTokenLife({ ...key, tenantId: globex.id }, 9000)])
    await commit([signingKeys.update({ ...key, state: 'previous', currentUntil: secondsIn(5) }, key)])
    expect(await life()).toBe(600)
  })

  test('a key turns only from the turn that was read', async () => {
    const { signingKeys, commit } = current()
    await commit([signingKeys.insert(key)])
    await commit([signingKeys.update({ ...key, currentUntil: secondsIn(5) }, key)])
    const again = signingKeys.update({ ...key, currentUntil: secondsIn(9) }, key)
    await expect(commit([again])).rejects.toThrow(ChangedMeanwhileError)
    expect((await signingKeys.find(acme.id, key.id))?.currentUntil).toEqual(secondsIn(5))
  })

  test('a key turns only from the state that was read', async () => {
    const { signingKeys, commit } = current()
    await commit([signingKeys.insert(key)])
    await commit([signingKeys.update({ ...key, state: 'previous' }, key)])
    const again = signingKeys.update({ ...key, state: 'revoked', revokedAt: secondsIn(9) }, key)
    await expect(commit([again])).rejects.toThrow(ChangedMeanwhileError)
    expect((await signingKeys.find(acme.id, key.id))?.state).toBe('previous')
  })

  test('a key may be without a certificate, as those of earlier releases are', async () => {
    const { signingKeys, commit } = current()
    const bare = sampleKey({ certificate: undefined, currentSince: undefined })
    await commit([signingKeys.insert(bare)])
    expect(await signingKeys.find(acme.id, bare.id)).toEqual(bare)
  })
}
