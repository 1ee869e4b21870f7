import { expect, test } from 'vitest'
import { AlreadyExistsError, ChangedMeanwhileError } from '../../src/domain/storage.ts'
import { parseTenantName } from '../../src/domain/tenant.ts'
import type { Current } from './current.ts'
import { acme, globex, idOf, secondsIn } from './samples.ts'

export function registerTenantTests(current: Current): void {
  test('a second tenant of the same id, name or host is refused', async () => {
    const { tenants, commit } = current()
    const other = { ...globex, id: idOf<typeof globex.id>('ten_3'), name: parseTenantName('third') }
    const origin = 'https://third.example.com'
    for (const clash of [
      { ...other, origin, id: globex.id },
      { ...other, origin, name: globex.name },
      { ...other, origin: 'http://globex.example.com' },
    ]) {
      await expect(commit([tenants.insert(clash)])).rejects.toThrow(AlreadyExistsError)
    }
    await commit([tenants.insert({ ...other, origin })])
  })

  test('a second default tenant is refused', async () => {
    const { tenants, commit } = current()
    const second = { ...acme, id: idOf<typeof acme.id>('ten_3'), name: parseTenantName('third') }
    await expect(commit([tenants.insert(second)])).rejects.toThrow(AlreadyExistsError)
  })

  test('an unknown tenant cannot be changed and is not found', async () => {
    const { tenants, commit } = current()
    const unknown = { ...globex, id: idOf<typeof globex.id>('ten_3') }
    await expect(commit([tenants.update(unknown, unknown)])).rejects.toThrow(ChangedMeanwhileError)
    expect(await tenants.find(unknown.id)).toBeUndefined()
    expect(await tenants.findByName(parseTenantName('nobody'))).toBeUndefined()
    expect(await tenants.findByHost('nobody.example.com')).toBeUndefined()
  })

  test('a tenant comes back as it was stored, by id, name and host', async () => {
    const { tenants } = current()
    expect(await tenants.find(acme.id)).toEqual(acme)
    expect(await tenants.findByName(globex.name)).toEqual(globex)
    expect(await tenants.findByHost('globex.example.com')).toEqual(globex)
    expect(await tenants.findDefault()).toEqual(acme)
  })

  test('a changed tenant is found by its new host and no longer by its old', async () => {
    const { tenants, commit } = current()
    const moved = { ...globex, origin: 'https://new.example.com:8443', egressAllow: ['a.example'] }
    await commit([tenants.update(moved, globex)])
    const late = tenants.update({ ...globex, egressAllow: ['b.example'] }, globex)
    await expect(commit([late])).rejects.toThrow(ChangedMeanwhileError)
    expect(await tenants.findByHost('new.example.com:8443')).toEqual(moved)
    expect(await tenants.findByHost('globex.example.com')).toBeUndefined()
  })

  test('the installation is stored once', async () => {
    const { installation, commit } = current()
    expect(await installation.find()).toBeUndefined()
    const first = { masterKeyFingerprint: 'abc', createdAt: secondsIn(5) }
    await commit([installation.insert(first)])
    await expect(commit([installation.insert(first)])).rejects.toThrow(AlreadyExistsError)
    expect(await installation.find()).toEqual(first)
  })

  test('a webtask token is found by its hash alone, and names its tenant', async () => {
    const { webtaskTokens, commit } = current()
    const hash = new Uint8Array(32).fill(7)
    const token = { tenantId: globex.id, id: 'wtk_1', hash, createdAt: secondsIn(0) }
    const newer = { ...token, id: 'wtk_2', hash: new Uint8Array(32).fill(8), createdAt: secondsIn(1) }
    await commit([webtaskTokens.insert(newer), webtaskTokens.insert(token)])
    expect(await webtaskTokens.findByHash(new Uint8Array(32))).toBeUndefined()
    expect(await webtaskTokens.findByHash(hash)).toEqual(token)
    expect(await webtaskTokens.list(globex.id)).toEqual([token, newer])
    expect(await webtaskTokens.list(acme.id)).toEqual([])
    await expect(commit([webtaskTokens.insert({ ...token, tenantId: acme.id })])).rejects.toThrow(
      AlreadyExistsError,
    )
    await commit([webtaskTokens.remove(acme.id, token.id)])
    expect(await webtaskTokens.findByHash(hash)).toEqual(token)
    await commit([webtaskTokens.remove(globex.id, token.id)])
    expect(await webtaskTokens.findByHash(hash)).toBeUndefined()
  })
}
