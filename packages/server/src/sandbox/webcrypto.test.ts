/** Web Crypto inside an isolate, against Node's own outside: what one signs or encrypts, the other reads. */
import { createPublicKey, verify, webcrypto } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nextRsaPair } from '../../test/rsa-pairs.ts'
import { startTestSandbox, type TestSandbox } from '../../test/sandbox/start-test-sandbox.ts'

let tested: TestSandbox
beforeAll(async () => {
  tested = await startTestSandbox()
})
afterAll(() => tested.sandbox.close())

async function evaluate(body: string, input: unknown = {}): Promise<unknown> {
  const source = `module.exports = async (input) => { const { subtle } = crypto, data = new TextEncoder().encode('data'); ${body} }`
  const { outcome } = await tested.run(source, { input })
  return outcome.kind === 'returned' ? outcome.rawValue : outcome
}

const refusals: Record<string, [body: string, name: string]> = {
  'RSA keys are not generated': [
    "await subtle.generateKey({ name: 'RSA-PSS' }, true, ['sign'])",
    'NotSupportedError',
  ],
  'an unknown algorithm is not offered': [
    "await subtle.importKey('raw', data, 'X', true, [])",
    'NotSupportedError',
  ],
  'keys are not derived': ["await subtle.deriveBits('PBKDF2', {}, 8)", 'NotSupportedError'],
  'a broken JWK is no key': [
    "await subtle.importKey('jwk', { kty: 'EC' }, { name: 'ECDSA', namedCurve: 'P-256' }, true, [])",
    'DataError',
  ],
  'a key of another curve is refused': [
    "const { publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign']); await subtle.importKey('spki', await subtle.exportKey('spki', publicKey), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])",
    'DataError',
  ],
  'a private key that cannot leave does not': [
    "const { privateKey } = await subtle.generateKey('Ed25519', false, ['sign']); await subtle.exportKey('pkcs8', privateKey)",
    'InvalidAccessError',
  ],
  'a key does what it was made for alone': [
    "const { publicKey } = await subtle.generateKey('Ed25519', false, ['sign']); await subtle.sign('Ed25519', publicKey, data)",
    'InvalidAccessError',
  ],
  'a key serves its own algorithm alone': [
    "const { privateKey } = await subtle.generateKey('Ed25519', false, ['sign']); await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, data)",
    'InvalidAccessError',
  ],
  'a public key does not sign': [
    "const { publicKey } = await subtle.generateKey('Ed25519', false, ['verify']); await subtle.importKey('raw', await subtle.exportKey('raw', publicKey), 'Ed25519', true, ['sign'])",
    'SyntaxError',
  ],
  'what was changed is not decrypted': [
    "const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']); const a = { name: 'AES-GCM', iv: new Uint8Array(12) }; const sealed = new Uint8Array(await subtle.encrypt(a, key, data)); sealed[0] ^= 1; await subtle.decrypt(a, key, sealed)",
    'OperationError',
  ],
}

for (const [name, [body, errorName]] of Object.entries(refusals)) {
  test(name, async () => {
    expect(await evaluate(`try { ${body} } catch (error) { return error.name }`)).toBe(errorName)
  })
}

const generated = [
  { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
  { name: 'Ed25519' },
]
for (const algorithm of generated) {
  const title = `${algorithm.name} ${algorithm.namedCurve ?? ''}`.trim()
  test(`${title}: a pair is made inside, survives its exports, and its signature is verified outside`, async () => {
    const body = `const made = await subtle.generateKey(input, true, ['sign', 'verify'])
      const again = await subtle.importKey('jwk', await subtle.exportKey('jwk', made.privateKey), input, true, ['sign'])
      const key = await subtle.importKey('pkcs8', await subtle.exportKey('pkcs8', again), input, true, ['sign'])
      const raw = await subtle.exportKey('raw', made.publicKey)
      const open = await subtle.importKey('raw', raw, input, true, ['verify'])
      const signature = await subtle.sign(input, key, data)
      return [Buffer.from(raw).toString('base64'), Buffer.from(signature).toString('base64'), await subtle.verify(input, open, signature, data), await subtle.verify(input, open, signature, new Uint8Array(4))]`
    const found = await evaluate(body, algorithm)
    if (!Array.isArray(found)) throw new Error(JSON.stringify(found))
    const raw = Buffer.from(found[0], 'base64')
    const key = await webcrypto.subtle.importKey('raw', raw, algorithm, true, ['verify'])
    const signature = Buffer.from(found[1], 'base64')
    expect(await webcrypto.subtle.verify(algorithm, key, signature, Buffer.from('data'))).toBe(true)
    expect(found.slice(2)).toEqual([true, false])
  })
}

for (const name of ['RSASSA-PKCS1-v1_5', 'RSA-PSS']) {
  test(`${name}: a key from outside signs, and the signature is verified outside`, async () => {
    const pair = nextRsaPair()
    const algorithm = { name, hash: 'SHA-256', saltLength: 32 }
    const body = `const key = await subtle.importKey('jwk', input.key, input.algorithm, false, ['sign'])
      const spki = Buffer.from(input.spki, 'base64')
      const open = await subtle.importKey('spki', spki, input.algorithm, true, ['verify'])
      const signature = await subtle.sign(input.algorithm, key, data)
      return [Buffer.from(signature).toString('base64'), await subtle.verify(input.algorithm, open, signature, data), key.algorithm.modulusLength, [...key.algorithm.publicExponent]]`
    const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
    const found = await evaluate(body, {
      algorithm,
      key: pair.privateKey.export({ format: 'jwk' }),
      spki: spki.toString('base64'),
    })
    if (!Array.isArray(found)) throw new Error(JSON.stringify(found))
    const key = await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify'])
    const signature = Buffer.from(found[0], 'base64')
    expect(await webcrypto.subtle.verify(algorithm, key, signature, Buffer.from('data'))).toBe(true)
    expect(found.slice(1)).toEqual([true, 2048, [1, 0, 1]])
  })
}

for (const [name, ivBytes] of [
  ['AES-GCM', 12],
  ['AES-CBC', 16],
] as const) {
  test(`${name}: what is encrypted inside is decrypted outside`, async () => {
    const body = `const key = await subtle.generateKey({ name: input.name, length: 256 }, true, ['encrypt', 'decrypt'])
      const sealed = await subtle.encrypt({ name: input.name, iv: new Uint8Array(input.ivBytes) }, key, data)
      const opened = await subtle.decrypt({ name: input.name, iv: new Uint8Array(input.ivBytes) }, key, sealed)
      return [Buffer.from(await subtle.exportKey('raw', key)).toString('base64'), Buffer.from(sealed).toString('base64'), Buffer.from(opened).toString()]`
    const found = await evaluate(body, { name, ivBytes })
    if (!Array.isArray(found)) throw new Error(JSON.stringify(found))
    const [raw, sealed] = found.map((text) => Buffer.from(text, 'base64'))
    if (!raw || !sealed) throw new Error('Nothing was encrypted.')
    const key = await webcrypto.subtle.importKey('raw', raw, name, false, ['decrypt'])
    const opened = await webcrypto.subtle.decrypt({ name, iv: new Uint8Array(ivBytes) }, key, sealed)
    expect([Buffer.from(opened).toString(), found[2]]).toEqual(['data', 'data'])
  })
}

test('generateKeyPairSync of Node makes keys that Node takes', async () => {
  const body = `const c = require('crypto')
    const { publicKey, privateKey } = c.generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding: { type: 'spki', format: 'pem' } })
    return [publicKey, c.sign('sha256', data, privateKey).toString('base64')]`
  const found = await evaluate(body)
  if (!Array.isArray(found)) throw new Error(JSON.stringify(found))
  const signature = Buffer.from(found[1], 'base64')
  expect(verify('sha256', Buffer.from('data'), createPublicKey(found[0]), signature)).toBe(true)
})

test('base64url is an encoding of Buffer', async () => {
  expect(
    await evaluate(
      "return [Buffer.from([251, 255]).toString('base64url'), [...Buffer.from('-_8', 'base64url')], Buffer.isEncoding('base64url'), Buffer.byteLength('-_8', 'base64url')]",
    ),
  ).toEqual(['-_8', [251, 255], true, 2])
})
