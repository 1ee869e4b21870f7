/** What tokens of other issuers do not prove, and what their operator may not say of them. */
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  claimsFor,
  expectRefused,
  ownIssuer,
  seconds,
  signFor,
  useFederationDoor,
} from './federation-door.ts'
import { createForeignKey, type ForeignIssuer, type Json, signForeign, signText } from './foreign-issuers.ts'

const door = useFederationDoor()
const sub = 'repo:acme/app:*'

let issuer: ForeignIssuer
let issuerId: string
let client: string
beforeAll(async () => {
  const { issuers, createClient, trust } = door()
  issuer = issuers.create('builds')
  client = await createClient('builds')
  issuerId = await trust(issuer, {
    require_jti: true,
    matches: [{ client_id: client, sub, claims: { ref: 'main' } }],
  })
})

let lastJti = 0
const right = (claims: Json = {}) => ({ jti: `jti-${++lastJti}`, ref: 'main', ...claims })
const sign = (claims: Json = {}, header: Json = {}) => signFor(issuer, right(claims), header)

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a token proves nobody', () => {
  const faults: [string, string, Json][] = [
    ['has no aud', 'audience', { aud: undefined }],
    ['has an empty list of aud', 'audience', { aud: [] }],
    ['has our issuer without its slash', 'audience', { aud: ownIssuer.slice(0, -1) }],
    ['has an aud that is no text', 'audience', { aud: { [ownIssuer]: true } }],
    ['has a list within its aud', 'audience', { aud: [[ownIssuer]] }],
    ['has no exp', 'times', { exp: undefined }],
    ['has an exp that is a text', 'times', { exp: '9999999999' }],
    ['never ends', 'times', { exp: 1e308 }],
    ['has a negative exp', 'times', { exp: -1 }],
    ['has no jti, where it needs one', 'jti', { jti: undefined }],
    ['has an empty jti', 'jti', { jti: '' }],
    ['has a jti that is a number', 'jti', { jti: 7 }],
    ['has a jti that is too long', 'jti', { jti: 'j'.repeat(257) }],
    ['has half a surrogate pair as its jti', 'jti', { jti: 'j\ud800' }],
    ['has another claim', 'client', { ref: 'main2' }],
    ['lacks the claim', 'client', { ref: undefined }],
    ['has a list as the claim', 'client', { ref: ['main'] }],
    ['is of a repository that begins alike', 'client', { sub: 'repo:acme/app-evil:ref:refs/heads/main' }],
    ['has no sub', 'token', { sub: undefined }],
    ['has a list as its sub', 'token', { sub: ['repo:acme/app:x'] }],
    ['has a line end in its sub', 'token', { sub: 'repo:acme/app:x\n' }],
  ]
  test.each(faults)('that %s', async (_, step, claims) => {
    await expectRefused(sign(claims), step)
  })

  test('that lies ahead, but for the clocks', async () => {
    await expectRefused(sign({ iat: seconds() + 11 }), 'times')
    await expectRefused(sign({ nbf: seconds() + 11 }), 'times')
    await expectRefused(sign({ exp: seconds() - 10 }), 'times')
    await expectRefused(sign({ iat: seconds(), exp: seconds() + 3601 }), 'times')
    const { present } = door()
    const fine = { iat: seconds() + 10, nbf: seconds() + 10, exp: seconds() + 3600.5 }
    expect((await present(sign(fine))).status).toBe(200)
    expect((await present(sign({ iat: undefined, exp: seconds() - 9 }))).status).toBe(200)
  })

  test('whose header asks for another check than the issuer is known for', async () => {
    const other = createForeignKey('RS256', issuer.key().kid)
    const claims = claimsFor(issuer, right())
    await expectRefused(signForeign(other, claims), 'signature')
    await expectRefused(signForeign(other, claims, { jwk: other.jwk }), 'signature')
    await expectRefused(signForeign(other, claims, { jku: `${issuer.issuer}/evil` }), 'signature')
    await expectRefused(signForeign(createForeignKey('RS256'), claims), 'signature')
    // A kid is a name and nothing else: no path, no query and no member of an object.
    for (const kid of [
      '',
      '../keys',
      '__proto__',
      'constructor',
      "' OR 1=1 --",
      `${issuer.key().kid}\u0000`,
    ]) {
      await expectRefused(sign({}, { kid }), 'signature')
    }
    // An RSA key of this name does not check ECDSA, and its text is no shared secret.
    await expectRefused(signForeign(createForeignKey('ES256', issuer.key().kid), claims), 'signature')
    const hs = `${encode({ alg: 'HS256', kid: issuer.key().kid })}.${encode(claims)}`
    const mac = createHmac('sha256', JSON.stringify(issuer.key().jwk)).update(hs).digest('base64url')
    await expectRefused(`${hs}.${mac}`, 'token')
    await expectRefused(`${encode({ alg: 'none' })}.${encode(claims)}.${mac}`, 'token')
    for (const header of [
      { alg: 'none' },
      { typ: 'at+jwt' },
      { crit: ['x'], x: 1 },
      { b64: false },
      { kid: 7 },
    ]) {
      await expectRefused(sign({}, header), 'token')
    }
  })

  test('that is no compact JWT, or too large', async () => {
    const jwt = sign()
    const [header, claims, signature] = jwt.split('.')
    for (const text of [`${jwt}.`, `${jwt}=`, `${header}.${claims}`, `${jwt}.${signature}.x`, `${jwt} `]) {
      await expectRefused(text, 'issuer')
    }
    const space = 12_288 - Buffer.byteLength(JSON.stringify(claimsFor(issuer, right({ pad: '' }))))
    const { present, explain } = door()
    const large = sign({ pad: 'x'.repeat(space - 400) })
    expect(large.length).toBeGreaterThan(15_000)
    expect((await explain(large)).client_id).toBe(client)
    expect((await present(large)).status).toBe(200)
    const tooLarge = sign({ pad: 'x'.repeat(space) })
    expect(tooLarge.length).toBeGreaterThan(16_384)
    await expectRefused(tooLarge, 'issuer')
  })

  test('whose issuer is none that is trusted to the letter, or this server', async () => {
    const { origin, host } = new URL(issuer.issuer)
    for (const iss of [
      `${issuer.issuer}/`,
      issuer.issuer.toUpperCase(),
      issuer.issuer.replace('builds', '%62uilds'),
      issuer.issuer.replace('builds', 'b\u0456lds'),
      `${issuer.issuer}?`,
      `${issuer.issuer}\u0000`,
      `${issuer.issuer}\ud800`,
      `${origin}//builds`,
      `${origin}/x/../builds`,
      `http://user@${host}/builds`,
    ]) {
      await expectRefused(signFor({ ...issuer, issuer: iss }, right()), 'issuer')
    }
    await expectRefused(signFor(issuer, right({ iss: undefined })), 'issuer')
    const own = await door().server.requestToken()
    await expectRefused(String(own.body.access_token), 'issuer')
  })

  test('whatever stands in its members, unless it is what has to stand there; and nothing falls over', async () => {
    const { explain } = door()
    const odd = fc.oneof(
      fc.json().map((text): unknown => JSON.parse(text)),
      fc.constantFrom<unknown>(
        null,
        '',
        0,
        -1,
        1e308,
        2 ** 53,
        true,
        [],
        {},
        ['x'],
        '\ud800',
        '\u0000',
        'x'.repeat(2000),
      ),
    )
    const claim = fc.constantFrom('iss', 'sub', 'aud', 'exp', 'ref')
    const header = fc.constantFrom('typ', 'crit', 'b64', 'kid', 'alg')
    const signedWith = async (claims: Json, members: Json) => {
      const { client_id, steps } = await explain(sign(claims, members))
      expect(client_id, JSON.stringify([claims, members, steps])).toBeNull()
    }
    await fc.assert(
      fc.asyncProperty(claim, odd, (name, value) => signedWith({ [name]: value }, {})),
      { numRuns: 150 },
    )
    await fc.assert(
      fc.asyncProperty(header, odd, (name, value) => signedWith({}, { [name]: value })),
      { numRuns: 100 },
    )
  })

  test('whichever single character of it is another one', async () => {
    const jwt = sign()
    const { explain } = door()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'
    await fc.assert(
      fc.asyncProperty(fc.nat(jwt.length - 1), fc.constantFrom(...alphabet), async (at, character) => {
        fc.pre(jwt[at] !== character)
        const { client_id } = await explain(jwt.slice(0, at) + character + jwt.slice(at + 1))
        expect(client_id).toBeNull()
      }),
      { numRuns: 60 },
    )
    expect((await explain(jwt)).client_id).toBe(client)
  })
})

test('a client is handed out only as it is registered, and while it is enabled', async () => {
  const { issuers, createClient, trust, present, server } = door()
  const other = issuers.create('registered')
  const disabled = await createClient('disabled')
  await server.management.clients.update(disabled, { enabled: false })
  await trust(other, {
    matches: [
      { client_id: server.billing.id, sub: 'a:secret' },
      { client_id: disabled, sub: 'a:disabled' },
    ],
  })
  await expectRefused(signFor(other, { sub: 'a:secret' }), 'client')
  await expectRefused(signFor(other, { sub: 'a:disabled' }), 'client')
  await server.management.clients.update(disabled, { enabled: true })
  expect((await present(signFor(other, { sub: 'a:disabled' }))).status).toBe(200)
  // It has no secret, and no other way in.
  const bySecret = await server.requestToken({ client_id: disabled, client_secret: 'x' })
  expect(bySecret.status).toBe(401)
})

test('where two clients match, the request has to name one of them', async () => {
  const { issuers, createClient, trust, present } = door()
  const other = issuers.create('ambiguous')
  const [one, two] = [await createClient('one'), await createClient('two')]
  await trust(other, {
    matches: [
      { client_id: one, sub },
      { client_id: two, claims: { ref: 'main' } },
      { client_id: one, claims: { ref: 'main' } },
    ],
  })
  await expectRefused(signFor(other, { ref: 'main' }), 'client')
  for (const client_id of [one, two]) {
    const { status, claims } = await present(signFor(other, { ref: 'main', n: client_id }), { client_id })
    expect([status, claims.client_id]).toEqual([200, client_id])
  }
  expect((await present(signFor(other, { ref: 'other' }))).claims.client_id).toBe(one)
  await expectRefused(signFor(other, { ref: 'other', n: 1 }), 'client', { client_id: two })
})

describe('a trust rule', () => {
  let other: ForeignIssuer
  let ruled: string
  let id: string
  beforeAll(async () => {
    const { issuers, createClient, trust } = door()
    other = issuers.create('ruled')
    ruled = await createClient('ruled')
    id = await trust(other, {})
  })
  const useRule = (trust_rule: string) => door().server.management.trustedIssuers.update(id, { trust_rule })
  const token = (claims: Json = {}) => signFor(other, { n: ++lastJti, ...claims })

  test('gives verified claims to a client, or to none, and never sees the token', async () => {
    await useRule(`module.exports = async (claims, header) => {
      console.log(JSON.stringify([claims, header]))
      return claims.groups?.includes('deployers') ? '${ruled}' : undefined
    }`)
    const { present, explain, server } = door()
    const jwt = token({ groups: ['deployers'] })
    const { client_id, steps } = await explain(jwt)
    expect(client_id).toBe(ruled)
    expect(JSON.stringify(steps)).toContain('deployers')
    expect(JSON.stringify(steps)).not.toContain(jwt.split('.')[2])
    expect((await present(jwt)).claims.client_id).toBe(ruled)
    await expectRefused(token({ groups: [] }), 'client')
    await expectRefused(token({ groups: ['deployers'] }), 'client', { client_id: server.billing.id })
    await expectRefused(`${token({ groups: ['deployers'] }).slice(0, -4)}AAAA`, 'signature')
  })

  test('gives nobody tokens of the management API', async () => {
    await useRule(`module.exports = () => '${ruled}'`)
    const { present, explain, server } = door()
    const audience = server.bootstrap.management.audience
    expect((await explain(token(), { audience })).client_id).toBeNull()
    expect((await present(token(), { audience })).status).toBe(401)
    expect((await present(token())).status).toBe(200)
  })

  test.each([
    ["module.exports = () => { throw new Error('broken') }", 'broken'],
    ["module.exports = async () => { throw new TypeError('broken later') }", 'broken later'],
    ["module.exports = () => ['x']", 'neither nothing nor a client id'],
    ["module.exports = () => ''", 'neither nothing nor a client id'],
    ['module.exports = 1', 'must export a function'],
    ["module.exports = () => { fetch('https://example.com/'); return new Promise(() => {}) }", 'rule'],
  ])('that fails lets nobody in: %s', async (source, words) => {
    await useRule(source)
    const { present, server } = door()
    const { status, body, headers } = await present(token())
    expect([status, body]).toEqual([
      500,
      { error: 'server_error', error_description: 'A rule failed; see the log.' },
    ])
    const { description } = await server.management.logs.get(String(headers.get('x-request-id')))
    expect(description).toContain(words)
  })

  test('that does not compile is refused with its line, and the one that is there stays', async () => {
    await useRule('module.exports = () => undefined')
    await expect(useRule('module.exports = () => {\n  return ]\n}')).rejects.toThrow(/line 2/)
    await expect(useRule("require('nonexistent-module')")).rejects.toThrow(/nonexistent-module/)
    const { trust_rule } = await door().server.management.trustedIssuers.get(id)
    expect(trust_rule).toBe('module.exports = () => undefined')
  })
})

test('a token whose claims lie too deep is no token, and nothing that would look into it falls over', async () => {
  const { present, server } = door()
  const { trustedIssuers } = server.management
  await trustedIssuers.update(issuerId, { trust_rule: 'module.exports = () => undefined' })
  const brackets = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  for (const depth of [20, 1000, 5500]) {
    const payload = JSON.stringify(claimsFor(issuer, right({ ref: 'other', x: 'deep' })))
    await expectRefused(signText(issuer.key(), payload.replace('"deep"', brackets(depth))), 'token')
  }
  expect((await present(sign({ x: JSON.parse(brackets(19)) }))).status).toBe(200)
  await trustedIssuers.update(issuerId, { trust_rule: null })
})

test('a token leaves no trace in what the server keeps', async () => {
  const { present, explain, server } = door()
  const jwts = [sign(), sign({ ref: 'other' }), sign({ aud: 'x' })]
  for (const jwt of jwts) {
    await explain(jwt)
    await present(jwt)
  }
  const kept = readdirSync(server.dataDir)
    .filter((name) => name.startsWith('tallystick.db'))
    .map((name) => readFileSync(join(server.dataDir, name)))
  expect(kept.length).toBeGreaterThan(0)
  for (const jwt of jwts) {
    const signature = jwt.split('.')[2] ?? ''
    const forms = [signature, Buffer.from(signature, 'base64url'), Buffer.from(jwt).toString('base64')]
    for (const form of forms) expect(kept.some((bytes) => bytes.includes(form))).toBe(false)
  }
})

describe('an operator cannot trust', () => {
  const rsa = createForeignKey('RS256')
  const wrong: [string, Json, RegExp][] = [
    ['this tenant itself', { issuer: ownIssuer }, /its own tokens prove nobody/],
    ['an issuer with a query', { issuer: 'https://a.example/?x' }, /without a query/],
    ['an issuer that is no URL', { issuer: 'kubernetes/serviceaccount' }, /https URL/],
    ['an issuer in our network', { issuer: 'https://10.0.0.1' }, /TALLYSTICK_KEYS_PRIVATE/],
    ['a trust domain by discovery', { issuer: 'spiffe://a.example' }, /no discovery document/],
    ['a workload as a trust domain', { issuer: 'spiffe://a.example/ns' }, /trust domain alone/],
    ['keys in our network', { jwks_uri: 'https://169.254.169.254/' }, /TALLYSTICK_KEYS_PRIVATE/],
    ['keys from two places', { jwks_uri: 'https://a.example/k', jwks: { keys: [rsa.jwk] } }, /not both/],
    ['keys in a file', { jwks_uri: 'file:///etc/passwd' }, /URL of a key set/],
    ['keys behind a password', { jwks_uri: 'https://a:b@a.example/k' }, /without credentials/],
    [
      'two keys of one kid',
      {
        jwks: {
          keys: [
            { ...rsa.jwk, kid: 'a' },
            { ...createForeignKey('ES256').jwk, kid: 'a' },
          ],
        },
      },
      /same kid/,
    ],
    ['a private key', { jwks: { keys: [rsa.privateKey.export({ format: 'jwk' })] } }, /private key/],
    ['a shared secret', { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }, /private key/],
    ['a key for encryption', { jwks: { keys: [{ ...rsa.jwk, use: 'enc' }] } }, /use/],
    ['a key of another alg', { jwks: { keys: [{ ...rsa.jwk, alg: 'ES256' }] } }, /alg/],
    ['a key with an even exponent', { jwks: { keys: [{ ...rsa.jwk, e: 'AQAC' }] } }, /exponent/],
    ['a key with the exponent 1', { jwks: { keys: [{ ...rsa.jwk, e: 'AQ' }] } }, /exponent|read/],
    [
      'a weak key',
      { jwks: { keys: [{ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 0xc1).toString('base64url') }] } },
      /2048/,
    ],
    [
      'a point off its curve',
      { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }] } },
      /read/,
    ],
    ['everybody', { matches: [{ client_id: 'x', sub: '*' }] }, /everyone/],
    ['anybody', { matches: [{ client_id: 'x' }] }, /sub or a claim/],
    ['a claim with null', { matches: [{ client_id: 'x', claims: { a: null } }] }, /type/],
    [
      'claims that lie too deep',
      { matches: [{ client_id: 'x', claims: { a: { b: { c: { d: 1 } } } } }] },
      /type/,
    ],
    ['for a client that is not there', { matches: [{ client_id: 'x', sub: 'a' }] }, /no such client/],
    ['more matches than there may be', { matches: Array(101).fill({ client_id: 'x', sub: 'a' }) }, /100/],
    ['an algorithm of shared secrets', { algorithms: ['HS256'] }, /one of/],
    ['tokens that live for ever', { max_token_lifetime: 172_801 }, /172800/],
  ]
  test.each(wrong)('%s', async (_, members, words) => {
    const { trustedIssuers } = door().server.management
    const body = { name: 'x', issuer: 'https://a.example', ...members }
    await expect(trustedIssuers.create(body)).rejects.toThrow(words)
  })

  test('an issuer twice, or a client that holds more than they do', async () => {
    const { server, issuers, createClient } = door()
    const { trustedIssuers, clients, clientGrants } = server.management
    await expect(trustedIssuers.create({ name: 'x', issuer: issuer.issuer })).rejects.toThrow(
      /trusted already/,
    )
    const { audience } = server.bootstrap.management
    const scope = ['create:trusted_issuers', 'update:trusted_issuers']
    const { client_id, client_secret } = await clients.create({ name: 'limited' })
    await clientGrants.create({ client_id, audience, scope })
    const powerful = await createClient('powerful')
    await clientGrants.create({ client_id: powerful, audience, scope: ['delete:clients'] })
    const { body } = await server.requestToken({ client_id, client_secret, audience })
    const ask = (method: string, path: string, sent: Json) =>
      fetch(`${server.url}/api/v2${path}`, {
        method,
        headers: { authorization: `Bearer ${body.access_token}`, 'content-type': 'application/json' },
        body: JSON.stringify(sent),
      })
    const matches = [{ client_id: powerful, sub }]
    const made = { name: 'x', issuer: issuers.create('limited').issuer }
    expect((await ask('POST', '/trusted-issuers', { ...made, matches })).status).toBe(403)
    const { id } = await trustedIssuers.create({ ...made, matches })
    // Who gives it other keys would speak for that client.
    const change = { jwks: { keys: [rsa.jwk] } }
    expect((await ask('PATCH', `/trusted-issuers/${id}`, change)).status).toBe(403)
  })
})

test('that a token was explained is on record, and the token is not', async () => {
  const jwt = sign()
  const { explain, server } = door()
  await explain(jwt)
  const { logs } = await server.management.logs.list({ per_page: 5 })
  const entry = logs.find(({ description }) => description === 'Explained a token of another issuer.')
  expect(entry).toMatchObject({
    type: 'sapi',
    details: { request: { path: '/api/v2/trusted-issuers/explain' } },
  })
  expect(JSON.stringify(logs)).not.toContain(jwt.split('.')[2])
})
