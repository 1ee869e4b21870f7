import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { compactDecrypt } from 'jose'
import { describe, expect, test } from 'vitest'
import { nextRsaPair } from '../../../test/rsa-pairs.ts'
import { type EncryptionAlgorithm, encryptionAlgorithms } from '../../domain/token-encryption.ts'
import { ClientKeyError } from '../public-key/client-public-key.ts'
import { createEncryptToken, parseEncryptionKey } from './token-encryption.ts'

const rsa = nextRsaPair()
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pairs = {
  'RSA-OAEP-256': rsa,
  'RSA-OAEP-384': rsa,
  'RSA-OAEP-512': rsa,
  'ECDH-ES+A256KW': ec,
} satisfies Record<EncryptionAlgorithm, object>
const pemOf = (key: typeof rsa.publicKey) => String(key.export({ type: 'spki', format: 'pem' }))
const encryptToken = createEncryptToken()

describe('a key to encrypt with is refused', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const refused: readonly [name: string, pem: string, algorithm: EncryptionAlgorithm, words: string][] = [
    ['that is nothing', '', 'RSA-OAEP-256', 'one PEM block'],
    ['of 1,024 bits', pemOf(weak.publicKey), 'RSA-OAEP-256', '1024 bits'],
    [
      'with a small exponent',
      pemOf(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey),
      'RSA-OAEP-256',
      'exponent',
    ],
    ['that only signs', pemOf(generateKeyPairSync('ed25519').publicKey), 'RSA-OAEP-256', 'takes an RSA key'],
    [
      'on another curve',
      pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey),
      'ECDH-ES+A256KW',
      'kind not offered',
    ],
    ['of RSA where EC is asked for', pemOf(rsa.publicKey), 'ECDH-ES+A256KW', 'takes an EC key'],
    ['of EC where RSA is asked for', pemOf(ec.publicKey), 'RSA-OAEP-512', 'takes an RSA key'],
    ['twice over', pemOf(rsa.publicKey).repeat(2), 'RSA-OAEP-256', 'one PEM block'],
  ]
  test.each(refused)('%s', (_, pem, algorithm, words) => {
    expect(() => parseEncryptionKey(pem, algorithm)).toThrow(ClientKeyError)
    expect(() => parseEncryptionKey(pem, algorithm)).toThrow(words)
  })

  test.each(['pkcs8', 'pkcs1'] as const)('that is private (%s), without a word of it', (type) => {
    const pem = String(rsa.privateKey.export({ type, format: 'pem' }))
    for (const sent of [pem, `${pemOf(rsa.publicKey)}${pem}`]) {
      const refuse = () => parseEncryptionKey(sent, 'RSA-OAEP-256')
      expect(refuse).toThrow('private key')
      expect(refuse).not.toThrow(pem.slice(40, 80))
    }
  })
})

test('a key is kept as a public key alone, however it was sent', () => {
  const kept = parseEncryptionKey(
    String(rsa.publicKey.export({ type: 'pkcs1', format: 'pem' })),
    'RSA-OAEP-256',
  )
  expect(kept).toBe(pemOf(rsa.publicKey))
  expect(createPublicKey(kept).equals(rsa.publicKey)).toBe(true)
})

for (const algorithm of encryptionAlgorithms) {
  const { publicKey, privateKey } = pairs[algorithm]
  const encryption = { name: 'x', algorithm, kid: undefined, publicKeyPem: pemOf(publicKey) }

  test(`whoever has the private key opens what was encrypted with ${algorithm}, as it was`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 500 }), async (text) => {
        const jwe = await encryptToken(text, 'at+jwt', encryption)
        expect(jwe.split('.')).toHaveLength(5)
        const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey)
        expect(new TextDecoder().decode(plaintext)).toBe(
          new TextDecoder().decode(new TextEncoder().encode(text)),
        )
        expect(protectedHeader).toMatchObject({ alg: algorithm, enc: 'A256GCM', typ: 'at+jwt', cty: 'JWT' })
        expect(protectedHeader).not.toHaveProperty('kid')
      }),
      { numRuns: 20 },
    )
  })

  test(`nothing opens it with ${algorithm} after one changed character, and no two are alike`, async () => {
    const named = { ...encryption, kid: 'k1' }
    const jwe = await encryptToken('a.b.c', 'JWT', named)
    expect(await encryptToken('a.b.c', 'JWT', named)).not.toBe(jwe)
    expect((await compactDecrypt(jwe, privateKey)).protectedHeader.kid).toBe('k1')
    for (const [part] of jwe.split('.').entries()) {
      const changed = jwe
        .split('.')
        .map((text, at) => (at === part ? (text.startsWith('A') ? 'B' : 'A') + text.slice(1) : text))
      await expect(compactDecrypt(changed.join('.'), privateKey)).rejects.toThrow()
    }
  })
}
