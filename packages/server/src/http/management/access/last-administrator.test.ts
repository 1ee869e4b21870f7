/** Nobody locks everyone out: one client that holds every management scope always stays. */
import { generateKeyPairSync } from 'node:crypto'
import { managementScopes } from '@tallystick/management-api/contract'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { watchTurns } from '../../../../test/longest-turn.ts'
import { nextRsaPair } from '../../../../test/rsa-pairs.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import { grantOf, plainClient } from '../../../plan-tenant.ts'

let world: TwoTenants

const lastOne = {
  status: 403,
  code: 'operation_not_supported',
  message: /last client that holds every scope/,
}
const refused = { ...lastOne, message: expect.stringMatching(lastOne.message) }

describe('where the operator stays,', () => {
  beforeAll(async () => {
    world = await startTwoTenants()
  })
  afterEach(leaveTheOperatorAlone)
  afterAll(() => world.close())

  test('the last administrator can be neither deleted nor disabled nor cut', async () => {
    const { clients, clientGrants } = world.mine.connection
    const admin = world.mine.operatorId
    const grant = await systemGrantOf(admin)
    await expect(clients.delete(admin)).rejects.toMatchObject(refused)
    await expect(clients.update(admin, { enabled: false })).rejects.toMatchObject(refused)
    await expect(clients.update(admin, { grant_types: [] })).rejects.toMatchObject(refused)
    await expect(clientGrants.update(grant, { scope: managementScopes.slice(1) })).rejects.toMatchObject(
      refused,
    )
    await expect(clientGrants.delete(grant)).rejects.toMatchObject(refused)
    await clients.update(admin, { name: 'still here' })
    expect((await clientGrants.get(grant)).scope).toEqual(managementScopes)
  })

  test('one who is disabled, or lacks a scope, is not the other who stays', async () => {
    const { clients, clientGrants } = world.mine.connection
    const second = await makeAdministrator()
    await clients.update(second, { enabled: false })
    await expect(clients.delete(world.mine.operatorId)).rejects.toMatchObject(refused)
    await clients.update(second, { enabled: true })
    await clientGrants.update(await systemGrantOf(second), { scope: managementScopes.slice(1) })
    await expect(clients.delete(world.mine.operatorId)).rejects.toMatchObject(refused)
  })

  test('one whose keys have all expired cannot come back, and is not the other who stays', async () => {
    const { clients } = world.mine.connection
    const second = await makeAdministrator()
    await authenticateWithExpiredKey(second)
    await expect(clients.delete(world.mine.operatorId)).rejects.toMatchObject(refused)
    await expect(authenticateWithExpiredKey(world.mine.operatorId)).rejects.toMatchObject(refused)
  })

  test.each(['fapi2_sp_pkj_mtls', 'fapi2_sp_pkj_dpop'] as const)(
    'the last one is not held to %s, which it could not meet',
    async (compliance_level) => {
      const { clients } = world.mine.connection
      const admin = world.mine.operatorId
      const ids = await registerKeys(
        admin,
        compliance_level === 'fapi2_sp_pkj_mtls' ? 'ES256' : 'expired ES256',
      )
      await clients.update(admin, {
        token_endpoint_auth_method: null,
        client_authentication_methods: { private_key_jwt: { credentials: ids.map((id) => ({ id })) } },
      })
      await expect(clients.update(admin, { compliance_level })).rejects.toMatchObject(refused)
      await makeAdministrator()
      await clients.update(admin, { compliance_level })
    },
  )

  test('the last one may be held to a level that its key meets', async () => {
    const { clients } = world.mine.connection
    const admin = world.mine.operatorId
    const ids = await registerKeys(admin, 'ES256')
    await clients.update(admin, {
      token_endpoint_auth_method: null,
      client_authentication_methods: { private_key_jwt: { credentials: ids.map((id) => ({ id })) } },
    })
    const { compliance_level } = await clients.update(admin, { compliance_level: 'fapi2_sp_pkj_dpop' })
    expect(compliance_level).toBe('fapi2_sp_pkj_dpop')
  })

  test('the last secret of the last one gets no end, by itself or by being the one that is left', async () => {
    const { clients, clientSecrets } = world.mine.connection
    const admin = world.mine.operatorId
    const lasting = await onlySecretOf(admin)
    const end = soon()
    await expect(clientSecrets.update(admin, lasting, { expires_at: end })).rejects.toMatchObject(
      refusedFrom(end),
    )
    const second = await clientSecrets.create(admin, { expires_at: end })
    await expect(clientSecrets.delete(admin, lasting)).rejects.toMatchObject(refusedFrom(end))
    await clientSecrets.update(admin, second.id, { expires_at: null })
    await clientSecrets.delete(admin, lasting)
    const { client_secret } = await clients.rotateSecret(admin, { overlap_seconds: 60 })
    expect(client_secret).toMatch(/^tsk_/)
  })

  test('of two, one may be given an end, and then the other may not', async () => {
    const { clients, clientSecrets } = world.mine.connection
    const second = await makeAdministrator()
    const end = soon()
    await clientSecrets.update(second, await onlySecretOf(second), { expires_at: end })
    await expect(clients.delete(world.mine.operatorId)).rejects.toMatchObject(refusedFrom(end))
    // What ends nothing sooner is no matter, nor is the one that would end first anyway.
    await clients.update(second, { name: 'for an hour' })
    await clients.update(second, { enabled: false })
  })

  test('the last one is not left to the tokens of another issuer, which may be trusted no more at any time', async () => {
    const { clients } = world.mine.connection
    const { operatorId } = world.mine
    const federated = { token_endpoint_auth_method: 'federated_jwt' } as const
    await expect(clients.update(operatorId, federated)).rejects.toMatchObject(refused)
    const second = await makeAdministrator()
    await clients.update(second, federated)
    await expect(clients.delete(operatorId)).rejects.toMatchObject(refused)
  })

  test('the last one may be asked for tokens that are bound to a key, which anybody can make', async () => {
    const { clients } = world.mine.connection
    const { require_proof_of_possession } = await clients.update(world.mine.operatorId, {
      require_proof_of_possession: true,
    })
    expect(require_proof_of_possession).toBe(true)
  })

  test('a grant of another API may go like any other', async () => {
    const { clientGrants, resourceServers } = world.mine.connection
    await resourceServers.create({ identifier: 'urn:other' })
    const { id } = await clientGrants.create({
      client_id: world.mine.operatorId,
      audience: 'urn:other',
      scope: [],
    })
    await clientGrants.delete(id)
    await expect(clientGrants.get(id)).rejects.toMatchObject({ status: 404 })
  })
})

describe('where it may go,', () => {
  beforeEach(async () => {
    world = await startTwoTenants()
  })
  afterEach(() => world.close())

  test('the last key of the last one gets no end while no other key of it goes on', async () => {
    const { clients, clientCredentials } = world.mine.connection
    const admin = world.mine.operatorId
    const [first = '', second = ''] = await registerKeys(admin, 'ES256')
    await clients.update(admin, {
      token_endpoint_auth_method: null,
      client_authentication_methods: { private_key_jwt: { credentials: [{ id: first }, { id: second }] } },
    })
    const end = soon()
    await clientCredentials.update(admin, first, { expires_at: end })
    await expect(clientCredentials.update(admin, second, { expires_at: end })).rejects.toMatchObject(
      refusedFrom(end),
    )
    // Its old secret proves it no more, and may go.
    await world.mine.connection.clientSecrets.delete(admin, await onlySecretOf(admin))
    const methods = { private_key_jwt: { credentials: [{ id: first }] } }
    await expect(clients.update(admin, { client_authentication_methods: methods })).rejects.toMatchObject(
      refusedFrom(end),
    )
  })

  test('one that never had a secret cannot come back by one', async () => {
    const { clients, clientGrants } = world.mine.connection
    const { publicKey } = generateKeyPairSync('ed25519')
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
    const { client_id } = await clients.create({
      name: 'by key',
      token_endpoint_auth_method: null,
      client_authentication_methods: {
        private_key_jwt: { credentials: [{ credential_type: 'public_key', pem }] },
      },
    })
    const audience = world.mine.issuer.managementAudience
    await clientGrants.create({ client_id, audience, scope: [...managementScopes] })
    await clients.update(client_id, {
      token_endpoint_auth_method: 'client_secret_post',
      client_authentication_methods: null,
    })
    await expect(clients.delete(world.mine.operatorId)).rejects.toMatchObject(refused)
    await clients.rotateSecret(client_id)
    await clients.delete(world.mine.operatorId)
  })

  test('of two administrators one may go, but not both at once', async () => {
    const { clients } = world.mine.connection
    const second = await makeAdministrator()
    const both = await Promise.allSettled([clients.delete(second), clients.delete(world.mine.operatorId)])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    // Who comes second may be the one whose token has just become worth nothing.
    const rejected = both.filter((settled) => settled.status === 'rejected')
    expect([401, 403]).toContain(rejected[0]?.reason.status)
  })

  test('the other administrator is found behind any number of clients that hold less, and nobody waits for the search', async () => {
    await makeClientsWithLess(20_000)
    await expect(world.mine.connection.clients.delete(world.mine.operatorId)).rejects.toMatchObject(refused)
    await makeAdministrator()
    const longestTurnMs = watchTurns()
    await world.mine.connection.clients.delete(world.mine.operatorId)
    // Read in one go, they keep everybody waiting for two seconds.
    expect(longestTurnMs()).toBeLessThan(700)
  })
})

/** As it was at first: with one secret that goes on, and no other client beside it. */
async function leaveTheOperatorAlone(): Promise<void> {
  const { clients, clientCredentials } = world.mine.connection
  const admin = world.mine.operatorId
  await clients.update(admin, {
    token_endpoint_auth_method: 'client_secret_post',
    client_authentication_methods: null,
    compliance_level: 'none',
    require_proof_of_possession: false,
  })
  await clients.rotateSecret(admin)
  for (const { id } of await clientCredentials.list(admin)) await clientCredentials.delete(admin, id)
  for (const { client_id } of (await clients.list()).clients) {
    if (client_id !== admin) await clients.delete(client_id)
  }
}

async function systemGrantOf(client_id: string): Promise<string> {
  const audience = world.mine.issuer.managementAudience
  const { client_grants } = await world.mine.connection.clientGrants.list({ client_id, audience })
  return client_grants[0]?.id ?? ''
}

async function makeAdministrator(): Promise<string> {
  const { clients, clientGrants } = world.mine.connection
  const { client_id } = await clients.create({ name: 'second administrator' })
  const audience = world.mine.issuer.managementAudience
  await clientGrants.create({ client_id, audience, scope: [...managementScopes] })
  return client_id
}

async function authenticateWithExpiredKey(client_id: string): Promise<void> {
  const { clients, clientCredentials } = world.mine.connection
  const { publicKey } = generateKeyPairSync('ed25519')
  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  const { id } = await clientCredentials.create(client_id, { credential_type: 'public_key', pem })
  await clientCredentials.update(client_id, id, { expires_at: '2020-01-01T00:00:00Z' })
  await clients.update(client_id, {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { credentials: [{ id }] } },
  })
}

/** A key for ES256 and one for RS256, which no level counts. */
async function registerKeys(client_id: string, of: 'ES256' | 'expired ES256'): Promise<string[]> {
  const { clientCredentials } = world.mine.connection
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsa = nextRsaPair()
  const made: string[] = []
  for (const { publicKey } of [ec, rsa]) {
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
    const { id } = await clientCredentials.create(client_id, { credential_type: 'public_key', pem })
    made.push(id)
  }
  const [first = ''] = made
  if (of === 'expired ES256') {
    await clientCredentials.update(client_id, first, { expires_at: '2020-01-01T00:00:00Z' })
  }
  return made
}

const soon = () => new Date(Date.now() + 3_600_000).toISOString()
const refusedFrom = (moment: string) => ({
  ...lastOne,
  message: expect.stringContaining(`could come in after ${moment}`),
})

async function onlySecretOf(client_id: string): Promise<string> {
  const [secret] = await world.mine.connection.clientSecrets.list(client_id)
  return secret?.id ?? ''
}

async function makeClientsWithLess(count: number): Promise<void> {
  const { storage } = world.rooms
  const { id } = world.mine.tenant
  const system = await storage.resourceServers.findSystem(id)
  if (!system) throw new TypeError('A tenant has a management API.')
  for (let made = 0; made < count; made += 1000) {
    const writes = Array.from({ length: 1000 }, () => {
      const client = plainClient(id, 'holds less', '', new Date())
      const grant = grantOf(client, system, new Date())
      return [
        storage.clients.insert(client),
        storage.clientGrants.insert({ ...grant, scopes: grant.scopes.slice(1) }),
      ]
    })
    await storage.commit(writes.flat())
  }
}
