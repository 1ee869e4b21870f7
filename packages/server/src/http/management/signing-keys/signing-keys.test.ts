import { X509Certificate } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueTokens, keysOfAlgorithm, verifiesByKeySet } from '../../../../test/signed-tokens.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import { showBeforeUseSeconds } from '../../../domain/signing-key.ts'

let world: TwoTenants
let aheadSeconds = 0
const now = () => new Date(Date.now() + aheadSeconds * 1000)

/** Until a key that is shown now may sign. */
function passLead(): void {
  aheadSeconds += showBeforeUseSeconds
}

function inOneWorld(): void {
  beforeAll(async () => {
    aheadSeconds = 0
    world = await startTwoTenants({ now })
  })
  afterAll(() => world.close())
}

const newTokens = (algorithm: 'RS256' | 'ES256') => issueTokens(world.mine, algorithm)
const verifies = (token: string) => verifiesByKeySet(world.mine, token, now())
const keysOf = (alg: string) => keysOfAlgorithm(world.mine, alg)

async function published(): Promise<{ kid: string; alg: string; x5c?: string[]; x5t?: string }[]> {
  const response = await world.mine.fetch('/.well-known/jwks.json')
  return JSON.parse(await response.text()).keys
}

describe('signing keys are kept from harm', () => {
  inOneWorld()

  test('keys are rotated by who may create and update them, and read by who may read them', async () => {
    for (const scope of ['create:signing_keys', 'update:signing_keys', 'read:clients']) {
      const { signingKeys } = await world.mine.connectionWith([scope])
      await expect(signingKeys.rotate()).rejects.toMatchObject({ status: 403, code: 'insufficient_scope' })
      await expect(signingKeys.list()).rejects.toMatchObject({ status: 403 })
    }
  })

  test('a key is told with its certificate, and the key set has those of RSA keys', async () => {
    const keys = await world.mine.connection.signingKeys.list()
    expect(keys).toHaveLength(6)
    const inSet = await published()
    for (const key of keys) {
      const certificate = new X509Certificate(key.cert ?? '')
      expect(certificate.verify(certificate.publicKey)).toBe(true)
      expect(key.fingerprint).toBe(certificate.fingerprint)
      expect(key.thumbprint).toBe(certificate.fingerprint.replaceAll(':', ''))
      expect(key.pkcs7).toMatch(/^-----BEGIN PKCS7-----\n/)
      const jwk = inSet.find(({ kid }) => kid === key.kid)
      if (key.alg !== 'RS256') expect(jwk?.x5c).toBeUndefined()
      else
        expect(new X509Certificate(Buffer.from(jwk?.x5c?.[0] ?? '', 'base64')).raw).toEqual(certificate.raw)
      expect(await world.mine.connection.signingKeys.get(key.kid)).toEqual(key)
    }
  })

  test('only a previous key can be revoked', async () => {
    const { signingKeys } = world.mine.connection
    for (const key of await signingKeys.list()) {
      await expect(signingKeys.revoke(key.kid)).rejects.toMatchObject({ status: 409, code: 'conflict' })
    }
    expect((await signingKeys.list()).every((key) => key.current || key.next)).toBe(true)
  })

  test("another tenant's keys are not there, and do not turn along", async () => {
    const theirs = await world.theirs.connection.signingKeys.list()
    const { signingKeys } = world.mine.connection
    for (const { kid } of [...theirs.slice(0, 1), { kid: 'x'.repeat(43) }, { kid: '../rotate' }]) {
      for (const call of [signingKeys.get, signingKeys.revoke]) {
        await expect(call(kid)).rejects.toMatchObject({ status: 404, code: 'inexistent_signing_key' })
      }
    }
    await signingKeys.rotate()
    expect(await world.theirs.connection.signingKeys.list()).toEqual(theirs)
  })

  test('keys for an algorithm that no API asked for cannot be rotated', async () => {
    const rotated = world.mine.connection.signingKeys.rotate({ alg: 'PS256' })
    await expect(rotated).rejects.toMatchObject({ status: 409 })
  })
})

describe('signing keys turn', () => {
  inOneWorld()

  test('a rotation takes the next key for the current one, and what was signed before still verifies', async () => {
    const newToken = await newTokens('ES256')
    const before = await newToken()
    const [current, next] = [await keysOf('ES256')].flatMap((keys) => [
      keys.find((key) => key.current),
      keys.find((key) => key.next),
    ])
    expect(decodeProtectedHeader(before).kid).toBe(current?.kid)

    const answer = await world.mine.connection.signingKeys.rotate()
    const after = await newToken()
    expect(decodeProtectedHeader(after).kid).toBe(next?.kid)
    await verifies(before)
    await verifies(after)
    const keys = await keysOf('ES256')
    const retired = keys.find((key) => key.previous)
    const begun = keys.find((key) => key.current)
    expect([keys.length, retired?.kid, begun?.kid]).toEqual([3, current?.kid, next?.kid])
    expect(keys.filter((key) => key.next)).toHaveLength(1)
    expect(retired?.current_until).toBe(begun?.current_since)
    // The answer tells of the ring that Auth0 has, too.
    const rs256 = (await keysOf('RS256')).find((key) => key.current)
    expect(answer).toEqual({ kid: rs256?.kid, cert: rs256?.cert, current_since: rs256?.current_since })
  })

  test('a rotation that comes soon after another is made at once and says when the key begins to sign', async () => {
    const newToken = await newTokens('ES256')
    const signer = decodeProtectedHeader(await newToken()).kid
    const shownSince = now()
    const answer = await world.mine.connection.signingKeys.rotate({ alg: 'ES256' })
    expect(decodeProtectedHeader(await newToken()).kid).toBe(signer)
    const due = (await keysOf('ES256')).find((key) => key.kid === answer.kid)
    expect(due).toMatchObject({ next: true, current_since: answer.current_since })
    const current = (await keysOf('ES256')).find((key) => key.current)
    expect([current?.kid, current?.current_until]).toEqual([signer, answer.current_since])
    const begins = new Date(answer.current_since)
    expect(begins.getTime()).toBeGreaterThan(shownSince.getTime() + 290_000)
    expect((await published()).map(({ kid }) => kid)).toContain(answer.kid)
    passLead()
    const after = await newToken()
    expect(decodeProtectedHeader(after).kid).toBe(answer.kid)
    await verifies(after)
    const previous = (await keysOf('ES256')).find((key) => key.kid === signer)
    // Its tokens live for a day.
    const end = begins.getTime() + (86_400 + 60) * 1000
    expect(previous).toMatchObject({ previous: true, published_until: new Date(end).toISOString() })
  })

  test('a rotation of one algorithm leaves the others', async () => {
    passLead()
    const before = await keysOf('RS256')
    const answer = await world.mine.connection.signingKeys.rotate({ alg: 'EdDSA' })
    expect(answer.kid).toBe((await keysOf('EdDSA')).find((key) => key.current)?.kid)
    expect(await keysOf('RS256')).toEqual(before)
  })

  test('the tokens of a revoked key verify no more, those of this API among them', async () => {
    passLead()
    const newToken = await newTokens('ES256')
    const token = await newToken()
    const connection = await world.mine.connectionWith([
      'create:signing_keys',
      'update:signing_keys',
      'read:clients',
    ])
    await connection.signingKeys.rotate()
    const kid = decodeProtectedHeader(token).kid ?? ''
    await connection.clients.list()
    const revoker = await world.mine.token()
    const response = await world.mine.fetch(`/api/v2/keys/signing/${kid}/revoke`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${revoker}` },
    })
    expect([response.status, await response.json()]).toEqual([200, { kid, cert: expect.any(String) }])
    expect((await published()).map((key) => key.kid)).not.toContain(kid)
    await expect(verifies(token)).rejects.toThrow('no applicable key')
    // The token of this connection was signed with that key.
    await expect(connection.clients.list()).rejects.toMatchObject({ status: 401 })

    const { signingKeys } = await world.mine.connectionWith(['read:signing_keys', 'update:signing_keys'])
    expect(await signingKeys.get(kid)).toMatchObject({ revoked: true, revoked_at: expect.any(String) })
    await signingKeys.revoke(kid)
  })

  test('in an emergency the key that signs is revoked: another signs at once, and what it signed is worth nothing', async () => {
    const newToken = await newTokens('ES256')
    const stolen = await newToken()
    const kid = decodeProtectedHeader(stolen).kid ?? ''
    const [operator, other] = [
      await world.mine.connectionWith(['update:signing_keys']),
      await world.mine.connectionWith(['read:clients']),
    ]
    await expect(operator.signingKeys.revoke(kid)).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('emergency=true'),
    })
    const answer = await operator.signingKeys.revoke(kid, { emergency: true })
    expect(decodeProtectedHeader(await newToken()).kid).toBe(answer.successor)
    expect((await published()).map((key) => key.kid)).not.toContain(kid)
    await expect(verifies(stolen)).rejects.toThrow('no applicable key')
    await verifies(await newToken())
    // Both operators held tokens of that key.
    await expect(operator.signingKeys.revoke(kid)).rejects.toMatchObject({ status: 401 })
    await expect(other.clients.list()).rejects.toMatchObject({ status: 401 })
    const { logs } = await world.mine.connectionWith(['read:logs'])
    const { logs: entries } = await logs.list()
    expect(entries.map(({ description }) => description)).toContain(
      `Revoked the ES256 signing key ${kid}, which signed; ${answer.successor} signs in its place.`,
    )
  })
})
