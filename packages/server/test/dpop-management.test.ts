/** The management API as the resource server of tokens that are bound to a key (RFC 9449 §7). */
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { call, callProof, pair, passSeconds, useDpopDoor } from './dpop-door.ts'
import { createProofPair, hashOf } from './dpop-proofs.ts'

const door = useDpopDoor()
const other = createProofPair()

async function boundToken(claims: Record<string, unknown> = {}): Promise<string> {
  const jkt = await calculateJwkThumbprint({ ...pair.publicJwk })
  return door().world.mine.token(undefined, { cnf: { jkt }, ...claims })
}

const read = (authorization: string, proof?: string, path = '/clients') =>
  call('GET', path, { authorization, ...(proof !== undefined && { dpop: proof }) })

describe('a token that is bound to a key', () => {
  test('counts with a right proof, for reading and for changes', async () => {
    const token = await boundToken()
    expect((await read(`DPoP ${token}`, callProof('GET', '/clients', token))).status).toBe(200)
    expect((await read(`dpop ${token}`, callProof('GET', '/clients', token))).status).toBe(200)
    const proof = callProof('POST', '/clients', token)
    const made = await call(
      'POST',
      '/clients',
      { authorization: `DPoP ${token}`, dpop: proof },
      { name: 'x' },
    )
    expect(made.status).toBe(201)
  })

  test('as a bearer token is refused, with a proof and without one', async () => {
    const token = await boundToken()
    for (const proof of [undefined, callProof('GET', '/clients', token)]) {
      const { status, challenge, body } = await read(`Bearer ${token}`, proof)
      expect([status, body.errorCode]).toEqual([401, 'invalid_token'])
      expect(challenge).toMatch(
        /^DPoP error="invalid_token", algs="ES256 EdDSA Ed25519 PS256", resource_metadata=/,
      )
    }
  })

  test('without a proof, or with several, is refused', async () => {
    const token = await boundToken()
    const proof = () => callProof('GET', '/clients', token)
    for (const sent of [undefined, '', `${proof()}, ${proof()}`]) {
      const { status, challenge } = await read(`DPoP ${token}`, sent)
      expect([status, challenge]).toEqual([
        401,
        expect.stringMatching(/^DPoP error="invalid_dpop_proof", algs=/),
      ])
    }
  })

  const wrong: [name: string, proof: (token: string) => string][] = [
    ['without an ath', (token) => callProof('GET', '/clients', token, { claims: { ath: undefined } })],
    ['with the ath of another token', (token) => callProof('GET', '/clients', `${token}x`)],
    [
      'with the token for its ath',
      (token) => callProof('GET', '/clients', token, { claims: { ath: token } }),
    ],
    ['of another key', (token) => callProof('GET', '/clients', token, { key: other })],
    [
      'of another key that names this one',
      (token) => callProof('GET', '/clients', token, { key: other, header: { jwk: pair.publicJwk } }),
    ],
    ['for another method', (token) => callProof('POST', '/clients', token)],
    ['for another path', (token) => callProof('GET', '/clients/x', token)],
    [
      'for another host',
      (token) =>
        callProof('GET', '/clients', token, { claims: { htu: 'https://a.example.com/api/v2/clients' } }),
    ],
    [
      'for the token endpoint',
      (token) =>
        callProof('GET', '/clients', token, {
          claims: { htu: `${door().world.mine.issuer.origin}/oauth/token` },
        }),
    ],
    ['of an hour ago', (token) => callProof('GET', '/clients', token, { claims: { iat: 1 } })],
    ['without a jti', (token) => callProof('GET', '/clients', token, { claims: { jti: undefined } })],
    ['of another typ', (token) => callProof('GET', '/clients', token, { header: { typ: 'JWT' } })],
    ['that is no JWT', () => 'proof'],
  ]
  test.each(wrong)('with a proof %s is refused', async (_, proof) => {
    const token = await boundToken()
    const { status, challenge, body } = await read(`DPoP ${token}`, proof(token))
    expect([status, body.errorCode]).toEqual([401, 'invalid_dpop_proof'])
    expect(challenge).toMatch(/^DPoP error="invalid_dpop_proof", /)
  })

  test('with a proof that was used before is refused, at one time after another and at the same time', async () => {
    const token = await boundToken()
    const proof = callProof('GET', '/clients', token)
    const answers = await Promise.all(Array.from({ length: 8 }, () => read(`DPoP ${token}`, proof)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(7)
    expect((await read(`DPoP ${token}`, proof)).status).toBe(401)
  })

  test('that has expired is refused, and by the scheme that it came with', async () => {
    const token = await boundToken({ exp: 1 })
    const { status, challenge } = await read(`DPoP ${token}`, callProof('GET', '/clients', token))
    expect([status, challenge]).toEqual([401, expect.stringMatching(/^DPoP error="invalid_token"/)])
  })

  test('without the scope is told so by its scheme', async () => {
    const jkt = await calculateJwkThumbprint({ ...pair.publicJwk })
    const token = await door().world.mine.token(['read:logs'], { cnf: { jkt } })
    const { status, challenge } = await read(`DPoP ${token}`, callProof('GET', '/clients', token))
    expect([status, challenge]).toEqual([403, expect.stringMatching(/^DPoP error="insufficient_scope"/)])
  })

  test('is taken for a path with a query, for one with encoded characters, and for a whole URL', async () => {
    const token = await boundToken()
    const proof = callProof('GET', '/clients', token)
    expect((await read(`DPoP ${token}`, proof, '/clients?per_page=1')).status).toBe(200)
    expect(await askWithWholeUrl(token)).toBe(200)
    const path = '/resource-servers/https%3A%2F%2Finvoices.example.com%2F'
    expect((await read(`DPoP ${token}`, callProof('GET', path, token), path)).status).toBe(200)
  })
})

/** With a request target that is a whole URL (RFC 9112 §3.2.2), which `fetch` never sends. */
async function askWithWholeUrl(token: string): Promise<number | undefined> {
  const { origin } = door().world.mine.issuer
  const path = `${origin}/api/v2/clients?per_page=1`
  const headers = { authorization: `DPoP ${token}`, dpop: callProof('GET', '/clients', token) }
  const [response] = await once(httpRequest(origin, { path, headers, agent: false }).end(), 'response')
  response.resume()
  return response.statusCode
}

test('a bearer token presented as DPoP is refused, though its proof is right', async () => {
  const token = await door().world.mine.token()
  const { status, challenge } = await read(`DPoP ${token}`, callProof('GET', '/clients', token))
  expect([status, challenge]).toEqual([401, expect.stringMatching(/^DPoP error="invalid_token"/)])
})

test.each([{ jkt: 7 }, { jkt: '' }, { jkt: 'a', 'x5t#S256': 'b' }, { kid: 'a' }, {}, 'a', null])(
  'a token that is bound to what nobody can check is refused: %j',
  async (cnf) => {
    const token = await door().world.mine.token(undefined, { cnf })
    for (const scheme of ['Bearer', 'DPoP']) {
      expect((await read(`${scheme} ${token}`, callProof('GET', '/clients', token))).status).toBe(401)
    }
  },
)

test('at the door of webtasks no bound token counts', async () => {
  const token = await boundToken()
  const { mine } = door().world
  const path = `/api/webtask/${mine.tenant.name}`
  for (const scheme of ['Bearer', 'DPoP']) {
    const uri = `${mine.issuer.origin}${path}`
    const dpop = callProof('GET', '', token, { claims: { htu: uri, ath: hashOf(token) } })
    const answer = await mine.fetch(path, { headers: { authorization: `${scheme} ${token}`, dpop } })
    expect(answer.status).toBe(401)
  }
})

test('who asks without a token is told both ways of presenting one', async () => {
  const { status, challenge } = await call('GET', '/clients', {})
  expect([status, challenge]).toEqual([
    401,
    expect.stringMatching(/^Bearer .*, DPoP algs="ES256 EdDSA Ed25519 PS256"/),
  ])
})

test('no proof is kept of a change', async () => {
  const token = await boundToken()
  const proof = callProof('DELETE', '/clients/x', token)
  const headers = { authorization: `DPoP ${token}`, dpop: proof, 'user-agent': proof }
  expect((await call('DELETE', '/clients/x', headers)).status).toBe(204)
  passSeconds(1)
  const logs = await door().world.mine.connection.logs.list({ per_page: 5 })
  expect(JSON.stringify(logs)).not.toContain(proof.split('.')[2])
})
