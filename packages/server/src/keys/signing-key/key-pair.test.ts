import { createPrivateKey, createPublicKey, verify } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { keyAlgorithms } from '../../domain/resource-server.ts'
import { signToken } from '../issued-token/token-signature.ts'
import { createKeyPair } from './key-pair.ts'

const now = new Date('2030-01-01T00:00:00Z')
const publicMembers = {
  RS256: ['e', 'n'],
  PS256: ['e', 'n'],
  RS512: ['e', 'n'],
  ES256: ['crv', 'x', 'y'],
  EdDSA: ['crv', 'x'],
  'ML-DSA-65': ['pub'],
}

for (const algorithm of keyAlgorithms) {
  test(`a key for ${algorithm} is told by its public members and named by its thumbprint`, async () => {
    const { publicJwk, privateKeyPem, certificate } = await createKeyPair(algorithm, now)
    const members = ['alg', 'kid', 'kty', 'use', ...publicMembers[algorithm]]
    expect(Object.keys(publicJwk).toSorted()).toEqual(members.toSorted())
    expect(publicJwk).toMatchObject({ alg: algorithm, use: 'sig' })
    expect(publicJwk.kid).toBe(await calculateJwkThumbprint({ ...publicJwk }))
    expect(certificate === undefined).toBe(algorithm === 'ML-DSA-65')
    const publicHalf = createPublicKey(createPrivateKey(privateKeyPem)).export({ format: 'jwk' })
    expect(publicJwk).toMatchObject(publicHalf)
  })
}

test('an ML-DSA-65 signature has the length of FIPS 204 and is of the signing input itself', async () => {
  const { publicJwk, privateKeyPem } = await createKeyPair('ML-DSA-65', now)
  const header = { alg: 'ML-DSA-65', typ: 'at+jwt', kid: publicJwk.kid } as const
  const token = await signToken(header, { sub: 'a' }, createPrivateKey(privateKeyPem))
  const end = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  expect(signature).toHaveLength(3309)
  const key = createPublicKey(createPrivateKey(privateKeyPem))
  expect(verify(null, Buffer.from(token.slice(0, end)), key, signature)).toBe(true)
  expect(Buffer.from(publicJwk.pub ?? '', 'base64url')).toHaveLength(1952)
})
