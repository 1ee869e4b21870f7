import { expect, test } from 'vitest'
import type { ClientCredential } from '../../src/domain/client-credential.ts'
import { AlreadyExistsError, GoneError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import { acme, globex, idOf, sampleClient, sampleCredential, secondsIn } from './samples.ts'

export function registerClientCredentialTests(current: Current): void {
  const { id: clientId } = sampleClient()
  const credential = sampleCredential()

  async function insertClient() {
    const { clients, commit } = current()
    await commit([clients.insert(sampleClient())])
  }

  test('a credential of a client that is not there, or under an id or kid that is taken, is refused', async () => {
    const { clientCredentials, commit } = current()
    const insert = (changes: Partial<typeof credential>) =>
      commit([clientCredentials.insert(sampleCredential(changes))])
    await expect(insert({})).rejects.toThrow(GoneError)
    await insertClient()
    await expect(insert({ tenantId: globex.id })).rejects.toThrow(GoneError)
    await insert({})
    await expect(insert({ kid: 'another' })).rejects.toThrow(AlreadyExistsError)
    await expect(insert({ id: idOf('cred_2') })).rejects.toThrow(AlreadyExistsError)
  })

  test('a credential that is gone cannot be changed; removing it again is fine', async () => {
    const { clientCredentials, commit } = current()
    await insertClient()
    await expect(commit([clientCredentials.changeExpiry(credential)])).rejects.toThrow(GoneError)
    await commit([clientCredentials.remove(acme.id, clientId, credential.id)])
  })

  test('another tenant or client neither finds, changes nor removes a credential', async () => {
    const { clients, clientCredentials, commit } = current()
    await insertClient()
    await commit([
      clients.insert(sampleClient({ id: idOf('client_2') })),
      clientCredentials.insert(credential),
    ])
    for (const [tenantId, owner] of [
      [globex.id, clientId],
      [acme.id, idOf<typeof clientId>('client_2')],
    ] as const) {
      expect(await clientCredentials.find(tenantId, owner, credential.id)).toBeUndefined()
      expect(await clientCredentials.list(tenantId, owner)).toEqual([])
      const theirs = clientCredentials.changeExpiry({ ...credential, tenantId, clientId: owner })
      await expect(commit([theirs])).rejects.toThrow(GoneError)
      await commit([clientCredentials.remove(tenantId, owner, credential.id)])
    }
    expect(await clientCredentials.list(acme.id, clientId)).toEqual([credential])
  })

  test('a credential of each kind of key comes back as it was stored, oldest first', async () => {
    const { clientCredentials, commit } = current()
    await insertClient()
    const rsa = sampleCredential({
      id: idOf('cred_0'),
      kid: 'rsa',
      algorithm: 'PS256',
      publicJwk: { kty: 'RSA', n: 'AAAA', e: 'AQAB' },
      expiresAt: undefined,
      createdAt: secondsIn(1),
    })
    const okp = sampleCredential({
      id: idOf('cred_3'),
      kid: 'okp',
      algorithm: 'EdDSA',
      publicJwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' },
      createdAt: secondsIn(2),
    })
    await commit([okp, rsa, credential].map(clientCredentials.insert))
    expect(await clientCredentials.list(acme.id, clientId)).toEqual([credential, rsa, okp])
    expect(await clientCredentials.find(acme.id, clientId, rsa.id)).toEqual(rsa)
  })

  test('a certificate, and a name that authorities certify, come back as they were stored', async () => {
    const { clientCredentials, commit } = current()
    await insertClient()
    const { algorithm: _, publicJwk: __, ...ofClient } = credential
    const stored: ClientCredential[] = [
      { ...ofClient, type: 'x509_cert', thumbprint: 'AAAA', subjectDn: 'CN=a\\, “ü”' },
      {
        ...ofClient,
        id: idOf('cred_2'),
        kid: 'another',
        type: 'cert_san_uri',
        certifiedName: 'spiffe://example.org/a',
        authorities: ['AAAA', 'BBBB'],
        createdAt: secondsIn(1),
      },
    ]
    await commit(stored.map(clientCredentials.insert))
    expect(await clientCredentials.list(acme.id, clientId)).toEqual(stored)
  })

  test('only when a credential expires can be changed', async () => {
    const { clientCredentials, commit } = current()
    await insertClient()
    await commit([clientCredentials.insert(credential)])
    const changed = { ...credential, expiresAt: undefined, updatedAt: secondsIn(5) }
    await commit([clientCredentials.changeExpiry({ ...changed, name: 'other', kid: 'other' })])
    expect(await clientCredentials.find(acme.id, clientId, credential.id)).toEqual(changed)
  })

  test('a client that is removed takes its credentials along', async () => {
    const { clients, clientCredentials, commit } = current()
    await insertClient()
    await commit([clientCredentials.insert(credential)])
    await commit([clients.remove(acme.id, clientId)])
    await insertClient()
    expect(await clientCredentials.list(acme.id, clientId)).toEqual([])
  })
}
