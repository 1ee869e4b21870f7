import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueTokens, keysOfAlgorithm, verifiesByKeySet } from '../../../../test/signed-tokens.ts'
import { measureSlowdown } from '../../../../test/slowdown.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import { showBeforeUseSeconds } from '../../../domain/signing-key.ts'

let world: TwoTenants
let aheadSeconds = 0
const now = () => new Date(Date.now() + aheadSeconds * 1000)

beforeAll(async () => {
  world = await startTwoTenants({ now })
})
afterAll(() => world.close())

test('tokens that are asked for while keys turn all verify with the key set from before', async () => {
  const newToken = await issueTokens(world.theirs, 'ES256')
  const { jwks, kids } = await keySetNow()
  const tokens: Promise<string>[] = []
  for (let at = 0; at < 40; at += 1) {
    tokens.push(newToken())
    if (at === 20) await world.theirs.connection.signingKeys.rotate({ alg: 'ES256' })
  }
  const signers = new Set<string | undefined>()
  for (const token of await Promise.all(tokens)) {
    signers.add(decodeProtectedHeader(token).kid)
    await jwtVerify(token, jwks, { currentDate: now() })
  }
  expect(signers.size).toBe(2)
  expect([...signers].every((kid) => kid !== undefined && kids.includes(kid))).toBe(true)
})

async function keySetNow() {
  const response = await world.theirs.fetch('/.well-known/jwks.json')
  const set: JSONWebKeySet = Object(await response.json())
  return { jwks: createLocalJWKSet(set), kids: set.keys.map(({ kid }) => kid) }
}

describe('many rotations', () => {
  test('two rotations at once are two rotations, and no key is lost', async () => {
    const { signingKeys } = world.mine.connection
    await Promise.all([signingKeys.rotate({ alg: 'ES256' }), signingKeys.rotate({ alg: 'ES256' })])
    const counted = async () => {
      const keys = await keysOfAlgorithm(world.mine, 'ES256')
      return [
        keys.filter((key) => key.previous),
        keys.filter((key) => key.current),
        keys.filter((key) => key.next),
      ].map(({ length }) => length)
    }
    // The second one's turn is ahead.
    expect(await counted()).toEqual([1, 1, 2])
    aheadSeconds += showBeforeUseSeconds
    expect(await counted()).toEqual([2, 1, 1])
  })

  test('with ten previous keys one has to go before the next rotation', async () => {
    const { signingKeys } = world.mine.connection
    for (let count = 0; count < 10; count += 1) await signingKeys.rotate({ alg: 'EdDSA' })
    await expect(signingKeys.rotate({ alg: 'EdDSA' })).rejects.toMatchObject({ status: 409 })
    const oldest = (await keysOfAlgorithm(world.mine, 'EdDSA')).find((key) => key.previous)
    const connection = await world.mine.connectionWith(['update:signing_keys', 'create:signing_keys'])
    await connection.signingKeys.revoke(oldest?.kid ?? '')
    await connection.signingKeys.rotate({ alg: 'EdDSA' })
  })
})

describe('making keys takes long, and keeps nobody waiting', () => {
  test('an API that is refused costs no keys', async () => {
    const { resourceServers } = world.mine.connection
    await resourceServers.create({ identifier: 'urn:taken' })
    const refused = [
      { identifier: 'urn:taken', signing_alg: 'PS256' as const },
      { identifier: ' blank', signing_alg: 'PS256' as const },
      { identifier: 'urn:twice', signing_alg: 'RS512' as const, scopes: [{ value: 'a' }, { value: 'a' }] },
    ]
    const before = process.cpuUsage()
    const asked = Array.from({ length: 60 }, (_, at) => refused[at % 3]).filter((body) => body !== undefined)
    const answers = await Promise.allSettled(asked.map((body) => resourceServers.create(body)))
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true)
    // Of a processor, whoever else uses it: forty key pairs take twice as long and more.
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(2500)
  })

  test('what many requests need at once is made once', async () => {
    const { resourceServers } = world.mine.connection
    const named = Array.from({ length: 30 }, (_, at) => `urn:many:${at}`)
    await Promise.all(named.map((identifier) => resourceServers.create({ identifier, signing_alg: 'PS256' })))
    expect(await keysOfAlgorithm(world.mine, 'PS256')).toHaveLength(2)
  })

  test('rotations in one tenant do not hold up the tokens of another', async () => {
    const token = await issueTokens(world.mine, 'RS256')
    const rotations = Array.from({ length: 40 }, () => world.theirs.connection.signingKeys.rotate())
    const settled = Promise.allSettled(rotations)
    for (let at = 0; at < 5; at++) {
      const slowdown = measureSlowdown(() => [])
      const startedAt = performance.now()
      await verifiesByKeySet(world.mine, await token(), now())
      const took = performance.now() - startedAt
      expect(took).toBeLessThan(2000 * slowdown())
    }
    const made = (await settled).filter(({ status }) => status === 'fulfilled')
    expect(made.length).toBeGreaterThan(5)
  })
})
