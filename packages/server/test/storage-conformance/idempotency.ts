import { expect, test } from 'vitest'
import type { IdempotentAnswer } from '../../src/domain/idempotent-answer.ts'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import { sampleExchange } from './log-samples.ts'
import { acme, globex, idOf, sampleClient, secondsIn } from './samples.ts'

function sampleAnswer(members: Partial<IdempotentAnswer> = {}): IdempotentAnswer {
  return {
    tenantId: acme.id,
    clientId: idOf('client_1'),
    keyHash: 'hash_1',
    at: secondsIn(1),
    content: idOf('e1.a.b'),
    ...members,
  }
}

export function registerIdempotencyTests(current: Current): void {
  const { tenantId, clientId, keyHash } = sampleAnswer()

  test('a second answer to the same key of the same client is refused, and none is of an unknown tenant', async () => {
    const { idempotentAnswers, commit } = current()
    await commit([idempotentAnswers.insert(sampleAnswer())])
    await expect(commit([idempotentAnswers.insert(sampleAnswer())])).rejects.toThrow(AlreadyExistsError)
    const nobodys = sampleAnswer({ tenantId: idOf('ten_3') })
    await expect(commit([idempotentAnswers.insert(nobodys)])).rejects.toThrow(GoneError)
  })

  test('an answer comes back to its own client and tenant alone', async () => {
    const { idempotentAnswers, commit } = current()
    const theirs = sampleAnswer({ tenantId: globex.id, content: idOf('e1.theirs') })
    await commit([idempotentAnswers.insert(sampleAnswer()), idempotentAnswers.insert(theirs)])
    expect(await idempotentAnswers.find(tenantId, clientId, keyHash)).toEqual(sampleAnswer())
    expect(await idempotentAnswers.find(globex.id, clientId, keyHash)).toEqual(theirs)
    expect(await idempotentAnswers.find(tenantId, idOf('client_2'), keyHash)).toBeUndefined()
    await commit([idempotentAnswers.remove(tenantId, clientId, keyHash)])
    expect(await idempotentAnswers.find(tenantId, clientId, keyHash)).toBeUndefined()
    expect(await idempotentAnswers.find(globex.id, clientId, keyHash)).toEqual(theirs)
  })

  test('answers are counted client by client', async () => {
    const { idempotentAnswers, commit } = current()
    const kept: Partial<IdempotentAnswer>[] = [
      {},
      { keyHash: 'hash_2' },
      { clientId: idOf('client_2') },
      { tenantId: globex.id },
    ]
    await commit(kept.map((members) => idempotentAnswers.insert(sampleAnswer(members))))
    const count = (...asked: Parameters<typeof idempotentAnswers.count>) => idempotentAnswers.count(...asked)
    expect([
      await count(tenantId, clientId),
      await count(tenantId, idOf('client_2')),
      await count(globex.id, clientId),
      await count(globex.id, idOf('client_2')),
    ]).toEqual([2, 1, 1, 0])
  })

  test('answers whose time is over go, oldest first', async () => {
    const { idempotentAnswers, commit } = current()
    expect(await idempotentAnswers.oldestAt()).toBeUndefined()
    await commit(
      [3, 1, 2].map((at) => idempotentAnswers.insert(sampleAnswer({ keyHash: `${at}`, at: secondsIn(at) }))),
    )
    expect(await idempotentAnswers.oldestAt()).toEqual(secondsIn(1))
    await commit([idempotentAnswers.removeBefore(secondsIn(3), 1)])
    expect(await idempotentAnswers.oldestAt()).toEqual(secondsIn(2))
    await commit([idempotentAnswers.removeBefore(secondsIn(3), 100)])
    expect(await idempotentAnswers.oldestAt()).toEqual(secondsIn(3))
  })

  test('a commit that wants nothing changed since is refused after any change, also one of the same transaction', async () => {
    const { changes, clients, commit, commitGroups } = current()
    const second = () => [
      changes.unchangedSince(acme.id, seen),
      clients.insert(sampleClient({ id: idOf('client_2') })),
    ]
    const seen = changes.count(acme.id)
    const errors = await commitGroups([[clients.insert(sampleClient())], second()])
    expect(errors.map((error) => error?.constructor)).toEqual([undefined, ChangedMeanwhileError])
    await expect(commit(second())).rejects.toThrow(ChangedMeanwhileError)
    await commit([
      changes.unchangedSince(acme.id, changes.count(acme.id)),
      clients.insert(sampleClient({ id: idOf('client_2') })),
    ])
    expect(await clients.count(acme.id, {})).toBe(2)
  })

  test("another tenant's change is none of ours, and one that may be anybody's is", async () => {
    const { changes, clients, tenants, commit } = current()
    const seen = changes.count(acme.id)
    await commit([clients.insert(sampleClient({ tenantId: globex.id }))])
    expect(changes.count(acme.id)).toBe(seen)
    await commit([tenants.update({ ...globex, egressAllow: ['example.com'] }, globex)])
    await expect(commit([changes.unchangedSince(acme.id, seen)])).rejects.toThrow(ChangedMeanwhileError)
  })

  test('what is only logged is no change', async () => {
    const { changes, logEntries, idempotentAnswers, commit } = current()
    const seen = changes.count(acme.id)
    await commit([logEntries.insert(sampleExchange(1)), idempotentAnswers.insert(sampleAnswer())])
    await commit([changes.unchangedSince(acme.id, seen)])
  })
}
