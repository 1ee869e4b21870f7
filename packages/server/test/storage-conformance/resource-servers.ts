import { beforeEach, describe, expect, test } from 'vitest'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import { acme, globex, idOf, sampleClient, sampleGrant, sampleResourceServer, secondsIn } from './samples.ts'

const everything = { offset: 0, limit: 100 }

export function registerResourceServerTests(current: Current): void {
  const api = sampleResourceServer()

  test('a second resource server of the same identifier is refused within a tenant, not beyond', async () => {
    const { resourceServers, commit } = current()
    await commit([resourceServers.insert(api)])
    const second = sampleResourceServer({ id: idOf('api_2') })
    await expect(commit([resourceServers.insert(second)])).rejects.toThrow(AlreadyExistsError)
    await commit([resourceServers.insert({ ...second, tenantId: globex.id })])
  })

  test('a tenant has one management API', async () => {
    const { resourceServers, commit } = current()
    expect(await resourceServers.findSystem(acme.id)).toBeUndefined()
    const system = sampleResourceServer({ isSystem: true })
    await commit([resourceServers.insert(system)])
    const second = sampleResourceServer({ id: idOf('api_2'), identifier: idOf('urn:2'), isSystem: true })
    await expect(commit([resourceServers.insert(second)])).rejects.toThrow(AlreadyExistsError)
    expect(await resourceServers.findSystem(acme.id)).toEqual(system)
    expect(await resourceServers.findSystem(globex.id)).toBeUndefined()
  })

  test('another tenant finds a resource server neither by id nor by identifier', async () => {
    const { resourceServers, commit } = current()
    await commit([resourceServers.insert(api)])
    expect(await resourceServers.find(globex.id, api.id)).toBeUndefined()
    expect(await resourceServers.findByIdentifier(globex.id, api.identifier)).toBeUndefined()
    await commit([resourceServers.remove(globex.id, api.id)])
    const theirs = resourceServers.update({ ...api, tenantId: globex.id }, api)
    await expect(commit([theirs])).rejects.toThrow(ChangedMeanwhileError)
    expect(await resourceServers.list(acme.id, everything)).toEqual([api])
    expect(await resourceServers.count(acme.id)).toBe(1)
  })

  test('an identifier is compared byte for byte', async () => {
    const { resourceServers, commit } = current()
    await commit([resourceServers.insert(api)])
    for (const other of ['https://API.example.com/', 'https://api.example.com', `${api.identifier} `]) {
      expect(await resourceServers.findByIdentifier(acme.id, idOf(other))).toBeUndefined()
    }
    expect(await resourceServers.findByIdentifier(acme.id, api.identifier)).toEqual(api)
  })

  test('a resource server comes back as it was changed', async () => {
    const { resourceServers, commit } = current()
    const changed = sampleResourceServer({
      scopes: [],
      signing: { algorithm: 'HS256', encryptedSecret: idOf('e1.abc.def') },
      tokenDialect: 'rfc9068_profile_authz',
      enforcePolicies: true,
      clientPolicy: 'deny_all',
      tokenEncryption: {
        name: 'of the API',
        algorithm: 'RSA-OAEP-512',
        kid: 'k1',
        publicKeyPem: '-----BEGIN PUBLIC KEY-----',
      },
      ruleScopes: 'grant',
      tokenLifetimeSeconds: 60,
      updatedAt: secondsIn(9),
    })
    await commit([resourceServers.insert(api), resourceServers.update(changed, api)])
    expect(await resourceServers.find(acme.id, api.id)).toEqual(changed)
    const late = resourceServers.update(sampleResourceServer({ name: 'late' }), api)
    await expect(commit([late])).rejects.toThrow(ChangedMeanwhileError)
  })

  describe('client grants', () => {
    const grant = sampleGrant()
    beforeEach(async () => {
      const { clients, resourceServers, commit } = current()
      await commit([
        clients.insert(sampleClient()),
        clients.insert(sampleClient({ id: idOf('client_2') })),
        clients.insert(sampleClient({ tenantId: globex.id, id: idOf('client_g') })),
        resourceServers.insert(api),
        resourceServers.insert(sampleResourceServer({ id: idOf('api_2'), identifier: idOf('urn:2') })),
      ])
    })

    test('a client grant needs a client and a resource server of its own tenant', async () => {
      const { clientGrants, commit } = current()
      for (const bad of [
        sampleGrant({ clientId: idOf('nobody') }),
        sampleGrant({ resourceServerId: idOf('nothing') }),
        sampleGrant({ clientId: idOf('client_g') }),
        sampleGrant({ tenantId: globex.id, clientId: idOf('client_g') }),
      ]) {
        await expect(commit([clientGrants.insert(bad)])).rejects.toThrow(GoneError)
      }
    })

    test('a client has one grant for each resource server', async () => {
      const { clientGrants, commit } = current()
      await commit([clientGrants.insert(grant)])
      const second = sampleGrant({ id: idOf('cgr_2') })
      await expect(commit([clientGrants.insert(second)])).rejects.toThrow(AlreadyExistsError)
      await expect(commit([clientGrants.update(second, second)])).rejects.toThrow(ChangedMeanwhileError)
    })

    test('a client grant is found by id and by what it joins, in its own tenant only', async () => {
      const { clientGrants, commit } = current()
      const changed = sampleGrant({ scopes: [idOf('read')], updatedAt: secondsIn(9) })
      await commit([clientGrants.insert(grant), clientGrants.update(changed, grant)])
      expect(await clientGrants.find(acme.id, grant.id)).toEqual(changed)
      expect(await clientGrants.findFor(acme.id, grant.clientId, grant.resourceServerId)).toEqual(changed)
      await expect(commit([clientGrants.update(grant, grant)])).rejects.toThrow(ChangedMeanwhileError)
      expect(await clientGrants.find(globex.id, grant.id)).toBeUndefined()
      expect(await clientGrants.findFor(globex.id, grant.clientId, grant.resourceServerId)).toBeUndefined()
      await commit([clientGrants.remove(globex.id, grant.id)])
      expect(await clientGrants.count(acme.id, {})).toBe(1)
      await commit([clientGrants.remove(acme.id, grant.id), clientGrants.remove(acme.id, grant.id)])
      expect(await clientGrants.count(acme.id, {})).toBe(0)
    })

    test('a grant of all scopes comes back as one, and is found by what it says of organizations', async () => {
      const { clientGrants, commit } = current()
      const changed = sampleGrant({
        scopes: [],
        allScopes: true,
        organizationUsage: 'allow',
        allowAnyOrganization: true,
        updatedAt: secondsIn(9),
      })
      await commit([clientGrants.insert(grant), clientGrants.update(changed, grant)])
      expect(await clientGrants.find(acme.id, grant.id)).toEqual(changed)
      expect(await clientGrants.list(acme.id, { allowAnyOrganization: true }, everything)).toEqual([changed])
      expect(await clientGrants.count(acme.id, { allowAnyOrganization: false })).toBe(0)
    })

    test('client grants are listed behind a checkpoint, also when its grant is gone', async () => {
      const { clientGrants, commit } = current()
      const second = sampleGrant({ id: idOf('cgr_2'), clientId: idOf('client_2') })
      await commit([clientGrants.insert(grant), clientGrants.insert(second)])
      const after = { createdAt: grant.createdAt, id: grant.id }
      await commit([clientGrants.remove(acme.id, grant.id)])
      expect(await clientGrants.list(acme.id, {}, { ...everything, after })).toEqual([second])
    })

    test('client grants are listed by client, by resource server and by both', async () => {
      const { clientGrants, commit } = current()
      const pairs = [
        ['client_1', 'api_1'],
        ['client_1', 'api_2'],
        ['client_2', 'api_1'],
      ]
      await commit(
        pairs.map(([clientId = '', apiId = ''], at) =>
          clientGrants.insert(
            sampleGrant({
              id: idOf(`cgr_${at}`),
              clientId: idOf(clientId),
              resourceServerId: idOf(apiId),
              createdAt: secondsIn(at),
            }),
          ),
        ),
      )
      const clientId = idOf<typeof grant.clientId>('client_1')
      const resourceServerId = idOf<typeof grant.resourceServerId>('api_1')
      const listed = async (filter: Parameters<typeof clientGrants.list>[1]) => {
        const page = await clientGrants.list(acme.id, filter, everything)
        expect(await clientGrants.count(acme.id, filter)).toBe(page.length)
        return page.map((item) => item.id)
      }
      expect(await listed({})).toEqual(['cgr_0', 'cgr_1', 'cgr_2'])
      expect(await listed({ clientId })).toEqual(['cgr_0', 'cgr_1'])
      expect(await listed({ resourceServerId })).toEqual(['cgr_0', 'cgr_2'])
      expect(await listed({ clientId, resourceServerId })).toEqual(['cgr_0'])
    })

    test('a resource server that is removed takes its client grants along', async () => {
      const { clientGrants, resourceServers, commit } = current()
      await commit([clientGrants.insert(grant)])
      await commit([resourceServers.remove(acme.id, api.id)])
      expect(await clientGrants.find(acme.id, grant.id)).toBeUndefined()
    })
  })
}
