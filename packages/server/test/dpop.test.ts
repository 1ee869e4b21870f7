/** Tokens that are bound to a key (RFC 9449), through the real door. What a proof must say: `dpop-proof.test.ts`. */
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { askToken, askTokenWithLines, pair, passSeconds, tokenProof, useDpopDoor } from './dpop-door.ts'
import { createProofPair } from './dpop-proofs.ts'
import { readExchangeRecord } from './exchange-records.ts'

const door = useDpopDoor()
const codeOf = async (answer: ReturnType<typeof askToken>) => {
  const { status, body } = await answer
  return [status, body.error]
}

describe('a token request', () => {
  test('with a proof that is wrong is refused, whether or not its client is right', async () => {
    const wrong = () => tokenProof({ htm: 'GET' })
    const answer = await askToken(wrong())
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_dpop_proof', error_description: 'The htm of the DPoP proof must be POST.' },
    ])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('www-authenticate')).toBeNull()
    expect(await codeOf(askToken(wrong(), { client_secret: 'wrong' }))).toEqual([400, 'invalid_dpop_proof'])
    expect(await codeOf(askToken('x'.repeat(5000)))).toEqual([400, 'invalid_dpop_proof'])
    expect(await codeOf(askToken(''))).toEqual([400, 'invalid_dpop_proof'])
  })

  test('with two proofs is refused, in two headers and in one', async () => {
    expect(await askTokenWithLines([tokenProof(), tokenProof()])).toBe(400)
    expect(await askTokenWithLines([tokenProof()])).toBe(200)
    expect(await codeOf(askToken(`${tokenProof()}, ${tokenProof()}`))).toEqual([400, 'invalid_dpop_proof'])
  })

  test('whose proof is for another tenant of the same server is refused', async () => {
    const { theirs, mine } = door().world
    const unknown = { client_id: 'nobody', client_secret: 'nothing', audience: 'urn:x' }
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...unknown })
    const send = async (origin: string) => {
      const dpop = tokenProof({ htu: `${origin}/oauth/token` })
      const answer = await theirs.fetch('/oauth/token', { method: 'POST', headers: { dpop }, body })
      return JSON.parse(await answer.text()).error
    }
    // The client is unknown, so nothing but the proof can be right.
    expect(await send(mine.issuer.origin)).toBe('invalid_dpop_proof')
    expect(await send(theirs.issuer.origin)).toBe('access_denied')
  })

  test('with a right proof and a wrong secret is refused for the secret, and spends nothing', async () => {
    const proof = tokenProof()
    expect(await codeOf(askToken(proof, { client_secret: 'wrong' }))).toEqual([401, 'invalid_client'])
    expect((await askToken(proof)).status).toBe(200)
  })

  test('with a right proof gets a token of the type DPoP that is bound to its key', async () => {
    const { status, body, claims } = await askToken(tokenProof())
    expect([status, body.token_type]).toEqual([200, 'DPoP'])
    expect(claims.cnf).toEqual({ jkt: await calculateJwkThumbprint({ ...pair.publicJwk }) })
  })

  test('without a proof gets a bearer token', async () => {
    const { body, claims } = await askToken(undefined)
    expect([body.token_type, claims.cnf]).toEqual(['Bearer', undefined])
  })

  test('may name itself with a query, in upper case and with a fragment', async () => {
    const { origin } = door().world.mine.issuer
    for (const htu of [`${origin}/oauth/token?a=b#c`, `${origin.toUpperCase()}/oauth/token`]) {
      expect((await askToken(tokenProof({ htu }))).status).toBe(200)
    }
  })
})

describe('a proof is good once', () => {
  const used = [400, 'invalid_dpop_proof']

  test('at one time after another, also where the clock is set back', async () => {
    const proof = tokenProof()
    expect((await askToken(proof)).status).toBe(200)
    expect(await codeOf(askToken(proof))).toEqual(used)
    passSeconds(-10)
    expect(await codeOf(askToken(proof))).toEqual(used)
    passSeconds(10)
  })

  test('for one key: another may have the same jti, the same key may not', async () => {
    const jti = 'one'
    expect((await askToken(tokenProof({ jti }))).status).toBe(200)
    expect(await codeOf(askToken(tokenProof({ jti, htm: 'POST' })))).toEqual(used)
    expect((await askToken(tokenProof({ jti }, {}, createProofPair('EdDSA')))).status).toBe(200)
  })

  test('also where the request was refused for something else once its client was proven', async () => {
    const proof = tokenProof()
    expect(await codeOf(askToken(proof, { scope: 'nope' }))).toEqual([400, 'invalid_scope'])
    expect(await codeOf(askToken(proof))).toEqual(used)
  })

  test('of many uses at the same time one gets a token, and the log tells of each', async () => {
    const proof = tokenProof()
    const answers = await Promise.all(Array.from({ length: 12 }, () => askToken(proof)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const refused = answers.filter(({ status }) => status !== 200)
    for (const { body, headers } of refused) {
      expect(body.error).toBe('invalid_dpop_proof')
      const entry = await door().world.mine.connection.logs.get(String(headers.get('x-request-id')))
      expect(entry).toMatchObject({
        type: 'feccft',
        client_id: door().client.client_id,
        description: expect.stringContaining('used before'),
      })
    }
  })
})

test('no proof is kept, and no rule sees one', async () => {
  const proofs = [tokenProof(), tokenProof({ htm: 'GET' })]
  for (const proof of proofs) {
    const { headers } = await askToken(proof, { dpop: proof, DPoP: proof })
    const id = String(headers.get('x-request-id'))
    const entry = await door().world.mine.connection.logs.get(id)
    const kept = JSON.stringify([entry, readExchangeRecord(door().world.dataDir, id)])
    for (const part of proof.split('.')) expect(kept).not.toContain(part)
  }
})

test('metadata tells that proofs are taken, and with which algorithms', async () => {
  const response = await door().world.mine.fetch('/.well-known/oauth-authorization-server')
  expect(await response.json()).toMatchObject({
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
  })
})
