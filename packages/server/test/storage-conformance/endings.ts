import { expect, test } from 'vitest'
import type { ClientCredential } from '../../src/domain/client-credential.ts'
import type { Current } from './current.ts'
import { acme, globex, idOf, sampleClient, sampleCredential, sampleSecret, secondsIn } from './samples.ts'

const span = { from: secondsIn(10), until: secondsIn(30) }
const ids = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id)

export function registerEndingTests(current: Current): void {
  const other = sampleClient({ id: idOf('client_2') })
  const theirs = sampleClient({ tenantId: globex.id })

  const endings = [
    { name: 'lasting', expiresAt: undefined },
    { name: 'late', expiresAt: secondsIn(29) },
    { name: 'at the end', expiresAt: secondsIn(30) },
    { name: 'at the start', expiresAt: secondsIn(10), clientId: other.id },
    { name: 'before', expiresAt: secondsIn(9) },
    { name: 'theirs', expiresAt: secondsIn(20), tenantId: globex.id },
  ]

  async function insertClients() {
    const { clients, commit } = current()
    await commit([sampleClient(), other, theirs].map(clients.insert))
  }

  const kinds = {
    secrets: () => {
      const { clientSecrets: store } = current()
      return {
        store,
        writes: endings.map((one) => store.insert(sampleSecret({ ...one, id: idOf(one.name) }))),
      }
    },
    credentials: () => {
      const { clientCredentials: store } = current()
      const credential = (one: (typeof endings)[number]) =>
        sampleCredential({ ...one, id: idOf(one.name), kid: one.name })
      return { store, writes: endings.map((one) => store.insert(credential(one))) }
    },
  }

  test.each(Object.entries(kinds))(
    '%s that end within a span are found among all clients of the tenant, the soonest first',
    async (_, ofKind) => {
      await insertClients()
      const { store, writes } = ofKind()
      await current().commit(writes)
      expect(ids(await store.listEnding(acme.id, span, 5))).toEqual(['at the start', 'late'])
      expect(ids(await store.listEnding(acme.id, span, 1))).toEqual(['at the start'])
      expect(ids(await store.listEnding(globex.id, span, 5))).toEqual(['theirs'])
    },
  )

  test('names that authorities certify are read on from the last one, and nothing else is', async () => {
    const { clientCredentials, commit } = current()
    await insertClients()
    const { algorithm: _, publicJwk: __, ...ofClient } = sampleCredential()
    const named = (id: string, changes = {}): ClientCredential => ({
      ...ofClient,
      id: idOf(id),
      kid: id,
      type: 'cert_san_dns',
      certifiedName: 'a.example.org',
      authorities: ['AAAA'],
      ...changes,
    })
    const certificate: ClientCredential = {
      ...ofClient,
      id: idOf('cert'),
      kid: 'cert',
      type: 'x509_cert',
      thumbprint: 't',
      subjectDn: 'CN=a',
    }
    const [first, second] = [named('1'), named('2', { clientId: other.id, type: 'cert_subject_dn' })]
    const stored = [sampleCredential(), certificate, second, first, named('3', { tenantId: globex.id })]
    await commit(stored.map(clientCredentials.insert))
    expect(await clientCredentials.listCertifiedNames(acme.id, undefined, 1)).toEqual([first])
    expect(await clientCredentials.listCertifiedNames(acme.id, first, 5)).toEqual([second])
    expect(await clientCredentials.listCertifiedNames(acme.id, second, 5)).toEqual([])
  })

  test('clients that publish their keys are listed, page by page', async () => {
    const { clients, commit } = current()
    const publishing = (id: string, seconds: number) =>
      sampleClient({
        id: idOf(id),
        jwksUri: `https://${id}.example.org/keys`,
        createdAt: secondsIn(seconds),
      })
    const [one, two] = [publishing('one', 1), publishing('two', 2)]
    const silent = sampleClient({ jwksUri: undefined })
    await commit([two, silent, one, { ...one, tenantId: globex.id }].map(clients.insert))
    expect(ids(await clients.listPublishing(acme.id, { offset: 0, limit: 1 }))).toEqual(['one'])
    expect(ids(await clients.listPublishing(acme.id, { offset: 0, limit: 9, after: one }))).toEqual(['two'])
  })
}
