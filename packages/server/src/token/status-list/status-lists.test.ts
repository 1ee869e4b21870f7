import { inflateSync } from 'node:zlib'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  acme,
  globex,
  idOf,
  sampleClient,
  sampleGrant,
  sampleResourceServer,
} from '../../../test/storage-conformance/samples.ts'
import { openTurningKeys, type TurningKeys } from '../../../test/turning-keys.ts'
import type { IssuedToken, StatusListId } from '../../domain/issued-token.ts'
import { issuerOf } from '../../domain/issuer.ts'
import type { TokenSigning } from '../../domain/resource-server.ts'
import type { RevocationSubject } from '../../domain/revocation.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { createMayHoldTokens } from '../presented-token/may-hold-tokens.ts'
import { createStatusListContents } from './status-list-content.ts'
import { createStatusLists, type PublishStatusList } from './status-lists.ts'

const listId = idOf<StatusListId>('list_1')
const place = { tenant: acme, issuer: issuerOf(acme, 'https://tokens.example.com') }

let keys: TurningKeys
let publish: PublishStatusList
let readings: number
beforeEach(async () => {
  keys = await openTurningKeys()
  const { storage, ring, now } = keys
  const { resourceServers, clients, clientGrants, commit } = storage
  await commit([
    resourceServers.insert(sampleResourceServer()),
    clients.insert(sampleClient()),
    clientGrants.insert(sampleGrant()),
  ])
  await issue(0)
  readings = 0
  const contents = createStatusListContents({ ...storage, mayHoldTokens: createMayHoldTokens(storage) })
  const counting: typeof contents = {
    ...contents,
    read: (...which) => {
      readings += 1
      return contents.read(...which)
    },
  }
  const { revocations, changes } = storage
  publish = createStatusLists({ contents: counting, revocations, changes, ring, now })
})

async function issue(...indexes: number[]): Promise<void> {
  await issueIn(acme, indexes)
}

async function issueIn({ id: tenantId }: Tenant, indexes: readonly number[]): Promise<void> {
  const { issuedTokens, commit } = keys.storage
  const common = {
    tenantId,
    clientId: idOf<IssuedToken['clientId']>('client_1'),
    resourceServerId: idOf<IssuedToken['resourceServerId']>('api_1'),
    issuedAt: keys.now(),
    expiresAt: keys.after(86_400),
    ruleVersionIds: [idOf<IssuedToken['ruleVersionIds'][number]>('ver_1')],
    opaque: undefined,
  }
  await commit(
    indexes.map((index) =>
      issuedTokens.insert({ ...common, jti: idOf(`jti_${index}`), statusPlace: { listId, index } }),
    ),
  )
}

async function revoke(...subjects: RevocationSubject[]): Promise<void> {
  const { revocations, commit } = keys.storage
  const times = { revokedAt: keys.now(), expiresAt: keys.after(86_400) }
  await commit(subjects.map((subject) => revocations.put({ tenantId: acme.id, subject, ...times })))
}

const tokenOf = (index: number): RevocationSubject => ({ kind: 'token', jti: idOf(`jti_${index}`) })
const clientOf = (id: string): RevocationSubject => ({ kind: 'client', clientId: idOf(id) })

async function list(): Promise<string> {
  return (await publish(place, listId)) ?? expect.fail('There is no list.')
}

function invalidIn(jwt: string): number[] {
  const { lst } = Object(decodeJwt(jwt).status_list)
  const bytes = inflateSync(Buffer.from(lst, 'base64url'))
  return [...bytes].flatMap((byte, at) =>
    [...Array(8).keys()].flatMap((bit) => ((byte >> bit) & 1 ? [at * 8 + bit] : [])),
  )
}

describe('a list', () => {
  test('is none where no token is', async () => {
    expect(await publish(place, idOf('list_2'))).toBeUndefined()
    expect(await publish({ ...place, tenant: globex }, listId)).toBeUndefined()
  })

  test('tells at once of tokens that are revoked one by one, and all are read once', async () => {
    await issue(9, 65_535)
    expect(invalidIn(await list())).toEqual([])
    await revoke(tokenOf(9))
    expect(invalidIn(await list())).toEqual([9])
    await revoke(tokenOf(65_535), tokenOf(9), { kind: 'token', jti: idOf('of nobody') })
    expect(invalidIn(await list())).toEqual([9, 65_535])
    expect(readings).toBe(1)
  })

  test.each<RevocationSubject>([
    { kind: 'client', clientId: idOf('client_1') },
    { kind: 'rule_version', ruleVersionId: idOf('ver_1') },
  ])('tells at once of all that were revoked with their $kind, and of no later one', async (subject) => {
    expect(invalidIn(await list())).toEqual([])
    await revoke(tokenOf(7), subject)
    expect(invalidIn(await list())).toEqual([0])
    keys.pass(1)
    await issue(8)
    keys.pass(60)
    expect(invalidIn(await list())).toEqual([0])
  })

  test('tells of more revocations than it looks at one by one', async () => {
    await list()
    await revoke(tokenOf(0), ...Array.from({ length: 600 }, (_, at) => tokenOf(1000 + at)))
    expect(invalidIn(await list())).toEqual([0])
    expect(readings).toBe(2)
  })

  test('that many ask for while things are revoked is read by one of them at a time', async () => {
    const asked: Promise<string>[] = []
    for (let index = 0; index < 20; index += 1) {
      await issue(100 + index)
      await revoke(tokenOf(100 + index), clientOf(`client_${100 + index}`))
      asked.push(list())
    }
    const told = (await Promise.all(asked)).map((jwt) => invalidIn(jwt).length)
    // Each has what was revoked before it asked; who waited has more.
    expect(told.every((count, at) => count > at)).toBe(true)
    expect(readings).toBeLessThanOrEqual(20)
    const before = readings
    await revoke(clientOf('client_99'))
    const same = await Promise.all(Array.from({ length: 20 }, list))
    expect([new Set(same).size, readings - before]).toEqual([1, 1])
  })

  test('costs no more for the thousands of clients that were revoked before', async () => {
    await issue(...Array.from({ length: 2000 }, (_, at) => at + 1))
    await revoke(...Array.from({ length: 6000 }, (_, at) => clientOf(`gone_${at}`)))
    const began = process.cpuUsage()
    await list()
    const { user } = process.cpuUsage(began)
    expect(user).toBeLessThan(400_000)
  })
})

describe('a list is signed', () => {
  async function algorithmOf(tenant: Tenant, signing: TokenSigning | undefined): Promise<string | undefined> {
    const { storage } = keys
    const tenantId = tenant.id
    const stored = await storage.resourceServers.find(tenantId, idOf('api_1'))
    const changed = sampleResourceServer({ tenantId, ...(signing && { signing }) })
    await storage.commit([
      ...(stored ? [storage.resourceServers.remove(tenantId, stored.id)] : []),
      ...(signing ? [storage.resourceServers.insert(changed)] : []),
    ])
    const contents = createStatusListContents({ ...storage, mayHoldTokens: createMayHoldTokens(storage) })
    return (await contents.read(tenant, listId))?.algorithm
  }

  test('as the tokens are, or with ES256 where that cannot be', async () => {
    await issueIn(globex, [0])
    for (const algorithm of ['RS256', 'PS256', 'EdDSA', 'RS512'] as const) {
      expect(await algorithmOf(globex, { algorithm })).toBe(algorithm)
    }
    expect(await algorithmOf(globex, { algorithm: 'HS256', encryptedSecret: idOf('e1.a.b') })).toBe('ES256')
    expect(await algorithmOf(globex, undefined)).toBe('ES256')
  })

  test('in a tenant that is held to FAPI with nothing that it excludes', async () => {
    expect(acme.security.profile).toBe('fapi2')
    for (const algorithm of ['PS256', 'ES256', 'EdDSA'] as const) {
      expect(await algorithmOf(acme, { algorithm })).toBe(algorithm)
    }
    for (const algorithm of ['RS256', 'RS512', 'ML-DSA-65'] as const) {
      expect(await algorithmOf(acme, { algorithm })).toBe('ES256')
    }
  })

  test('anew by the key that takes the place of a revoked one, at once', async () => {
    const kid = async () => decodeProtectedHeader(await list()).kid
    const leaked = await keys.keyThat('current')
    expect(await kid()).toBe(leaked.id)
    await keys.storage.commit((await keys.revocation.planEmergency(leaked)).writes)
    expect(await kid()).toBe((await keys.keyThat('current')).id)
  })

  test('for fifteen seconds with one signature', async () => {
    // The first one notes how long its key is needed.
    await list()
    const first = await list()
    keys.pass(14.999)
    expect(await list()).toBe(first)
    keys.pass(0.001)
    expect(await list()).not.toBe(first)
  })

  test('again after it could not be', async () => {
    const current = await keys.keyThat('current')
    const next = await keys.keyThat('next')
    const { signingKeys, commit } = keys.storage
    await commit([signingKeys.remove(acme.id, current.id), signingKeys.remove(acme.id, next.id)])
    await expect(list()).rejects.toThrow('not there any more')
    await commit((await keys.ring.createRing(acme.id, 'ES256')).map((key) => signingKeys.insert(key)))
    expect(invalidIn(await list())).toEqual([])
  })
})
