import { expect, test } from 'vitest'
import { AlreadyExistsError, GoneError } from '../../src/domain/storage.ts'
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
      await expect(commit([second])).rejects.toThrow(AlreadyExistsError)
    }
  })

  test('a signing key of another tenant is never found, current or not', async () => {
    const { signingKeys, commit } = current()
    await commit([signingKeys.insert(key)])
    expect(await signingKeys.find(globex.id, key.id)).toBeUndefined()
    expect(await signingKeys.findCurrent(globex.id, 'ES256')).toBeUndefined()
    expect(await signingKeys.listPublished(globex.id)).toEqual([])
    await expect(commit([signingKeys.update({ ...key, tenantId: globex.id })])).rejects.toThrow(GoneError)
    expect(await signingKeys.findCurrent(acme.id, 'RS256')).toBeUndefined()
    expect(await signingKeys.findCurrent(acme.id, 'ES256')).toEqual(key)
  })

  test('keys turn in one commit, and the revoked are not published', async () => {
    const { signingKeys, commit } = current()
    const next = sampleKey({ id: idOf('kid_2'), state: 'next', createdAt: secondsIn(1) })
    const old = sampleKey({ id: idOf('kid_0'), state: 'revoked' })
    await commit([signingKeys.insert(next), signingKeys.insert(key), signingKeys.insert(old)])
    await commit([
      signingKeys.update({ ...key, state: 'previous' }),
      signingKeys.update({ ...next, state: 'current' }),
    ])
    expect((await signingKeys.findCurrent(acme.id, 'ES256'))?.id).toBe('kid_2')
    const published = await signingKeys.listPublished(acme.id)
    expect(published.map(({ id, state }) => `${id} ${state}`)).toEqual(['kid_1 previous', 'kid_2 current'])
    expect((await signingKeys.find(acme.id, old.id))?.state).toBe('revoked')
  })
}
