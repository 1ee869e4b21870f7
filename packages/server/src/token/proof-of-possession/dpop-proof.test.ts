/** DPoP proofs that are taken, and what a key that is known already changes. */
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { createProofPair, hashOf } from '../../../test/dpop-proofs.ts'
import {
  now,
  pair,
  proof,
  refusalOf,
  request,
  seconds,
  uri,
  verifyDpopProof,
  withClaims,
  withHeader,
} from '../../../test/judged-proofs.ts'

test('a key that came before proves no more than a new one, and is taken again after very many others', () => {
  const [known, other] = [createProofPair(), createProofPair()]
  const mixed = { ...known.publicJwk, y: other.publicJwk.y }
  for (const round of [1, 2]) {
    expect([round, refusalOf([proof({}, known)])]).toEqual([round, undefined])
    expect(refusalOf([proof({ header: { jwk: known.publicJwk } }, other)])).toContain(
      'not signed with the key',
    )
    expect(refusalOf([proof({ header: { jwk: mixed } }, known)])).toContain('must be a public key')
    for (let at = 0; round === 1 && at < 1001; at++)
      expect(refusalOf([proof({}, createProofPair())])).toBeUndefined()
  }
})

describe('taken', () => {
  test.each(['ES256', 'EdDSA', 'Ed25519', 'PS256'] as const)('a proof with %s', async (algorithm) => {
    const key = createProofPair(algorithm)
    const { jkt } = verifyDpopProof([proof({}, key)], request, now)
    expect(jkt).toBe(await calculateJwkThumbprint({ ...key.publicJwk }))
  })

  const taken: [name: string, raw: () => string][] = [
    ['an htu with query and fragment', () => withClaims({ htu: `${uri}?a=b#c` })],
    [
      'an htu in upper case with the default port',
      () => withClaims({ htu: 'HTTPS://ID.EXAMPLE.COM:443/oauth/token' }),
    ],
    ['an iat 60 seconds ago', () => withClaims({ iat: seconds - 60 })],
    ['an iat in ten seconds', () => withClaims({ iat: seconds + 10 })],
    ['an iat with a fraction', () => withClaims({ iat: seconds - 0.5 })],
    ['an nbf in ten seconds', () => withClaims({ nbf: seconds + 10 })],
    ['an exp nine seconds ago', () => withClaims({ exp: seconds - 9 })],
    ['a jti of one character', () => withClaims({ jti: 'j' })],
    ['a jti of 128 characters', () => withClaims({ jti: 'j'.repeat(128) })],
    ['an ath where there is no token', () => withClaims({ ath: hashOf('token') })],
    [
      'a jwk with a name and a use',
      () =>
        withHeader({ jwk: { ...pair.publicJwk, kid: 'a', use: 'sig', alg: 'ES256', key_ops: ['verify'] } }),
    ],
    [
      'header members that are not looked at',
      () => withHeader({ kid: 'x', jku: 'https://evil.example.com/', x5u: 'https://evil.example.com/' }),
    ],
  ]
  test.each(taken)('%s', (_, raw) => {
    expect(refusalOf([raw()])).toBeUndefined()
  })

  test('signatures whose R or S begins with zeros, as one of 128 does', () => {
    let short = 0
    for (let round = 0; short < 2 && round < 5000; round++) {
      const raw = proof()
      const signature = Buffer.from(raw.split('.')[2] ?? '', 'base64url')
      if (signature[0] === 0 || signature[32] === 0) short++
      if (refusalOf([raw]) !== undefined) throw new Error(raw)
    }
    expect(short).toBe(2)
  })
})
