import { randomUUID, X509Certificate } from 'node:crypto'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../test/two-tenants.ts'

let world: TwoTenants

function inOneWorld(): void {
  beforeAll(async () => {
    world = await startTwoTenants()
  })
  afterAll(() => world.close())
}

/** Gets tokens for one API of this tenant. */
async function newTokens(signing_alg: 'RS256' | 'ES256') {
  const audience = `urn:${randomUUID()}`
  const { clients, clientGrants, resourceServers } = world.mine.connection
  await resourceServers.create({ identifier: audience, signing_alg })
  const { client_id, client_secret } = await clients.create({ name: 'machine' })
  await clientGrants.create({ client_id, audience, scope: [] })
  return async (): Promise<string> => {
    const response = await world.mine.fetch('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials', client_id, client_secret, audience }),
    })
    const answer: { access_token: string } = JSON.parse(await response.text())
    return answer.access_token
  }
}

function verifies(token: string) {
  const keys = createRemoteJWKSet(new URL(`${world.mine.issuer.origin}/.well-known/jwks.json`))
  return jwtVerify(token, keys, { issuer: world.mine.issuer.issuer })
}

async function published(): Promise<{ kid: string; alg: string; x5c?: string[]; x5t?: string }[]> {
  const response = await world.mine.fetch('/.well-known/jwks.json')
  return JSON.parse(await response.text()).keys
}

async function keysOf(alg: string) {
  const keys = await world.mine.connection.signingKeys.list()
  return keys.filter((key) => key.alg === alg)
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
    expect(answer).toEqual({ kid: rs256?.kid, cert: rs256?.cert })
  })

  test('a rotation of one algorithm leaves the others', async () => {
    const before = await keysOf('RS256')
    const answer = await world.mine.connection.signingKeys.rotate({ alg: 'EdDSA' })
    expect(answer.kid).toBe((await keysOf('EdDSA')).find((key) => key.current)?.kid)
    expect(await keysOf('RS256')).toEqual(before)
  })

  test('the tokens of a revoked key verify no more, those of this API among them', async () => {
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
})

describe('many rotations', () => {
  inOneWorld()

  test('two rotations at once are two rotations, and no key is lost', async () => {
    const { signingKeys } = world.mine.connection
    await Promise.all([signingKeys.rotate({ alg: 'ES256' }), signingKeys.rotate({ alg: 'ES256' })])
    const keys = await keysOf('ES256')
    expect(keys.filter((key) => key.previous)).toHaveLength(2)
    expect(keys.filter((key) => key.current)).toHaveLength(1)
    expect(keys.filter((key) => key.next)).toHaveLength(1)
  })

  test('with ten previous keys one has to go before the next rotation', async () => {
    const { signingKeys } = world.mine.connection
    for (let count = 0; count < 10; count += 1) await signingKeys.rotate({ alg: 'EdDSA' })
    await expect(signingKeys.rotate({ alg: 'EdDSA' })).rejects.toMatchObject({ status: 409 })
    const oldest = (await keysOf('EdDSA')).find((key) => key.previous)
    const connection = await world.mine.connectionWith(['update:signing_keys', 'create:signing_keys'])
    await connection.signingKeys.revoke(oldest?.kid ?? '')
    await connection.signingKeys.rotate({ alg: 'EdDSA' })
  })
})

describe('making keys takes long, and keeps nobody waiting', () => {
  inOneWorld()

  test('an API that is refused costs no keys', async () => {
    const { resourceServers } = world.mine.connection
    await resourceServers.create({ identifier: 'urn:taken' })
    const refused = [
      { identifier: 'urn:taken', signing_alg: 'PS256' as const },
      { identifier: ' blank', signing_alg: 'PS256' as const },
      { identifier: 'urn:twice', signing_alg: 'RS512' as const, scopes: [{ value: 'a' }, { value: 'a' }] },
    ]
    const startedAt = performance.now()
    const asked = Array.from({ length: 60 }, (_, at) => refused[at % 3]).filter((body) => body !== undefined)
    const answers = await Promise.allSettled(asked.map((body) => resourceServers.create(body)))
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  test('what many requests need at once is made once', async () => {
    const { resourceServers } = world.mine.connection
    const named = Array.from({ length: 30 }, (_, at) => `urn:many:${at}`)
    await Promise.all(named.map((identifier) => resourceServers.create({ identifier, signing_alg: 'PS256' })))
    expect(await keysOf('PS256')).toHaveLength(2)
  })

  test('rotations in one tenant do not hold up the tokens of another', async () => {
    const token = await newTokens('RS256')
    const rotations = Array.from({ length: 40 }, () => world.theirs.connection.signingKeys.rotate())
    const settled = Promise.allSettled(rotations)
    for (let at = 0; at < 5; at++) {
      const startedAt = performance.now()
      await verifies(await token())
      expect(performance.now() - startedAt).toBeLessThan(2000)
    }
    const made = (await settled).filter(({ status }) => status === 'fulfilled')
    expect(made.length).toBeGreaterThan(5)
  }, 60_000)
})
