/** Clients that are proven by the tokens of other issuers, each kind of issuer with the claims that it really sends. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { assertionType } from './assertion-client.ts'
import {
  claimsFor,
  expectRefused,
  ownIssuer,
  seconds,
  signFor,
  useFederationDoor,
} from './federation-door.ts'
import { createForeignKey, type ForeignIssuer, type Json, signForeign } from './foreign-issuers.ts'
import { startWatch } from './own-time.ts'
import { present as presentToken } from './presented-tokens.ts'
import { workloadKinds } from './workload-tokens.ts'

const door = useFederationDoor()

const spiffeType = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe'

describe.each(workloadKinds)('a token of $name', (kind) => {
  const isSpiffe = kind.name === 'spiffe'
  let issuer: ForeignIssuer
  let client: string

  const aud = (audience: string) => (kind.isAudienceList ? [audience] : audience)
  const sign = (claims: Json = {}) =>
    signFor(issuer, { aud: aud(ownIssuer), ...kind.claims(seconds()), ...claims }, kind.header)

  test('proves the client that its claims match, also when the issuer turns to another key', async () => {
    const { issuers, createClient, trust, present, explain, server } = door()
    issuer = issuers.create(kind.name, kind.algorithm, kind.jwkMembers)
    client = await createClient(kind.name)
    await trust(isSpiffe ? { ...issuer, issuer: 'spiffe://acme.example' } : issuer, {
      ...(isSpiffe && { jwks_uri: issuer.jwksUri }),
      ...kind.settings,
      matches: [{ client_id: client, ...kind.match }],
    })
    const jwt = sign()
    expect(await explain(jwt)).toMatchObject({ client_id: client })
    const issued = await present(jwt, isSpiffe ? { client_assertion_type: spiffeType } : {})
    expect([issued.status, issued.claims.client_id, issued.claims.scope]).toEqual([200, client, 'read'])
    const { details } = await server.management.logs.get(String(issued.headers.get('x-request-id')))
    expect(details).toMatchObject({
      workload: { issuer: isSpiffe ? 'spiffe://acme.example' : issuer.issuer, subject: kind.claims(0).sub },
    })

    const [old, fetches] = [issuer.key(), issuer.fetches()]
    issuer.rotate()
    expect((await present(sign(), { client_id: client })).status).toBe(200)
    expect(issuer.fetches()).toBe(fetches + 1)
    const claims = claimsFor(issuer, { aud: aud(ownIssuer), ...kind.claims(seconds()) })
    await expectRefused(signForeign(old, claims, kind.header), 'signature')
  })

  test(
    kind.settings?.token_reuse ? 'is good until it expires, where that is asked for' : 'is good once',
    async () => {
      const jwt = sign()
      const attempts = await Promise.all(Array.from({ length: 4 }, () => door().present(jwt)))
      const issued = attempts.filter(({ status }) => status === 200)
      expect(issued).toHaveLength(kind.settings?.token_reuse ? 4 : 1)
      // Where clients prove themselves about a token, too.
      for (const path of ['introspect', 'revoke']) {
        const fields = {
          client_assertion: sign({ asked: path }),
          client_assertion_type: assertionType,
          token: 'x',
        }
        const url = `${door().server.url}/oauth/${path}`
        const answers = await Promise.all(Array.from({ length: 3 }, () => presentToken(url, fields)))
        const statuses = answers.map(({ status }) => status).toSorted()
        expect([path, statuses]).toEqual([
          path,
          kind.settings?.token_reuse ? [200, 200, 200] : [200, 401, 401],
        ])
      }
      if (!kind.settings?.token_reuse) await expectRefused(jwt, 'reuse')
    },
  )

  test('of another workload, for another audience, or past its time proves nobody', async () => {
    await expectRefused(sign({ aud: aud('https://other.example.com/') }), 'audience')
    await expectRefused(sign({ aud: [ownIssuer, 'https://other.example.com/'] }), 'audience')
    await expectRefused(sign({ exp: seconds() - 11 }), 'times')
    const past = 100_000
    await expectRefused(sign({ iat: seconds() - past, nbf: seconds() - past, exp: seconds() + 1 }), 'times')
    if (kind.match.sub) await expectRefused(sign({ sub: kind.subOfAnother }), 'client')
    else await expectRefused(sign({ oid: kind.subOfAnother }), 'client')
    await expectRefused(sign(), 'client', { client_id: door().server.billing.id })
  })
})

test('a signature that somebody made of another one does not make a token good again', async () => {
  const { issuers, createClient, trust, present } = door()
  const issuer = issuers.create('malleable', 'ES256')
  await trust(issuer, { matches: [{ client_id: await createClient('malleable'), sub: 'repo:acme/app:*' }] })
  const jwt = signFor(issuer)
  expect((await present(jwt)).status).toBe(200)
  const [header, claims, signature = ''] = jwt.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  // Of the two numbers of an ECDSA signature, the second one counts as well when it is taken from the group's order.
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const other = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0')
  const forged = Buffer.concat([bytes.subarray(0, 32), Buffer.from(other, 'hex')]).toString('base64url')
  await expectRefused(`${header}.${claims}.${forged}`, 'reuse')
})

test('an issuer that cannot be reached, or is too slow, proves nobody, and soon', async () => {
  const { issuers, createClient, trust, explain, present, server } = door()
  const matches = [{ client_id: await createClient('unreachable'), sub: 'repo:acme/app:*' }]
  const slow = issuers.create('slow')
  slow.answerWith(() => {})
  await trust(slow, { matches })
  const sinceAsked = startWatch()
  const [explained, answered] = await Promise.all([explain(signFor(slow)), present(signFor(slow))])
  expect([explained.client_id, answered.status]).toEqual([null, 401])
  expect(JSON.stringify(explained.steps)).toContain('no whole answer')
  const warned = (await server.management.warnings.list()).filter(({ issuer }) => issuer === slow.issuer)
  expect(warned).toMatchObject([
    { type: 'keys_unavailable', description: expect.stringContaining('no whole answer') },
  ])
  expect(sinceAsked()).toBeLessThan(15_000)
  const answers: [string, (issuer: ForeignIssuer) => void][] = [
    [
      'of-another',
      (issuer) => {
        issuer.discovery.issuer = `${issuer.issuer}/`
      },
    ],
    [
      'without-keys',
      (issuer) => {
        issuer.discovery.jwks_uri = undefined
      },
    ],
    [
      'into-our-network',
      (issuer) => {
        issuer.discovery.jwks_uri = 'http://127.0.0.1:1/keys'
      },
    ],
    [
      'html',
      (issuer) =>
        issuer.answerWith((response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')),
    ],
    [
      'redirect',
      (issuer) => issuer.answerWith((response) => response.writeHead(302, { location: slow.jwksUri }).end()),
    ],
    ['error', (issuer) => issuer.answerWith((response) => response.writeHead(500).end())],
    [
      'large',
      (issuer) =>
        issuer.answerWith((response) =>
          response.writeHead(200, { 'content-type': 'application/json' }).end(' '.repeat(70_000)),
        ),
    ],
  ]
  for (const [name, spoil] of answers) {
    const issuer = issuers.create(name)
    spoil(issuer)
    await trust(issuer, { matches })
    await expectRefused(signFor(issuer, { sub: `repo:acme/app:${name}` }), 'signature')
  }
})

test('keys may lie where the discovery document says, and then those of the issuer itself count no more', async () => {
  const { issuers, createClient, trust, present } = door()
  const [issuer, elsewhere] = [issuers.create('names-others'), issuers.create('elsewhere')]
  issuer.discovery.jwks_uri = elsewhere.jwksUri
  await trust(issuer, { matches: [{ client_id: await createClient('elsewhere'), sub: 'repo:acme/app:*' }] })
  await expectRefused(signForeign(issuer.key(), claimsFor(issuer)), 'signature')
  expect((await present(signForeign(elsewhere.key(), claimsFor(issuer)))).status).toBe(200)
  await expectRefused(signForeign(elsewhere.key(), claimsFor(elsewhere)), 'issuer')
})

test('a key counts for its own issuer alone, whatever it is called elsewhere', async () => {
  const { issuers, createClient, trust, present } = door()
  const kid = randomUUID()
  const [one, other] = [createForeignKey('RS256', kid), createForeignKey('RS256', kid)]
  const made = []
  for (const [name, key] of [
    ['one', one],
    ['other', other],
  ] as const) {
    const issuer = issuers.create(`same-kid-${name}`)
    await trust(issuer, {
      jwks: { keys: [key.jwk] },
      matches: [{ client_id: await createClient(name), sub: 'repo:acme/app:*' }],
    })
    made.push(issuer)
  }
  const [first, second] = made
  if (!first || !second) throw new TypeError('Two issuers were made.')
  await expectRefused(signForeign(other, claimsFor(first)), 'signature')
  await expectRefused(signForeign(one, claimsFor(second)), 'signature')
  expect((await present(signForeign(one, claimsFor(first)))).status).toBe(200)
  expect((await present(signForeign(other, claimsFor(second)))).status).toBe(200)
  expect(first.fetches() + second.fetches()).toBe(0)
})
