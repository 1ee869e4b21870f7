import { expect, test } from 'vitest'
import type { ClientFilter } from '../../src/domain/client.ts'
import { ChangedMeanwhileError, GoneError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import {
  acme,
  globex,
  idOf,
  sampleClient,
  sampleGrant,
  sampleResourceServer,
  sampleSecret,
  secondsIn,
} from './samples.ts'

export function registerClientTests(current: Current): void {
  const { id } = sampleClient()

  test('a client of an unknown tenant, or with an id that is taken, is refused', async () => {
    const { clients, commit } = current()
    await expect(commit([clients.insert(sampleClient({ tenantId: idOf('ten_3') }))])).rejects.toThrow(
      GoneError,
    )
    await commit([clients.insert(sampleClient())])
    const refused = commit([clients.insert(sampleClient())])
    await expect(refused).rejects.toThrow('There is already a client with this identifier.')
  })

  test('a client that is gone cannot be changed; removing it again is fine', async () => {
    const { clients, commit } = current()
    const change = clients.update(sampleClient(), sampleClient())
    await expect(commit([change])).rejects.toThrow(ChangedMeanwhileError)
    await commit([clients.remove(acme.id, id)])
  })

  test('another tenant neither finds, changes nor removes a client, and may use the same id', async () => {
    const { clients, commit } = current()
    await commit([clients.insert(sampleClient())])
    expect(await clients.find(globex.id, id)).toBeUndefined()
    expect(await clients.findWithSecrets(globex.id, id)).toBeUndefined()
    expect(await clients.list(globex.id, { offset: 0, limit: 100 })).toEqual([])
    expect(await clients.count(globex.id)).toBe(0)
    const theirs = sampleClient({ tenantId: globex.id })
    await expect(commit([clients.update(theirs, theirs)])).rejects.toThrow(ChangedMeanwhileError)
    await commit([clients.remove(globex.id, id)])
    expect(await clients.find(acme.id, id)).toBeDefined()
    await commit([clients.insert(sampleClient({ tenantId: globex.id }))])
  })

  test('a client comes back as it was stored and as it was changed', async () => {
    const { clients, commit } = current()
    const client = sampleClient()
    await commit([clients.insert(client)])
    expect(await clients.find(acme.id, id)).toEqual(client)
    const changed = sampleClient({
      name: 'other',
      enabled: false,
      metadata: {},
      tokenEndpointAuthMethod: 'private_key_jwt',
      activeCredentialIds: [idOf('cred_1'), idOf('cred_2')],
      updatedAt: secondsIn(9),
    })
    await commit([clients.update(changed, client)])
    expect(await clients.find(acme.id, id)).toEqual(changed)
  })

  test('of two changes that go on from the same reading the second is refused, also within a millisecond', async () => {
    const { clients, commit } = current()
    const read = sampleClient()
    await commit([clients.insert(read)])
    await commit([clients.update({ ...read, name: 'first' }, read)])
    const second = clients.update({ ...read, enabled: false }, read)
    await expect(commit([second])).rejects.toThrow(ChangedMeanwhileError)
    expect(await clients.find(acme.id, id)).toMatchObject({ name: 'first', enabled: true })
    const again = (await clients.find(acme.id, id)) ?? read
    await commit([clients.update({ ...again, enabled: false }, again)])
    expect(await clients.find(acme.id, id)).toMatchObject({ name: 'first', enabled: false })
  })

  test('metadata named like an object’s own machinery is data', async () => {
    const { clients, commit } = current()
    const metadata = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}')
    await commit([clients.insert(sampleClient({ metadata }))])
    const found = await clients.find(acme.id, id)
    expect(Object.entries(found?.metadata ?? {})).toEqual(Object.entries(metadata))
  })

  test('a client that is removed takes its secrets and client grants along', async () => {
    const { clients, clientSecrets, resourceServers, clientGrants, commit } = current()
    await commit([
      clients.insert(sampleClient()),
      clientSecrets.insert(sampleSecret()),
      resourceServers.insert(sampleResourceServer()),
      clientGrants.insert(sampleGrant()),
    ])
    await commit([clients.remove(acme.id, id)])
    expect(await clientGrants.find(acme.id, sampleGrant().id)).toBeUndefined()
    await commit([clients.insert(sampleClient())])
    expect((await clients.findWithSecrets(acme.id, id))?.secrets).toEqual([])
  })

  test('pages go from the oldest to the newest and are counted apart', async () => {
    const { clients, commit } = current()
    const ids = ['e', 'd', 'c', 'b', 'a']
    await commit(
      ids.map((text, at) => clients.insert(sampleClient({ id: idOf(text), createdAt: secondsIn(at) }))),
    )
    const pages = [0, 2, 4, 6].map((offset) => clients.list(acme.id, { offset, limit: 2 }))
    const listed = await Promise.all(pages)
    expect(listed.map((page) => page.map((client) => client.id))).toEqual([['e', 'd'], ['c', 'b'], ['a'], []])
    expect(await clients.count(acme.id)).toBe(5)
  })

  test('a list can be of first-party clients, or of types of application; who does not say so is first-party', async () => {
    const { clients, commit } = current()
    const kept: [id: string, members: Record<string, unknown>][] = [
      ['a', {}],
      ['b', { is_first_party: true, app_type: 'spa' }],
      ['c', { is_first_party: false, app_type: 'non_interactive' }],
      ['d', { is_first_party: null, app_type: 7 }],
    ]
    await commit(
      kept.map(([text, keptMembers]) => clients.insert(sampleClient({ id: idOf(text), keptMembers }))),
    )
    const all = { offset: 0, limit: 100 }
    const cases: [filter: ClientFilter, ids: string[]][] = [
      [{}, ['a', 'b', 'c', 'd']],
      [{ isFirstParty: true }, ['a', 'b', 'd']],
      [{ isFirstParty: false }, ['c']],
      [{ appTypes: ['spa', 'non_interactive'] }, ['b', 'c']],
      [{ appTypes: ['spa'], isFirstParty: false }, []],
      [{ appTypes: ['7', '"spa"', ''] }, []],
    ]
    for (const [filter, ids] of cases) {
      const listed = await clients.list(acme.id, all, filter)
      expect([filter, listed.map((client) => client.id)]).toEqual([filter, ids])
      expect(await clients.count(acme.id, filter)).toBe(ids.length)
    }
    const after = { createdAt: secondsIn(0), id: 'b' }
    const rest = await clients.list(acme.id, { ...all, after }, { isFirstParty: true })
    expect(rest.map((client) => client.id)).toEqual(['d'])
  })

  test('a list by checkpoint begins behind an object, be it there or not', async () => {
    const { clients, commit } = current()
    const ids = ['a', 'b', 'c', 'd']
    await commit(
      ids.map((text, at) => clients.insert(sampleClient({ id: idOf(text), createdAt: secondsIn(at % 2) }))),
    )
    const behind = async (id: string, seconds: number) =>
      (
        await clients.list(acme.id, { offset: 0, limit: 9, after: { createdAt: secondsIn(seconds), id } })
      ).map((client) => client.id)
    expect(await behind('a', 0)).toEqual(['c', 'b', 'd'])
    await commit([clients.remove(acme.id, idOf('c'))])
    expect(await behind('c', 0)).toEqual(['b', 'd'])
    expect(await behind('d', 1)).toEqual([])
  })
}
