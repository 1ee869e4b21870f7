import { expect, test } from 'vitest'
import type { Audience } from '../../src/domain/resource-server.ts'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError } from '../../src/domain/storage.ts'
import { parseTenantName } from '../../src/domain/tenant.ts'
import type { Current } from './current.ts'
import { sampleExchange } from './log-samples.ts'
import {
  acme,
  globex,
  idOf,
  sampleClient,
  sampleGrant,
  sampleKey,
  sampleResourceServer,
  sampleRule,
  sampleSecret,
  sampleVersion,
  secondsIn,
} from './samples.ts'

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

  test('a change of the settings that was overtaken by another one is refused', async () => {
    const { tenants, commit } = current()
    for (const change of [
      { defaultAudience: idOf<Audience>('urn:x') },
      { flags: { enable_sso: true } },
      { keptMembers: { support_email: 'b@example.com' } },
      { profile: 'rfc' as const },
    ]) {
      const read = await tenants.find(globex.id)
      if (!read) throw new Error('the tenant is gone')
      const changed = { ...read, ...change }
      await commit([tenants.update(changed, read)])
      expect(await tenants.find(globex.id)).toEqual(changed)
      await expect(commit([tenants.update({ ...read, egressAllow: ['late'] }, read)])).rejects.toThrow(
        ChangedMeanwhileError,
      )
    }
  })

  test('tenants are listed oldest first, by page and behind another one', async () => {
    const { tenants } = current()
    expect(await tenants.list()).toEqual([acme, globex])
    expect(await tenants.count()).toBe(2)
    expect(await tenants.list({ offset: 1, limit: 5 })).toEqual([globex])
    expect(await tenants.list({ offset: 0, limit: 5, after: acme })).toEqual([globex])
    expect(await tenants.list({ offset: 9, limit: 5 })).toEqual([])
  })

  test('a removed tenant is found by nobody, and its name and host are free at once', async () => {
    const { tenants, commit } = current()
    await commit([tenants.remove(globex.id, secondsIn(9))])
    expect(await tenants.find(globex.id)).toBeUndefined()
    expect(await tenants.findByName(globex.name)).toBeUndefined()
    expect(await tenants.findByHost('globex.example.com')).toBeUndefined()
    expect([await tenants.list(), await tenants.count()]).toEqual([[acme], 1])
    expect(await tenants.listRemoved()).toEqual([globex.id])
    await expect(commit([tenants.remove(globex.id, secondsIn(9))])).rejects.toThrow(GoneError)
    await expect(commit([tenants.update(globex, globex)])).rejects.toThrow(ChangedMeanwhileError)
    await commit([tenants.insert({ ...globex, id: idOf<typeof globex.id>('ten_4') })])
    expect(await tenants.findByName(globex.name)).toMatchObject({ id: 'ten_4' })
  })

  test('the rows of a tenant are only removed once it is, some at a time, and those of others never', async () => {
    const {
      tenants,
      clients,
      clientSecrets,
      resourceServers,
      clientGrants,
      rules,
      signingKeys,
      logEntries,
      commit,
    } = current()
    for (const tenantId of [acme.id, globex.id]) {
      await commit([
        clients.insert(sampleClient({ tenantId })),
        clientSecrets.insert(sampleSecret({ tenantId })),
        clientSecrets.recordUse({ secret: sampleSecret({ tenantId }), at: secondsIn(1) }),
        resourceServers.insert(sampleResourceServer({ tenantId })),
        clientGrants.insert(sampleGrant({ tenantId })),
        rules.insert(sampleRule({ tenantId })),
        rules.insertVersion(sampleVersion({ tenantId })),
        signingKeys.insert(sampleKey({ tenantId })),
        ...[1, 2, 3].map((number) => logEntries.insert(sampleExchange(number, { tenantId }))),
      ])
    }
    await commit([tenants.removeRows(globex.id, 100)])
    expect(await clients.count(globex.id)).toBe(1)
    await commit([tenants.remove(globex.id, secondsIn(9))])
    let transactions = 0
    while ((await tenants.listRemoved()).length > 0) {
      await commit([tenants.removeRows(globex.id, 2)])
      expect(++transactions).toBeLessThan(20)
    }
    expect(transactions).toBeGreaterThan(3)
    expect(await logEntries.listAfter(globex.id, undefined, 10)).toEqual([])
    expect(await clients.count(globex.id)).toBe(0)
    expect(await rules.list(globex.id)).toEqual([])
    expect(await signingKeys.find(globex.id, sampleKey().id)).toBeUndefined()
    expect(await logEntries.listAfter(acme.id, undefined, 10)).toHaveLength(3)
    expect(await rules.pipeline(acme.id)).toHaveLength(1)
    expect(await clientGrants.count(acme.id, {})).toBe(1)
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
