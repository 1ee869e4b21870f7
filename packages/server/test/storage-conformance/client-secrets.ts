import { expect, test } from 'vitest'
import { AlreadyExistsError, GoneError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import { acme, globex, idOf, sampleClient, sampleSecret, secondsIn } from './samples.ts'

export function registerClientSecretTests(current: Current): void {
  const { id: clientId } = sampleClient()
  const secret = sampleSecret()
  const unused = { ...secret, firstUsedAt: undefined, lastUsedAt: undefined }

  async function insertClient() {
    const { clients, commit } = current()
    await commit([clients.insert(sampleClient())])
  }

  test('a secret of a client that is not there, or under an id that is taken, is refused', async () => {
    const { clientSecrets, commit } = current()
    await expect(commit([clientSecrets.insert(secret)])).rejects.toThrow(GoneError)
    await insertClient()
    await expect(commit([clientSecrets.insert({ ...secret, tenantId: globex.id })])).rejects.toThrow(
      GoneError,
    )
    await commit([clientSecrets.insert(secret)])
    await expect(commit([clientSecrets.insert(secret)])).rejects.toThrow(AlreadyExistsError)
  })

  test('a secret that is gone cannot be changed; removing it again, or noting its use, is fine', async () => {
    const { clientSecrets, commit } = current()
    await insertClient()
    await expect(commit([clientSecrets.change(secret)])).rejects.toThrow(GoneError)
    await commit([clientSecrets.remove(secret), clientSecrets.recordUse({ secret, at: secondsIn(1) })])
    await commit([clientSecrets.insert(secret)])
    expect(await clientSecrets.list(acme.id, clientId)).toEqual([unused])
  })

  test('another tenant or client neither finds, changes, uses nor removes a secret', async () => {
    const { clients, clientSecrets, commit } = current()
    await insertClient()
    await commit([clients.insert(sampleClient({ id: idOf('client_2') })), clientSecrets.insert(secret)])
    for (const [tenantId, owner] of [
      [globex.id, clientId],
      [acme.id, idOf<typeof clientId>('client_2')],
    ] as const) {
      const theirs = { ...secret, tenantId, clientId: owner }
      expect(await clientSecrets.list(tenantId, owner)).toEqual([])
      expect((await clients.findWithSecrets(tenantId, owner))?.secrets ?? []).toEqual([])
      await expect(commit([clientSecrets.change({ ...theirs, name: 'taken' })])).rejects.toThrow(GoneError)
      await commit([
        clientSecrets.recordUse({ secret: theirs, at: secondsIn(1) }),
        clientSecrets.remove(theirs),
      ])
    }
    expect(await clientSecrets.list(acme.id, clientId)).toEqual([unused])
  })

  test('a client comes with its secrets, oldest first, as they were stored and as they were changed', async () => {
    const { clients, clientSecrets, commit } = current()
    await insertClient()
    const newer = sampleSecret({ id: idOf('sec_0'), hash: new Uint8Array(32), createdAt: secondsIn(1) })
    const lasting = sampleSecret({ id: idOf('sec_2'), expiresAt: undefined, createdAt: secondsIn(2) })
    await commit([lasting, newer, secret].map(clientSecrets.insert))
    expect((await clients.findWithSecrets(acme.id, clientId))?.secrets).toEqual([secret, newer, lasting])
    const changed = { ...secret, name: '', expiresAt: undefined }
    const ending = { ...lasting, expiresAt: secondsIn(9) }
    await commit([
      clientSecrets.change({ ...changed, hash: new Uint8Array(32), createdAt: secondsIn(9) }),
      clientSecrets.change(ending),
      clientSecrets.remove(newer),
    ])
    expect(await clients.findWithSecrets(acme.id, clientId)).toEqual({
      client: sampleClient(),
      secrets: [changed, ending],
    })
  })

  test('the first use of a secret is the one that was noted first, the last the latest; both go with the secret', async () => {
    const { clientSecrets, commit } = current()
    await insertClient()
    await commit([clientSecrets.insert(secret)])
    for (const seconds of [5, 9, 7])
      await commit([clientSecrets.recordUse({ secret, at: secondsIn(seconds) })])
    expect(await clientSecrets.list(acme.id, clientId)).toEqual([
      { ...secret, firstUsedAt: secondsIn(5), lastUsedAt: secondsIn(9) },
    ])
    await commit([clientSecrets.remove(secret), clientSecrets.insert(secret)])
    expect(await clientSecrets.list(acme.id, clientId)).toEqual([unused])
  })

  test('expired secrets go by the time at which they expired, in steps; one without expiry stays', async () => {
    const { clientSecrets, commit } = current()
    await insertClient()
    expect(await clientSecrets.oldestAt()).toBeUndefined()
    const at = [30, 10, 20]
    await commit([
      clientSecrets.insert(sampleSecret({ id: idOf('sec_lasting'), expiresAt: undefined })),
      ...at.map((seconds) =>
        clientSecrets.insert(sampleSecret({ id: idOf(`sec_${seconds}`), expiresAt: secondsIn(seconds) })),
      ),
    ])
    const left = async () => (await clientSecrets.list(acme.id, clientId)).map(({ id }) => id)
    expect(await clientSecrets.oldestAt()).toEqual(secondsIn(10))
    await commit([clientSecrets.removeBefore(secondsIn(30), 1)])
    expect(await clientSecrets.oldestAt()).toEqual(secondsIn(20))
    await commit([clientSecrets.removeBefore(secondsIn(30), 10)])
    expect(await left()).toEqual(['sec_30', 'sec_lasting'])
    await commit([clientSecrets.removeBefore(secondsIn(31), 10)])
    expect(await left()).toEqual(['sec_lasting'])
    expect(await clientSecrets.oldestAt()).toBeUndefined()
  })
}
