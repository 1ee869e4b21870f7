import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { nextRsaPair } from '../../../test/rsa-pairs.ts'
import { revealSecret } from '../secret/secret-text.ts'
import { createAuthority, issueServerPair } from '../tls/private-authority.ts'
import { ClientKeyError, parsePublicKeyJwk, parsePublicKeyPem } from './client-public-key.ts'

const rsa = nextRsaPair()
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed25519 = generateKeyPairSync('ed25519')
const spki = { type: 'spki', format: 'pem' } as const

const ofLength = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength }).publicKey.export(spki).toString()

/** RFC 1421 §4.6.1.1. */
const behindPassword = (pem: string | Buffer) =>
  String(pem).replace(
    /(-----BEGIN .+-----\n)/,
    '$1Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n',
  )

const refusedPems: [name: string, pem: () => string, words: string][] = [
  ['a private key', () => rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'private key'],
  [
    'a private RSA key',
    () => rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    'private key',
  ],
  [
    'a private key beside its public half',
    () => rsa.publicKey.export(spki) + String(ec.privateKey.export({ type: 'sec1', format: 'pem' })),
    'private key',
  ],
  ['two keys', () => `${rsa.publicKey.export(spki)}${ec.publicKey.export(spki)}`, 'one PEM block'],
  ['a text', () => 'hello', 'one PEM block'],
  ['a broken key', () => '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', 'cannot be read'],
  [
    'a broken certificate',
    () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    'cannot be read',
  ],
  // Whose password OpenSSL would ask for at the terminal of the server, which waits for the answer.
  ['a public key behind a password', () => behindPassword(rsa.publicKey.export(spki)), 'base64 alone'],
  [
    'an RSA public key behind a password',
    () => behindPassword(rsa.publicKey.export({ type: 'pkcs1', format: 'pem' })),
    'base64 alone',
  ],
  [
    'a certificate behind a password',
    () => behindPassword('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
    'base64 alone',
  ],
  ['no end', () => '-----BEGIN PUBLIC KEY-----\nAAAA\n', 'base64 alone'],
  [
    'the end of something else',
    () => String(ec.publicKey.export(spki)).replace('END P', 'END RSA P'),
    'base64',
  ],
  ['an RSA key of 1,024 bits', () => ofLength(1024), '1024 bits'],
  ['an RSA key of 2,040 bits', () => ofLength(2040), '2040 bits'],
  [
    'an RSA key with a small exponent',
    () =>
      generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
        .publicKey.export(spki)
        .toString(),
    'exponent',
  ],
  [
    'a key of another curve',
    () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export(spki).toString(),
    'kind not offered',
  ],
  [
    'a key for agreement',
    () => generateKeyPairSync('x25519').publicKey.export(spki).toString(),
    'kind not offered',
  ],
  [
    'an RSA-PSS key',
    () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey.export(spki).toString(),
    'kind not offered',
  ],
]
test.each(refusedPems)('a PEM with %s is refused', (_name, pem, words) => {
  expect(() => parsePublicKeyPem(pem())).toThrow(ClientKeyError)
  expect(() => parsePublicKeyPem(pem())).toThrow(words)
})

const ecJwk = ec.publicKey.export({ format: 'jwk' })
const rsaJwk = rsa.publicKey.export({ format: 'jwk' })
const withZeroInFront = (text = '') =>
  Buffer.concat([Buffer.of(0), Buffer.from(text, 'base64url')]).toString('base64url')
const refusedJwks: [name: string, jwk: Record<string, unknown>, words: string][] = [
  [
    'that is private',
    { ...createPrivateKey(ec.privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' }) },
    'private key',
  ],
  ['that is a shared secret', { kty: 'oct', k: 'AAAA' }, 'private key'],
  ['with the private half of ML-DSA', { kty: 'AKP', pub: 'AAAA', priv: 'AAAA' }, 'private key'],
  ['for encryption', { ...ecJwk, use: 'enc' }, 'not for signatures'],
  ['for encryption, by its key_ops', { ...ecJwk, key_ops: ['encrypt'] }, 'not for signatures'],
  ['for signing alone', { ...ecJwk, key_ops: ['sign'] }, 'not for signatures'],
  ['with key_ops that are no list', { ...ecJwk, key_ops: 'verify' }, 'not for signatures'],
  ['with padding', { ...ecJwk, x: `${ecJwk.x}=` }, 'not written'],
  ['with a zero in front of a coordinate', { ...ecJwk, x: withZeroInFront(ecJwk.x) }, 'not written'],
  ['with a zero in front of its modulus', { ...rsaJwk, n: withZeroInFront(rsaJwk.n) }, 'not written'],
  ['with an even modulus', { ...rsaJwk, n: `${rsaJwk.n?.slice(0, -2)}AA` }, 'modulus'],
  ['off its curve', { ...ecJwk, x: ecJwk.y, y: ecJwk.x }, 'cannot be read'],
  ['with the exponent 1', { ...rsa.publicKey.export({ format: 'jwk' }), e: 'AQ' }, 'exponent'],
  ['with an even exponent', { ...rsa.publicKey.export({ format: 'jwk' }), e: 'AQAC' }, 'even or too large'],
  [
    'with an exponent of 104 bits',
    { ...rsa.publicKey.export({ format: 'jwk' }), e: Buffer.alloc(13, 0xff).toString('base64url') },
    'even or too large',
  ],
  ['without a type', { x: 'AAAA' }, 'cannot be read'],
  ['with members of the wrong type', { kty: 'RSA', n: 1, e: [] }, 'cannot be read'],
]
test.each(refusedJwks)('a JWK %s is refused', (_name, jwk, words) => {
  expect(() => parsePublicKeyJwk(jwk)).toThrow(ClientKeyError)
  expect(() => parsePublicKeyJwk(jwk)).toThrow(words)
})

test('a refusal quotes nothing of what was sent', () => {
  const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(() => parsePublicKeyPem(pem)).not.toThrow(pem.split('\n')[1] ?? pem)
})

test.each([
  ['rsa', rsa, ['RS256', 'RS384', 'PS256']],
  ['ec', ec, ['ES256']],
  ['ed25519', ed25519, ['EdDSA']],
] as const)(
  'a public key of kind %s is the same as PEM and as JWK, under its thumbprint',
  async (_kind, pair, algorithms) => {
    const jwk = pair.publicKey.export({ format: 'jwk' })
    const fromPem = parsePublicKeyPem(pair.publicKey.export(spki).toString())
    expect(fromPem).toEqual(parsePublicKeyJwk({ ...jwk, use: 'sig', kid: 'mine', x5c: ['x'] }))
    expect(fromPem).toEqual({
      jwk,
      algorithms,
      thumbprint: await calculateJwkThumbprint(jwk),
      certificateExpiresAt: undefined,
    })
  },
)

test('of a certificate the key and its end count, whoever signed it; a chain and a key beside it are refused', async () => {
  const now = new Date('2000-01-01T00:00:00Z')
  const authority = await createAuthority(now)
  const leaf = await issueServerPair(authority, ['localhost'], now)
  const [own = ''] = leaf.certificate.split(/(?<=-----END CERTIFICATE-----\n)/)
  const { jwk, algorithms, certificateExpiresAt } = parsePublicKeyPem(own)
  expect([jwk.kty, algorithms]).toEqual(['EC', ['ES256']])
  expect(certificateExpiresAt?.getUTCFullYear()).toBe(2001)
  // As servers send it: its own, and the one that signed it.
  expect(() => parsePublicKeyPem(leaf.certificate)).toThrow('one PEM block')
  expect(() => parsePublicKeyPem(own + revealSecret(leaf.key))).toThrow('private key')
  expect(() => parsePublicKeyPem(own.replace(/[A-Za-z]{4}\n/, '!!!!\n'))).toThrow(ClientKeyError)
})
