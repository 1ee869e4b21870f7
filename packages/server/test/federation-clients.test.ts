/** Which client a token of another issuer is for, and which issuers an operator may trust. */
import { beforeAll, describe, expect, test } from 'vitest'
import { expectRefused, ownIssuer, signFor, useFederationDoor } from './federation-door.ts'
import { createForeignKey, type ForeignIssuer, type Json } from './foreign-issuers.ts'

const door = useFederationDoor()
const sub = 'repo:acme/app:*'

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
  // Each is another token, or it would have been used.
  let signed = 0
  const token = (claims: Json = {}) => signFor(other, { n: ++signed, ...claims })

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
    const { server, issuers, createClient, trust } = door()
    const { trustedIssuers, clients, clientGrants } = server.management
    const known = issuers.create('known')
    await trust(known, {})
    const again = { name: 'x', issuer: known.issuer }
    await expect(trustedIssuers.create(again)).rejects.toThrow(/trusted already/)
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
