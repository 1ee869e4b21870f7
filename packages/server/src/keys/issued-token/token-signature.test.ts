import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { compactVerify } from 'jose'
import { expect, test } from 'vitest'
import { nextRsaPair } from '../../../test/rsa-pairs.ts'
import { type KeyAlgorithm, keyAlgorithms } from '../../domain/resource-server.ts'
import { SecretText } from '../secret/secret-text.ts'
import { signToken, signTokenWithSecret } from './token-signature.ts'

const rsa = nextRsaPair()
const pairs: Record<KeyAlgorithm, { privateKey: KeyObject; publicKey: KeyObject }> = {
  RS256: rsa,
  PS256: rsa,
  RS512: rsa,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
  'ML-DSA-65': generateKeyPairSync('ml-dsa-65'),
}

for (const alg of keyAlgorithms) {
  test(`a ${alg} signature is one that jose accepts, and no longer after one changed character`, async () => {
    const { privateKey, publicKey } = pairs[alg]
    const token = await signToken({ alg, typ: 'at+jwt', kid: 'k' }, { sub: 'ü' }, privateKey)
    const { payload, protectedHeader } = await compactVerify(token, publicKey)
    expect(protectedHeader).toEqual({ alg, typ: 'at+jwt', kid: 'k' })
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ sub: 'ü' })
    const [header, body, signature = ''] = token.split('.')
    const changed = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)
    await expect(compactVerify(`${header}.${body}.${changed}`, publicKey)).rejects.toThrow()
  })
}

// One coordinate in 128 begins with a zero byte, which DER leaves out; 2,000 signatures hold some of each.
test('an ES256 signature has 64 bytes and verifies also where a coordinate is short', async () => {
  const { privateKey, publicKey } = pairs.ES256
  let short = 0
  for (let count = 0; count < 2000; count += 1) {
    const token = await signToken({ alg: 'ES256', typ: 'JWT', kid: 'k' }, { count }, privateKey)
    const signature = Buffer.from(token.split('.')[2] ?? '', 'base64url')
    expect(signature).toHaveLength(64)
    if (signature[0] !== 0 && signature[32] !== 0) continue
    short += 1
    await compactVerify(token, publicKey)
  }
  expect(short).toBeGreaterThan(0)
})

test('an HS256 signature names no key, and verifies with its secret alone', async () => {
  const secret = 'sixteen letters — and “more”'
  const header = { alg: 'HS256', typ: 'JWT' } as const
  const token = signTokenWithSecret(header, { sub: 'ü' }, new SecretText(secret))
  const { payload, protectedHeader } = await compactVerify(token, new TextEncoder().encode(secret))
  expect(protectedHeader).toEqual(header)
  expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ sub: 'ü' })
  await expect(compactVerify(token, new TextEncoder().encode(`${secret} `))).rejects.toThrow()
})
