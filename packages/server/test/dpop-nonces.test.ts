/** Nonces of DPoP proofs (RFC 9449 §8 and §9), and clients whose tokens have to be bound, through the real door. */
import { calculateJwkThumbprint } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askToken, call, callProof, now, pair, passSeconds, tokenProof, useDpopDoor } from './dpop-door.ts'
import { createProofPair } from './dpop-proofs.ts'

const door = useDpopDoor()
const requireNonce = (dpop_nonce_required: boolean) =>
  door().world.mine.connection.tenantSettings.update({ dpop_nonce_required })
const codeOf = ({ status, body }: Awaited<ReturnType<typeof askToken>>) => [status, body.error]
const wantsNonce = [400, 'use_dpop_nonce']

describe('where the tenant asks for a nonce', () => {
  beforeAll(() => requireNonce(true))
  afterAll(() => requireNonce(false))

  async function freshNonce(): Promise<string> {
    const { headers } = await askToken(tokenProof())
    return String(headers.get('dpop-nonce'))
  }

  test('a proof without one is refused, and the answer brings one that counts', async () => {
    const refused = await askToken(tokenProof())
    expect(codeOf(refused)).toEqual(wantsNonce)
    expect(refused.headers.get('cache-control')).toBe('no-store')
    const nonce = refused.headers.get('dpop-nonce')
    const { status, body, headers } = await askToken(tokenProof({ nonce }))
    expect([status, body.token_type]).toEqual([200, 'DPoP'])
    expect(headers.get('dpop-nonce')).toMatch(/^[\w-]{30}$/)
  })

  test('another proof of the same key, and one of another key, may bear the same nonce', async () => {
    const nonce = await freshNonce()
    for (const key of [pair, pair, createProofPair('EdDSA')]) {
      expect((await askToken(tokenProof({ nonce }, {}, key))).status).toBe(200)
    }
  })

  test('what is no nonce of this tenant is refused', async () => {
    const nonce = await freshNonce()
    const changed = `${nonce.startsWith('A') ? 'B' : 'A'}${nonce.slice(1)}`
    const cut = nonce.slice(0, -1)
    for (const wrong of ['', 'random', changed, cut, `${nonce}A`, nonce.toUpperCase(), 'A'.repeat(30)]) {
      expect([wrong, ...codeOf(await askToken(tokenProof({ nonce: wrong })))]).toEqual([wrong, ...wantsNonce])
    }
    await door().world.theirs.connection.tenantSettings.update({ dpop_nonce_required: true })
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'x', client_secret: 'x' })
    const { origin } = door().world.theirs.issuer
    const dpop = tokenProof({ htu: `${origin}/oauth/token` })
    const theirs = await door().world.theirs.fetch('/oauth/token', {
      method: 'POST',
      headers: { dpop },
      body,
    })
    const foreign = theirs.headers.get('dpop-nonce')
    expect(foreign).not.toBeNull()
    expect(codeOf(await askToken(tokenProof({ nonce: foreign })))).toEqual(wantsNonce)
  })

  test('a nonce counts for five minutes, and not after six', async () => {
    const nonce = await freshNonce()
    passSeconds(300)
    expect((await askToken(tokenProof({ nonce }))).status).toBe(200)
    passSeconds(71)
    expect(codeOf(await askToken(tokenProof({ nonce })))).toEqual(wantsNonce)
  })

  test('a fresh nonce makes no old proof good, and none that is wrong otherwise', async () => {
    const nonce = await freshNonce()
    const seconds = now().getTime() / 1000
    for (const claims of [{ iat: seconds - 3600 }, { iat: seconds + 3600 }, { htm: 'GET' }]) {
      expect(codeOf(await askToken(tokenProof({ nonce, ...claims })))).toEqual([400, 'invalid_dpop_proof'])
    }
  })

  test('a proof that was refused for its nonce is not spent', async () => {
    const jti = 'once'
    const refused = await askToken(tokenProof({ jti }))
    expect(codeOf(refused)).toEqual(wantsNonce)
    const nonce = refused.headers.get('dpop-nonce')
    expect((await askToken(tokenProof({ jti, nonce }))).status).toBe(200)
  })

  test('a request without any proof gets its bearer token, and no nonce', async () => {
    const { status, body, headers } = await askToken(undefined)
    expect([status, body.token_type, headers.get('dpop-nonce')]).toEqual([200, 'Bearer', null])
  })

  test('the management API asks for one too, and each answer to a bound token brings the next', async () => {
    const jkt = await calculateJwkThumbprint({ ...pair.publicJwk })
    const token = await door().world.mine.token(undefined, { cnf: { jkt } })
    const ask = (claims: Record<string, unknown>) => {
      const dpop = callProof('GET', '/clients', token, { claims })
      return call('GET', '/clients', { authorization: `DPoP ${token}`, dpop })
    }
    const refused = await ask({})
    expect([refused.status, refused.body.errorCode]).toEqual([401, 'use_dpop_nonce'])
    expect(refused.challenge).toMatch(/^DPoP error="use_dpop_nonce", algs="/)
    const taken = await ask({ nonce: refused.nonce })
    expect([taken.status, taken.nonce]).toEqual([200, expect.stringMatching(/^[\w-]{30}$/)])
    expect((await ask({ nonce: 'random' })).status).toBe(401)
    // The nonces of both places are of one kind: who has just got a token has one for what it does next.
    expect((await ask({ nonce: await freshNonce() })).status).toBe(200)
  })
})

test('where nobody asks for one, a nonce that is sent must still be right', async () => {
  const refused = await askToken(tokenProof({ nonce: 'random' }))
  expect(codeOf(refused)).toEqual(wantsNonce)
  const nonce = refused.headers.get('dpop-nonce')
  const { status, headers } = await askToken(tokenProof({ nonce }))
  expect([status, headers.get('dpop-nonce')]).toEqual([200, null])
})

describe('a client whose tokens have to be bound', () => {
  const clients = () => door().world.mine.connection.clients
  const hold = (require_proof_of_possession: boolean | null) =>
    clients().update(door().client.client_id, { require_proof_of_possession })

  test('gets none without a proof, whatever the API says, and one with it', async () => {
    expect(await hold(true)).toMatchObject({ require_proof_of_possession: true })
    expect(codeOf(await askToken(undefined))).toEqual([400, 'invalid_dpop_proof'])
    expect((await askToken(tokenProof())).body.token_type).toBe('DPoP')
  })

  test('stays at it when something else is changed, and gets bearer tokens again when it is taken away', async () => {
    await clients().update(door().client.client_id, { description: 'changed' })
    expect(codeOf(await askToken(undefined))).toEqual([400, 'invalid_dpop_proof'])
    for (const away of [null, false]) {
      await hold(true)
      expect(await hold(away)).toMatchObject({ require_proof_of_possession: false })
      expect((await askToken(undefined)).body.token_type).toBe('Bearer')
    }
  })

  test('may be made like that', async () => {
    const made = await clients().create({ name: 'bound', require_proof_of_possession: true })
    expect(await clients().get(made.client_id)).toMatchObject({ require_proof_of_possession: true })
  })
})
