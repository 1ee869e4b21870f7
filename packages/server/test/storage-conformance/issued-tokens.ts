import { expect, test } from 'vitest'
import { type IssuedToken, statusListSize } from '../../src/domain/issued-token.ts'
import type { Revocation } from '../../src/domain/revocation.ts'
import { AlreadyExistsError, GoneError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import { acme, globex, idOf, secondsIn } from './samples.ts'

const listId = idOf<NonNullable<IssuedToken['statusPlace']>['listId']>('list_1')

export function sampleToken(changes: Partial<IssuedToken> = {}): IssuedToken {
  return {
    tenantId: acme.id,
    jti: idOf('jti_1'),
    clientId: idOf('client_1'),
    resourceServerId: idOf('api_1'),
    issuedAt: secondsIn(0),
    expiresAt: secondsIn(60),
    ruleVersionIds: [],
    statusPlace: undefined,
    opaque: undefined,
    ...changes,
  }
}

function sampleRevocation(changes: Partial<Revocation> = {}): Revocation {
  return {
    tenantId: acme.id,
    subject: { kind: 'token', jti: idOf('jti_1') },
    revokedAt: secondsIn(10),
    expiresAt: secondsIn(60),
    ...changes,
  }
}

const hash = Uint8Array.from({ length: 32 }, (_, at) => 255 - at)
const opaque = {
  hash,
  encryptedClaims: idOf<NonNullable<IssuedToken['opaque']>['encryptedClaims']>('e1.a.b'),
}

export function registerIssuedTokenTests(current: Current): void {
  test('a token is found by its hash, whole, in its own tenant alone', async () => {
    const { issuedTokens, commit } = current()
    const token = sampleToken({ opaque, ruleVersionIds: [idOf('ver_1'), idOf('ver_2')] })
    const listed = sampleToken({ jti: idOf('jti_2'), opaque: { ...opaque, hash: hash.toReversed() } })
    const both = { ...listed, statusPlace: { listId, index: 7 } }
    await commit([issuedTokens.insert(token), issuedTokens.insert(both)])
    expect(await issuedTokens.findByHash(acme.id, hash)).toEqual(token)
    expect(await issuedTokens.findByHash(acme.id, hash.toReversed())).toEqual(both)
    expect(await issuedTokens.findByHash(globex.id, hash)).toBeUndefined()
    expect(await issuedTokens.findByHash(acme.id, hash.subarray(1))).toBeUndefined()
    expect(await issuedTokens.findPlace(acme.id, both.jti)).toEqual(both.statusPlace)
    expect(await issuedTokens.findPlace(acme.id, token.jti)).toBeUndefined()
    expect(await issuedTokens.findPlace(acme.id, idOf('jti_3'))).toBeUndefined()
    expect(await issuedTokens.findPlace(globex.id, both.jti)).toBeUndefined()
  })

  test('no two tokens have one jti, one hash or one place in a list; those without are many', async () => {
    const { issuedTokens, commit } = current()
    const statusPlace = { listId, index: 7 }
    await commit([issuedTokens.insert(sampleToken({ opaque, statusPlace }))])
    for (const second of [
      sampleToken(),
      sampleToken({ jti: idOf('jti_2'), opaque }),
      sampleToken({ jti: idOf('jti_2'), statusPlace }),
    ]) {
      await expect(commit([issuedTokens.insert(second)])).rejects.toThrow(AlreadyExistsError)
    }
    const nobodys = sampleToken({ tenantId: idOf('ten_3') })
    await expect(commit([issuedTokens.insert(nobodys)])).rejects.toThrow(GoneError)
    await commit([
      issuedTokens.insert(sampleToken({ jti: idOf('jti_2') })),
      issuedTokens.insert(sampleToken({ jti: idOf('jti_3') })),
      issuedTokens.insert(sampleToken({ tenantId: globex.id, opaque, statusPlace })),
    ])
  })

  test('a list is read by index, piece by piece, and tells which tokens were revoked by themselves', async () => {
    const { issuedTokens, revocations, commit } = current()
    const places = [statusListSize - 1, 0, 40]
    await commit([
      ...places.map((index) =>
        issuedTokens.insert(sampleToken({ jti: idOf(`jti_${index}`), statusPlace: { listId, index } })),
      ),
      issuedTokens.insert(
        sampleToken({ jti: idOf('other'), statusPlace: { listId: idOf('list_2'), index: 1 } }),
      ),
      revocations.put(sampleRevocation({ subject: { kind: 'token', jti: idOf('jti_40') } })),
      revocations.put(sampleRevocation({ subject: { kind: 'client', clientId: idOf('jti_0') } })),
      revocations.put(
        sampleRevocation({ tenantId: globex.id, subject: { kind: 'token', jti: idOf('jti_0') } }),
      ),
    ])
    const read = async (from: number, limit: number) =>
      (await issuedTokens.listStatus(acme.id, listId, from, limit)).map((token) => [
        token.index,
        token.isRevoked,
      ])
    expect(await read(0, 2)).toEqual([
      [0, false],
      [40, true],
    ])
    expect(await read(41, 2)).toEqual([[statusListSize - 1, false]])
    expect(await issuedTokens.listStatus(globex.id, listId, 0, 10)).toEqual([])
  })

  test('tokens and revocations whose time is over go, first expired first', async () => {
    const { issuedTokens, revocations, commit } = current()
    expect([await issuedTokens.oldestAt(), await revocations.oldestAt()]).toEqual([undefined, undefined])
    await commit(
      [3, 1, 2].flatMap((at) => {
        const jti = idOf<IssuedToken['jti']>(`jti_${at}`)
        return [
          issuedTokens.insert(sampleToken({ jti, expiresAt: secondsIn(at) })),
          revocations.put(sampleRevocation({ subject: { kind: 'token', jti }, expiresAt: secondsIn(at) })),
        ]
      }),
    )
    for (const store of [issuedTokens, revocations]) {
      expect(await store.oldestAt()).toEqual(secondsIn(1))
      await commit([store.removeBefore(secondsIn(3), 1)])
      expect(await store.oldestAt()).toEqual(secondsIn(2))
      await commit([store.removeBefore(secondsIn(3), 100)])
      expect(await store.oldestAt()).toEqual(secondsIn(3))
    }
  })

  test('a revocation is found by what it revokes, and a later one takes its place and a later one in the order', async () => {
    const { revocations, commit } = current()
    expect(await revocations.latestPlace(acme.id)).toBe(0)
    const ofToken = sampleRevocation()
    const ofClient = sampleRevocation({ subject: { kind: 'client', clientId: idOf('jti_1') } })
    const ofVersion = sampleRevocation({ subject: { kind: 'rule_version', ruleVersionId: idOf('ver_1') } })
    await commit([ofToken, ofClient, ofVersion].map((each) => revocations.put(each)))
    for (const each of [ofToken, ofClient, ofVersion]) {
      expect(await revocations.find(acme.id, each.subject)).toEqual(each)
      expect(await revocations.find(globex.id, each.subject)).toBeUndefined()
    }
    const seen = await revocations.latestPlace(acme.id)
    const again = { ...ofClient, revokedAt: secondsIn(20), expiresAt: secondsIn(90) }
    await commit([revocations.put(again)])
    expect(await revocations.latestPlace(acme.id)).toBeGreaterThan(seen)
    expect(await revocations.listAfter(acme.id, seen, 10)).toEqual([again])
    expect(await revocations.listAfter(acme.id, 0, 2)).toEqual([ofToken, ofVersion])
    expect(await revocations.listAfter(globex.id, 0, 10)).toEqual([])
    expect(await revocations.latestPlace(globex.id)).toBe(0)
    expect(await revocations.list(acme.id, { offset: 0, limit: 10 })).toEqual([again, ofVersion, ofToken])
    expect(await revocations.list(acme.id, { offset: 1, limit: 1 })).toEqual([ofVersion])
    expect([await revocations.count(acme.id), await revocations.count(globex.id)]).toEqual([3, 0])
    expect(await revocations.listOfKind(acme.id, 'client')).toEqual([again])
    expect(await revocations.listOfKind(acme.id, 'rule_version')).toEqual([ofVersion])
    expect(await revocations.listOfKind(globex.id, 'client')).toEqual([])
  })
}
