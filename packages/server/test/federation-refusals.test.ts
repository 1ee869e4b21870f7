/** What tokens of other issuers do not prove. */
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
