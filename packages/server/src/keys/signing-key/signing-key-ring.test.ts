import { createPrivateKey, createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  base64url,
  CompactSign,
  createLocalJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acme, globex } from '../../../test/storage-conformance/samples.ts'
import { type KeyAlgorithm, keyAlgorithms } from '../../domain/resource-server.ts'
import type { KeyId, SigningKey, SigningKeyState } from '../../domain/signing-key.ts'
import { GoneError } from '../../domain/storage.ts'
import type { TenantId } from '../../domain/tenant.ts'
import { openStorage } from '../../storage/storage.ts'
import { TokenInvalidError } from '../issued-token/verify-token.ts'
import { createEncryption } from '../secret/encryption.ts'
import { createSigningKeyRing } from './signing-key-ring.ts'

const now = new Date('2030-01-01T00:00:00Z')
const nowSeconds = now.getTime() / 1000
const expected = { issuer: 'https://acme.example.com/', audience: 'https://acme.example.com/api/v2/', now }
const claims = {
  iss: expected.issuer,
  aud: expected.audience,
  sub: 'c@clients',
  iat: nowSeconds,
  exp: nowSeconds + 60,
  scope: 'read:clients',
}

const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-ring-'))
const storage = await openStorage({ dataDir, now: () => now })
const { signingKeys: store, commit } = storage
const encryption = createEncryption(createSecretKey(randomBytes(32)))
const ring = createSigningKeyRing({ store, commit, encryption, algorithms: keyAlgorithms, now: () => now })

beforeAll(async () => {
  await storage.migrate()
  for (const tenant of [acme, globex]) {
    const keys = await ring.createKeys(tenant.id)
    await storage.commit([storage.tenants.insert(tenant), ...keys.map(store.insert)])
  }
})
afterAll(async () => {
  await storage.close()
  rmSync(dataDir, { recursive: true })
})

async function turn(algorithm: KeyAlgorithm, from: SigningKeyState, to: SigningKeyState): Promise<void> {
  const keys = await store.listPublished(acme.id)
  const turning = keys.filter((key) => key.algorithm === algorithm && key.state === from)
  const moment = to === 'current' ? { currentSince: now } : { currentUntil: now }
  await storage.commit(turning.map((key) => store.update({ ...key, ...moment, state: to }, key)))
}

const signed = (changes: Record<string, unknown> = {}, algorithm: KeyAlgorithm = 'ES256') =>
  ring.sign(acme.id, algorithm, { typ: 'at+jwt' }, { ...claims, ...changes })
const refusal = async (token: string, changes: Partial<typeof expected> = {}) => {
  const error = await ring
    .verify(acme.id, token, { ...expected, ...changes })
    .catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(TokenInvalidError)
  return String(error)
}

describe('a token is refused', () => {
  test('of another issuer or audience, or without them', async () => {
    expect(await refusal(await signed(), { issuer: 'https://other.example.com/' })).toContain('iss')
    expect(await refusal(await signed(), { audience: 'https://other.example.com/' })).toContain('aud')
    expect(await refusal(await signed({ aud: undefined }))).toContain('aud')
    expect(await refusal(await signed({ exp: undefined }))).toContain('exp')
    expect(await refusal(await signed({ iat: undefined }))).toContain('iat')
  })

  test('before and after its time, with ten seconds for clocks that differ', async () => {
    expect(await refusal(await signed({ exp: nowSeconds - 10 }))).toContain('expired')
    expect(await refusal(await signed({ nbf: nowSeconds + 11 }))).toContain('nbf')
    expect(await refusal(await signed({ iat: nowSeconds + 11 }))).toContain('future')
    const barely = { exp: nowSeconds - 9, nbf: nowSeconds + 10, iat: nowSeconds + 10 }
    await ring.verify(acme.id, await signed(barely), expected)
  })

  test('when another tenant issued it, even with this tenant’s claims', async () => {
    const token = await ring.sign(globex.id, 'ES256', { typ: 'at+jwt' }, claims)
    expect(await refusal(token)).toContain('not signed with a key of this issuer')
  })

  test('when any part of it was changed', async () => {
    const [header = '', payload = '', signature = ''] = (await signed()).split('.')
    const wider = base64url.encode(JSON.stringify({ ...claims, scope: 'everything' }))
    await refusal(`${header}.${wider}.${signature}`)
    await refusal(`${header}.${payload}.${signature.slice(0, -4)}AAAA`)
    await refusal(`${header}.${payload}.`)
  })

  test('when it is no token at all', async () => {
    for (const text of ['', '.', '..', 'a.b.c', 'x'.repeat(100_000), '{}.{}.{}']) await refusal(text)
  })

  test('with algorithm none, or a symmetric one keyed with the public key', async () => {
    const kid = (await ring.publicKeys(acme.id))[0]?.kid ?? ''
    const none = `${base64url.encode(JSON.stringify({ alg: 'none', typ: 'JWT', kid }))}.${base64url.encode(JSON.stringify(claims))}.`
    expect(await refusal(none)).toContain('algorithm')
    const [publicKey] = await ring.publicKeys(acme.id)
    const hmac = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid })
      .sign(new TextEncoder().encode(JSON.stringify(publicKey)))
    expect(await refusal(hmac)).toContain('algorithm')
  })

  test('when it names another algorithm than its key’s', async () => {
    const [header = '', payload = '', signature = ''] = (await signed()).split('.')
    const altered = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: 'RS256' }
    const token = `${base64url.encode(JSON.stringify(altered))}.${payload}.${signature}`
    expect(await refusal(token)).toContain('algorithm')
  })

  test('when it brings its own key', async () => {
    const forged = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(forged.publicKey)
    const kid = (await store.findCurrent(acme.id, 'ES256', now))?.id ?? ''
    const body = new TextEncoder().encode(JSON.stringify(claims))
    for (const extra of [
      { jwk },
      { jku: 'https://evil.example/' },
      { x5c: ['AAAA'] },
      { x5u: 'https://e' },
    ]) {
      const token = await new CompactSign(body)
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid, ...extra })
        .sign(forged.privateKey)
      expect(await refusal(token)).toContain('header members')
    }
    const bare = await new CompactSign(body)
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
      .sign(forged.privateKey)
    expect(await refusal(bare)).toContain('signature is wrong')
  })

  test('when it is of another type, or names no key', async () => {
    const key = await generateKeyPair('ES256')
    for (const header of [
      { alg: 'ES256', typ: 'logout+jwt', kid: 'k'.repeat(43) },
      { alg: 'ES256', kid: 'k'.repeat(43) },
      { alg: 'ES256', typ: 'JWT' },
      { alg: 'ES256', typ: 'JWT', kid: '../../etc/passwd' },
    ]) {
      await refusal(await new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey))
    }
  })
})

for (const algorithm of keyAlgorithms) {
  test(`a token signed with ${algorithm} verifies here and against the published keys`, async () => {
    if (!(await store.findCurrent(acme.id, algorithm, now))) {
      await storage.commit((await ring.createRing(acme.id, algorithm)).map(store.insert))
    }
    const token = await signed({ aud: [expected.audience, 'other'] }, algorithm)
    expect(await ring.verify(acme.id, token, expected)).toMatchObject({ scope: 'read:clients' })
    const { alg, typ, kid } = decodeProtectedHeader(token)
    expect([alg, typ]).toEqual([algorithm, 'at+jwt'])
    expect((await store.find(acme.id, kid as KeyId))?.state).toBe('current')
    const published = createLocalJWKSet({ keys: (await ring.publicKeys(acme.id)).map((key) => ({ ...key })) })
    await jwtVerify(token, published, { currentDate: now })
  })
}

test('claims are signed exactly as given', async () => {
  const odd = JSON.parse('{"__proto__":{"a":1},"https://example.com/list":[1,null,"ü"]}')
  const [, payload = ''] = (await ring.sign(acme.id, 'EdDSA', { typ: 'JWT' }, odd)).split('.')
  expect(Buffer.from(payload, 'base64url').toString()).toBe(JSON.stringify(odd))
})

test('a tenant starts with a current and a next key for each algorithm, all published, none private', async () => {
  const published = await ring.publicKeys(globex.id)
  expect(published.map((key) => key.alg).toSorted()).toEqual([
    'ES256',
    'ES256',
    'EdDSA',
    'EdDSA',
    'RS256',
    'RS256',
  ])
  expect(new Set(published.map((key) => key.kid)).size).toBe(6)
  for (const key of published) {
    expect(
      Object.keys(key).filter(
        (member) => !['kty', 'kid', 'use', 'alg', 'n', 'e', 'crv', 'x', 'y', 'x5c', 'x5t'].includes(member),
      ),
    ).toEqual([])
  }
})

test('a private key is stored encrypted and opens in its own row only', async () => {
  const key = await store.findCurrent(acme.id, 'RS256', now)
  expect(key?.encryptedPrivateKey).not.toContain('PRIVATE KEY')
  const moved = { ...(key as SigningKey), tenantId: 'ten_thief' as TenantId }
  const thief = createSigningKeyRing({
    store: { ...store, findCurrent: async () => moved },
    commit,
    encryption,
    algorithms: keyAlgorithms,
    now: () => now,
  })
  await expect(thief.sign(moved.tenantId, 'RS256', { typ: 'JWT' }, claims)).rejects.toThrow('does not belong')
})

test('no private key lies in the data folder, in any encoding', async () => {
  const files = readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name)))
  for (const key of await store.listPublished(acme.id)) {
    const identity = ['signing_keys', acme.id, key.id, 'encrypted_private_key'] as const
    const pem = encryption.decrypt(key.encryptedPrivateKey, identity)
    const jwk = createPrivateKey(pem).export({ format: 'jwk' })
    const d = key.algorithm === 'ML-DSA-65' ? String(jwk.priv) : (jwk.d ?? '')
    const bytes = Buffer.from(d, 'base64url')
    expect(bytes.length).toBeGreaterThanOrEqual(32)
    const shapes = [
      bytes,
      d,
      bytes.toString('base64'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
    ]
    for (const shape of [...shapes, 'PRIVATE KEY', '"d"', '"priv"']) {
      expect(files.some((file) => file.includes(shape))).toBe(false)
    }
  }
})

test('a turned key counts from the next token: the next one signs, the previous one verifies, a revoked one no more', async () => {
  const before = await signed({}, 'EdDSA')
  await turn('EdDSA', 'current', 'previous')
  await turn('EdDSA', 'next', 'current')
  const after = await signed({}, 'EdDSA')
  expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid)
  await ring.verify(acme.id, before, expected)
  await ring.verify(acme.id, after, expected)
  await turn('EdDSA', 'previous', 'revoked')
  expect(await refusal(before)).toContain('not signed with a key of this issuer')
  await ring.verify(acme.id, after, expected)
})

test('a tenant without a key for the algorithm signs nothing', async () => {
  await expect(ring.sign('ten_new' as TenantId, 'ES256', { typ: 'JWT' }, claims)).rejects.toThrow(GoneError)
})
