import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { nextRsaPair } from '../../../test/rsa-pairs.ts'
import { type IssuerAlgorithm, issuerAlgorithms } from '../../domain/trusted-issuer.ts'
import { isSignedByIssuer, issuerJwkOf, parseIssuerKey } from './issuer-key.ts'

const rsa = nextRsaPair()
const pairs: Record<string, { privateKey: KeyObject; publicKey: KeyObject }> = {
  RS: rsa,
  PS: rsa,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: generateKeyPairSync('ed25519'),
}

const pairOf = (algorithm: string) => pairs[algorithm] ?? pairs[algorithm.slice(0, 2)] ?? rsa
const jwkOf = (algorithm: string, members: Record<string, unknown> = {}) => ({
  ...pairOf(algorithm).publicKey.export({ format: 'jwk' }),
  ...members,
})

const signingInput = 'e30.e30'
const input = Buffer.from(signingInput)

function signed(algorithm: IssuerAlgorithm, dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363') {
  const { privateKey: key } = pairOf(algorithm)
  const digest = algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`
  const padding = algorithm.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  const options = key.asymmetricKeyType === 'rsa' ? { key, padding, saltLength: -1 } : { key, dsaEncoding }
  return { signingInput, signature: sign(digest, input, options) }
}

describe.each(issuerAlgorithms)('a signature of %s', (algorithm) => {
  const key = parseIssuerKey(jwkOf(algorithm))

  test('is checked as that, and as nothing else', () => {
    expect(issuerAlgorithms.filter((other) => isSignedByIssuer(signed(algorithm), other, key))).toEqual([
      algorithm,
    ])
  })

  test('is of its key and its text alone, and has one length', () => {
    const right = signed(algorithm)
    const { signature } = right
    const broken = Buffer.from(signature)
    broken[signature.length >> 1] = Number(broken[signature.length >> 1]) ^ 1
    const others = [
      { ...right, signingInput: 'e30.e31' },
      { ...right, signature: broken },
      { ...right, signature: Buffer.alloc(0) },
      { ...right, signature: Buffer.alloc(signature.length) },
      { ...right, signature: signature.subarray(1) },
      { ...right, signature: Buffer.concat([signature, Buffer.of(0)]) },
      { ...right, signature: Buffer.concat([Buffer.of(0), signature]) },
      ...(algorithm.startsWith('ES') ? [signed(algorithm, 'der')] : []),
    ]
    expect(others.map((other) => isSignedByIssuer(other, algorithm, key))).toEqual(others.map(() => false))
  })

  test('fits a key that names it, and none that names another one', () => {
    expect(parseIssuerKey(jwkOf(algorithm, { alg: algorithm })).algorithms).toEqual([algorithm])
    const other = algorithm === 'ES256' ? 'ES384' : 'ES256'
    expect(() => parseIssuerKey(jwkOf(algorithm, { alg: other }))).toThrow(/alg/)
  })
})

// RFC 9864, which public libraries write already.
test('a key that calls its algorithm Ed25519 is one for EdDSA, and no other curve is', () => {
  const key = jwkOf('EdDSA', { alg: 'Ed25519' })
  expect(parseIssuerKey(key).algorithms).toEqual(['EdDSA'])
  expect(issuerJwkOf(key, parseIssuerKey(key))).toEqual(key)
  expect(() => parseIssuerKey(jwkOf('ES256', { alg: 'Ed25519' }))).toThrow(/alg/)
  expect(() => parseIssuerKey(jwkOf('EdDSA', { alg: 'Ed448' }))).toThrow(/alg/)
})

test.each([
  [{ use: 'enc' }, /use/],
  [{ use: 'x509-svid' }, /use/],
  [{ key_ops: ['sign'] }, /key_ops/],
  [{ kid: '' }, /kid/],
  [{ kid: 'k'.repeat(257) }, /kid/],
  [{ d: 'AAAA' }, /private/],
  [{ k: 'AAAA' }, /private/],
  [{ crv: 'secp256k1' }, /read|kind/],
  [{ x: 'AAAA' }, /read/],
])('a key with %j is refused', (members, words) => {
  expect(() => parseIssuerKey(jwkOf('ES256', members))).toThrow(words)
})

test('an RSA key that is too small, or has an unusual exponent, is refused', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
  expect(() => parseIssuerKey({ ...small })).toThrow(/2048/)
  expect(() => parseIssuerKey(jwkOf('RS256', { e: 'Aw' }))).toThrow(/exponent/)
  expect(() => parseIssuerKey(jwkOf('RS256', { e: 'AgAAAAE' }))).toThrow(/exponent/)
})

test('of a key that was given, only what makes it and names it is kept', () => {
  for (const algorithm of ['RS256', 'ES384', 'EdDSA'] as const) {
    const bare = jwkOf(algorithm)
    const given = { ...bare, kid: 'one', alg: algorithm, use: 'sig', x5c: ['AAAA'], note: 'x' }
    const kept = issuerJwkOf(given, parseIssuerKey(given))
    expect(kept).toEqual({ ...bare, kid: 'one', alg: algorithm })
    expect(issuerJwkOf(bare, parseIssuerKey(bare))).toEqual(bare)
  }
})
