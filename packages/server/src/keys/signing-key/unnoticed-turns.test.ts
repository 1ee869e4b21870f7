import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { acme } from '../../../test/storage-conformance/samples.ts'
import { openTurningKeys } from '../../../test/turning-keys.ts'
import { keySetMaxAgeSeconds } from '../../domain/signing-key.ts'

/** Seconds of the moved clock. */
const stepSeconds = 2
const lifetimeSeconds = 240
const lastSecond = 1400

test('verifiers that keep the key set as long as they may never meet a token they cannot verify', async () => {
  const keys = await openTurningKeys()
  const nowSeconds = () => keys.now().getTime() / 1000
  const beganSeconds = nowSeconds()

  async function keySet() {
    const jwks = await keys.ring.publicKeys(acme.id)
    return {
      resolve: createLocalJWKSet({ keys: jwks.map((jwk) => ({ ...jwk })) }),
      kids: jwks.map(({ kid }) => kid),
    }
  }
  // Each has fetched at another time, and fetches again when its copy may not be kept any longer: no sooner.
  const verifiers = await Promise.all(
    [0, 60, 120, 180, 240, 298].map(async (ageSeconds) => ({
      kept: (await keySet()).resolve,
      fetchedAt: nowSeconds() - ageSeconds,
    })),
  )
  const shownSince = new Map<string, number>(
    (await keySet()).kids.map((kid) => [kid, Number.NEGATIVE_INFINITY]),
  )
  const firstUse = new Map<string, number>()
  let live: string[] = []
  const rotations = new Map([
    [100, 1],
    [400, 2],
    [1000, 1],
  ])

  for (let second = 0; second <= lastSecond; second += stepSeconds, keys.pass(stepSeconds)) {
    for (let count = rotations.get(second) ?? 0; count > 0; count -= 1) await keys.rotate()
    const shown = await keySet()
    for (const kid of shown.kids) if (!shownSince.has(kid)) shownSince.set(kid, second)
    for (const verifier of verifiers) {
      if (nowSeconds() - verifier.fetchedAt <= keySetMaxAgeSeconds) continue
      verifier.kept = shown.resolve
      verifier.fetchedAt = nowSeconds()
    }
    const iat = Math.floor(nowSeconds())
    const token = await keys.ring.sign(
      acme.id,
      'ES256',
      { typ: 'at+jwt' },
      { iat, exp: iat + lifetimeSeconds },
    )
    const { kid = '' } = decodeProtectedHeader(token)
    if (!firstUse.has(kid)) firstUse.set(kid, second)
    live = [...live, token].filter((one) => (decodeJwt(one).exp ?? 0) > nowSeconds())
    // The newest and the oldest that is still valid: whatever lies between them is signed with one of their keys.
    for (const one of [token, live[0] ?? token]) {
      for (const { kept } of verifiers) await jwtVerify(one, kept, { currentDate: keys.now() })
    }
    // None of a valid token's keys has left the set either: who fetches it now can verify them all.
    const used = new Set(live.map((one) => decodeProtectedHeader(one).kid))
    expect(shown.kids).toEqual(expect.arrayContaining([...used]))
  }

  expect(nowSeconds() - beganSeconds).toBeGreaterThan(lastSecond)
  const uses = [...firstUse].toSorted(([, one], [, other]) => one - other)
  expect(uses).toHaveLength(5)
  for (const [kid, second] of uses) {
    expect(second - (shownSince.get(kid) ?? Number.NaN)).toBeGreaterThanOrEqual(keySetMaxAgeSeconds)
  }
  // All but the last one and the next have gone by themselves.
  expect((await keySet()).kids).toHaveLength(2)
})
