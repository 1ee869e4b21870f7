import { afterEach, expect, test } from 'vitest'
import { createProofPair, hashOf, makeProof } from './dpop-proofs.ts'
import { credentialsOf, requestToken, startTestServer, type TestServer } from './test-server.ts'

let present = new Date('2030-01-01T00:00:00Z')
let server: TestServer
afterEach(() => server.close())

const ratesOf = (headers: Headers) =>
  ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'].map((name) =>
    headers.get(name),
  )

test('a client that asks too much of the management API is refused until Retry-After, and others are not', async () => {
  server = await startTestServer({ settings: { TALLYSTICK_MANAGEMENT_RATE: '10' }, now: () => present })
  const { management } = server.bootstrap
  const { id, secret } = await server.createClient('bound', undefined)
  const scope = ['read:clients']
  await server.management.clientGrants.create({ client_id: id, audience: management.audience, scope })
  const { body } = await requestToken(server.url, management)
  const headers = { authorization: `Bearer ${body.access_token}` }
  const answers: Response[] = []
  for (let count = 0; count < 21; count += 1) {
    answers.push(await fetch(`${server.url}/api/v2/clients`, { headers }))
  }
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  const last = answers.at(-1)
  expect([last?.status, await last?.json(), ratesOf(last?.headers ?? new Headers())]).toEqual([
    429,
    {
      statusCode: 429,
      error: 'Too Many Requests',
      message: 'Global limit has been reached',
      errorCode: 'too_many_requests',
    },
    ['20', '0', String(present.getTime() / 1000 + 2), '1'],
  ])
  // Another client, and one that no token proves.
  const stranger = await fetch(`${server.url}/api/v2/clients`)
  expect([stranger.status, ratesOf(stranger.headers)]).toEqual([401, [null, null, null, null]])
  expect((await server.requestToken()).status).toBe(200)
  await expectUnspentProofs({ client_id: id, client_secret: secret })
})

/** What is refused for its rate costs no commit. */
async function expectUnspentProofs(credentials: { client_id: string; client_secret: string }): Promise<void> {
  const { origin, management } = server.bootstrap
  const pair = createProofPair()
  const atTokenEndpoint = { method: 'POST', uri: `${origin}/oauth/token`, now: present }
  const { body } = await server.requestToken(
    { ...credentials, audience: management.audience },
    { headers: { 'content-type': 'application/json', dpop: makeProof(pair, atTokenEndpoint) } },
  )
  const token = String(body.access_token)
  const uri = `${origin}/api/v2/clients`
  const proofs = Array.from({ length: 21 }, () =>
    makeProof(pair, { method: 'GET', uri, now: present, claims: { ath: hashOf(token) } }),
  )
  const send = async (dpop: string) =>
    (await fetch(`${server.url}/api/v2/clients`, { headers: { authorization: `DPoP ${token}`, dpop } }))
      .status
  const statuses: number[] = []
  for (const proof of proofs) statuses.push(await send(proof))
  const [first, last] = [proofs[0] ?? '', proofs.at(-1) ?? '']
  expect([statuses[0], statuses.at(-1)]).toEqual([200, 429])
  present = new Date(present.getTime() + 5000)
  expect([await send(first), await send(last)]).toEqual([401, 200])
}

test('an address that asks too much of the token endpoint is refused and told its rate, and the refusal is on record', async () => {
  server = await startTestServer({ settings: { TALLYSTICK_TOKEN_RATE: '2' }, now: () => present })
  // One token went to the operator's connection.
  const first = await server.requestToken()
  expect([first.status, ratesOf(first.headers)]).toEqual([200, ['4', '2', expect.any(String), null]])
  await server.requestToken()
  await server.requestToken()
  const refused = await server.requestToken(credentialsOf(server.billing))
  expect([refused.status, refused.body, ratesOf(refused.headers).slice(0, 2)]).toEqual([
    429,
    { error: 'too_many_requests', error_description: 'Global limit has been reached' },
    ['4', '0'],
  ])
  expect(refused.headers.get('retry-after')).toBe('1')
  const entry = await server.management.logs.get(String(refused.headers.get('x-request-id')))
  expect(entry).toMatchObject({ type: 'feccft', description: 'Global limit has been reached' })
})
