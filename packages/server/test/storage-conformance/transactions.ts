import { expect, test } from 'vitest'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError } from '../../src/domain/storage.ts'
import type { Write } from '../../src/domain/write.ts'
import type { Current } from './current.ts'
import { acme, idOf, sampleClient, sampleRule, sampleSecret } from './samples.ts'

export function registerTransactionTests(current: Current): void {
  const clientNames = async () =>
    (await current().clients.list(acme.id, { offset: 0, limit: 100 })).map((client) => client.id)

  test('a commit of which one write fails changes nothing', async () => {
    const { clients, clientSecrets, commit } = current()
    await commit([clients.insert(sampleClient())])
    await expect(
      commit([
        clients.insert(sampleClient({ id: idOf('client_2') })),
        clientSecrets.remove(sampleSecret()),
        clients.insert(sampleClient()),
      ]),
    ).rejects.toThrow(AlreadyExistsError)
    expect(await clientNames()).toEqual(['client_1'])
  })

  test('a write that another storage described is refused', async () => {
    const foreign: unknown = { steps: [] }
    await expect(current().commit([foreign as Write])).rejects.toThrow(TypeError)
  })

  test('a group that fails leaves no trace, and the others stand', async () => {
    const { clients, commitGroups } = current()
    const nobody = sampleClient({ id: idOf('nobody') })
    const errors = await commitGroups([
      [clients.insert(sampleClient({ id: idOf('client_1') }))],
      [clients.insert(sampleClient({ id: idOf('client_2') })), clients.update(nobody, nobody)],
      [],
      [clients.insert(sampleClient({ id: idOf('client_1') }))],
      [clients.insert(sampleClient({ id: idOf('client_3') }))],
    ])
    expect(errors.map((error) => error?.constructor)).toEqual([
      undefined,
      ChangedMeanwhileError,
      undefined,
      AlreadyExistsError,
      undefined,
    ])
    expect(await clientNames()).toEqual(['client_1', 'client_3'])
  })

  test('a group whose fault shows only at the end does not disturb the others either', async () => {
    const { clients, clientSecrets, rules, commitGroups } = current()
    const errors = await commitGroups([
      [clients.insert(sampleClient())],
      [rules.insert(sampleRule({ activeVersionId: idOf('ver_nowhere') }))],
      [clientSecrets.insert(sampleSecret())],
    ])
    expect(errors.map((error) => error?.constructor)).toEqual([undefined, GoneError, undefined])
    expect(await clientNames()).toEqual(['client_1'])
    expect(await rules.list(acme.id)).toEqual([])
  })

  test('later writes of a commit see the earlier ones', async () => {
    const { clients, clientSecrets, commit } = current()
    await commit([
      clients.insert(sampleClient()),
      clientSecrets.insert(sampleSecret()),
      clients.update(sampleClient({ name: 'renamed' }), sampleClient()),
    ])
    const found = await clients.findWithSecrets(acme.id, idOf('client_1'))
    expect(found?.client.name).toBe('renamed')
    expect(found?.secrets).toHaveLength(1)
  })

  test('commits that are begun together are each whole', async () => {
    const { clients, commit } = current()
    const ids = Array.from({ length: 50 }, (_, at) => `client_${String(at).padStart(2, '0')}`)
    await Promise.all(ids.map((id) => commit([clients.insert(sampleClient({ id: idOf(id) }))])))
    expect(await clientNames()).toEqual(ids)
  })

  test('a commit or a group of nothing succeeds', async () => {
    await current().commit([])
    expect(await current().commitGroups([])).toEqual([])
    expect(await current().commitGroups([[], []])).toEqual([undefined, undefined])
  })

  test('migrating again changes nothing', async () => {
    const { clients, commit, migrate } = current()
    await commit([clients.insert(sampleClient())])
    await migrate()
    expect(await clientNames()).toEqual(['client_1'])
  })

  test('a storage that works says that it is ready', async () => {
    expect(await current().health()).toEqual({ ready: true })
  })
}
