import { expect, test } from 'vitest'
import type { SpentProof } from '../../src/domain/spent-proof.ts'
import { AlreadyExistsError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import { acme, globex, secondsIn } from './samples.ts'

const spent: SpentProof = {
  tenantId: acme.id,
  kind: 'client_assertion',
  holder: 'client_1',
  jti: 'j 1 “ü”',
  expiresAt: secondsIn(60),
}

export function registerSpentProofTests(current: Current): void {
  test.each([
    { kind: 'client_assertion', noun: 'client assertion' },
    { kind: 'dpop_proof', noun: 'DPoP proof' },
  ] as const)(
    'a $noun can be spent once, and the refusal says of which kind it is',
    async ({ kind, noun }) => {
      const { spentProofs, commit } = current()
      await commit([spentProofs.insert({ ...spent, kind })])
      const again = commit([spentProofs.insert({ ...spent, kind, expiresAt: secondsIn(90) })])
      await expect(again).rejects.toMatchObject({ noun })
      await expect(again).rejects.toThrow(AlreadyExistsError)
      expect(await spentProofs.isSpent({ ...spent, kind })).toBe(true)
    },
  )

  test('another tenant, kind, holder or jti is another proof', async () => {
    const { spentProofs, commit } = current()
    await commit([spentProofs.insert(spent)])
    const others: Partial<SpentProof>[] = [
      { tenantId: globex.id },
      { kind: 'dpop_proof' },
      { holder: 'client_2' },
      { jti: 'J 1 “ü”' },
    ]
    for (const other of others) expect(await spentProofs.isSpent({ ...spent, ...other })).toBe(false)
    await commit(others.map((other) => spentProofs.insert({ ...spent, ...other })))
    for (const other of others) expect(await spentProofs.isSpent({ ...spent, ...other })).toBe(true)
  })

  test('spent proofs go by the time at which they expire, in steps', async () => {
    const { spentProofs, commit } = current()
    const at = (seconds: number) => ({ ...spent, jti: `j${seconds}`, expiresAt: secondsIn(seconds) })
    await commit([30, 10, 20].map((seconds) => spentProofs.insert(at(seconds))))
    expect(await spentProofs.oldestAt()).toEqual(secondsIn(10))
    await commit([spentProofs.removeBefore(secondsIn(30), 1)])
    expect(await spentProofs.oldestAt()).toEqual(secondsIn(20))
    await commit([spentProofs.removeBefore(secondsIn(30), 10)])
    expect(await spentProofs.isSpent(at(30))).toBe(true)
    await commit([spentProofs.removeBefore(secondsIn(31), 10)])
    expect(await spentProofs.oldestAt()).toBeUndefined()
  })
}
