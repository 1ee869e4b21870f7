/** What a rule of the callback model is given, and what its answer does to the token, case by case. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claim, exchangeUnderModule, exchangeUnderRule } from './callback-exchange.ts'
import { invoices, startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const exchangeUnder = (body: string, secrets?: Record<string, string>) =>
  exchangeUnderRule(server, body, secrets)
const exchangeUnderSource = (source: string) => exchangeUnderModule(server, source)

/** What the rule saw, which it hands out as a claim. */
async function seen(expression: string, secrets?: Record<string, string>): Promise<unknown> {
  const answer = await exchangeUnder(`cb(null, { scope: scope, '${claim}': ${expression} })`, secrets)
  expect(answer.status).toBe(200)
  return answer.claims[claim]
}

describe('a rule is called', () => {
  test('with five arguments of the right kinds', async () => {
    const kinds =
      'Array.prototype.map.call(arguments, function (a) { return Array.isArray(a) ? "array" : typeof a })'
    expect(await seen(kinds)).toEqual(['object', 'array', 'string', 'object', 'function'])
  })

  for (const [name, source] of [
    [
      'no declared parameters',
      'module.exports = function () { arguments[4](null, { scope: arguments[1] }) }',
    ],
    ['rest parameters', 'module.exports = (...all) => all[4](null, { scope: all[1] })'],
    [
      'default parameters',
      'module.exports = (a, scope = [], c = 1, d = 2, cb = null) => cb(null, { scope })',
    ],
    [
      'a function returned at top level',
      'return function (a, scope, c, d, cb) { cb(null, { scope: scope }) }',
    ],
    [
      'a returned function that wins over exports',
      'module.exports = 1; return (a, scope, c, d, cb) => cb(null, { scope })',
    ],
    [
      'an async function',
      'module.exports = async (a, scope, c, d, cb) => { await null; cb(null, { scope }) }',
    ],
    [
      'a leading "use strict"',
      '"use strict"; sloppy = 1; module.exports = (a, scope, c, d, cb) => cb(null, { scope })',
    ],
    [
      'a callback from a timer',
      'module.exports = (a, scope, c, d, cb) => setTimeout(cb, 5, null, { scope })',
    ],
    ['a comment at its end', 'module.exports = (a, scope, c, d, cb) => cb(null, { scope }) // done'],
    ['a byte order mark', '\ufeffmodule.exports = (a, scope, c, d, cb) => cb(null, { scope })'],
  ] as const) {
    test(`whatever its form: ${name}`, async () => {
      const answer = await exchangeUnderSource(source)
      expect([answer.status, answer.body.scope]).toEqual([200, 'read write'])
    })
  }

  test('with this as the global object', async () => {
    expect(await seen('this === globalThis')).toBe(true)
  })

  test('with the client, without its secret', async () => {
    await server.management.clients.update(server.billing.id, {
      client_metadata: { some_metadata: 'my metadata' },
    })
    expect(await seen('client')).toEqual({
      tenant: 'demo',
      id: server.billing.id,
      name: 'billing',
      metadata: { some_metadata: 'my metadata' },
    })
  })

  test('with the audience and the scopes about to be issued', async () => {
    expect(await seen('[audience, scope]')).toEqual([invoices, ['read', 'write']])
    expect((await server.requestToken({ scope: 'write' })).claims[claim]).toEqual([invoices, ['write']])
  })

  test('with ip, user agent and the webtask context, and no credential in it', async () => {
    expect(await seen('Object.keys(context).sort()')).toEqual(['ip', 'userAgent', 'webtask'])
    expect(await seen('context.ip')).toBe('127.0.0.1')
    const text = JSON.stringify(await seen('context'))
    expect(text).not.toContain(server.billing.secret)
    expect(text).not.toMatch(/authorization/i)
  })

  test('with body, query and headers of the token request', async () => {
    await exchangeUnder(`var w = context.webtask
      cb(null, { scope: scope, '${claim}': [w.body.color, w.query.size, w.headers['x-shape'], w.data.color, w.body.client_secret] })`)
    const response = await fetch(`${server.url}/oauth/token?size=7`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-shape': 'round' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id: server.billing.id,
        client_secret: server.billing.secret,
        audience: invoices,
        color: 'red',
      }),
    })
    const token = String(((await response.json()) as Record<string, unknown>).access_token)
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims[claim]).toEqual(['red', '7', 'round', 'red', null])
  })

  test('with its own secrets, and data in which a secret wins over the body', async () => {
    const secrets = { SOME_SECRET: 'shhhh', audience: 'from the secret' }
    expect(
      await seen('[context.webtask.secrets.SOME_SECRET.length, context.webtask.data.audience]', secrets),
    ).toEqual([5, 'from the secret'])
  })
})

describe('a rule answers', () => {
  test('the example of 2016 gives the token of 2016', async () => {
    const answer = await exchangeUnder(`
      var access_token = {};
      access_token['https://foo.com/claim'] = 'bar';
      access_token.scope = scope;
      access_token.scope.push('extra');
      cb(null, access_token);`)
    expect(answer.body).toMatchObject({ scope: 'read write extra', expires_in: 86_400, token_type: 'Bearer' })
    expect(answer.claims).toMatchObject({
      sub: `${server.billing.id}@clients`,
      aud: invoices,
      exp: Number(answer.claims.iat) + 86_400,
      scope: 'read write extra',
      'https://foo.com/claim': 'bar',
    })
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(JSON.stringify(entry)).toContain('"scopes_added":["extra"]')
  })

  for (const call of [
    'cb()',
    'cb(null)',
    'cb(null, undefined)',
    'cb(null, "x")',
    'cb(null, [1])',
    'cb(null, 0)',
    'cb(null, { other: 1 })',
  ]) {
    test(`${call} gives a token without scopes`, async () => {
      const answer = await exchangeUnder(call)
      expect(answer.status).toBe(200)
      expect(answer.body).not.toHaveProperty('scope')
      expect(answer.claims).not.toHaveProperty('scope')
    })
  }

  for (const falsy of ['null', 'undefined', '0', '""', 'false', 'NaN']) {
    test(`a falsy error of ${falsy} is none`, async () => {
      expect((await exchangeUnder(`cb(${falsy}, { scope: scope }, 'ignored')`)).body.scope).toBe('read write')
    })
  }

  test('values are copied as JSON', async () => {
    expect(
      await seen(
        '{ f: function () {}, u: undefined, d: new Date(0), n: NaN, nested: { list: [undefined, 1] } }',
      ),
    ).toEqual({ d: '1970-01-01T00:00:00.000Z', n: null, nested: { list: [null, 1] } })
  })

  test('standard claims and names that are no URL are dropped', async () => {
    const answer =
      await exchangeUnder(`cb(null, { scope: scope, iss: 'x', sub: 'admin', aud: 'x', exp: 1, jti: 'x', client_id: 'x',
      permissions: ['all'], foo: 1, 'https://auth0.com/claim': 1, '${claim}': 'kept', client: client, context: {} })`)
    expect(Object.keys(answer.claims).toSorted()).toEqual(
      ['aud', 'client_id', 'exp', claim, 'iat', 'iss', 'jti', 'scope', 'sub'].toSorted(),
    )
    expect(answer.claims.sub).toBe(`${server.billing.id}@clients`)
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(JSON.stringify(entry)).toContain('permissions')
  })

  for (const [name, rest] of [
    ['a second call', "cb(new Error('second'))"],
    ['a second result', "cb(null, { scope: ['other'] })"],
    ['a throw', "throw new Error('after')"],
    ['a throw in a timer', "setTimeout(function () { throw new Error('after') }, 1)"],
    ['a loop in a timer', 'setTimeout(function () { for (;;) {} }, 1)'],
  ] as const) {
    test(`${name} after the callback changes nothing`, async () => {
      const answer = await exchangeUnder(`cb(null, { scope: scope }); ${rest}`)
      expect([answer.status, answer.body.scope]).toEqual([200, 'read write'])
      expect((await server.requestToken()).status).toBe(200)
    })
  }

  test('what a rule changes in its arguments does not reach the next exchange', async () => {
    await exchangeUnder(`client.name = 'changed'; scope.push('more'); context.webtask.secrets.x = 1; delete context.webtask
      cb(null, { scope: scope, '${claim}': client.name })`)
    const answer = await server.requestToken()
    expect([answer.body.scope, answer.claims[claim]]).toEqual(['read write more', 'changed'])
  })

  test('module scope lives as long as the isolate, and not across versions', async () => {
    const source = `var calls = 0; module.exports = (a, scope, c, d, cb) => cb(null, { scope, '${claim}': ++calls })`
    await server.uploadRule({ source })
    expect((await server.requestToken()).claims[claim]).toBe(1)
    // One that lost its processor in the midst of a slice is begun again in the other lane, which has an isolate of its own.
    await expect.poll(async () => (await server.requestToken()).claims[claim]).toBeGreaterThan(1)
    await server.uploadRule({ source })
    expect((await server.requestToken()).claims[claim]).toBe(1)
  })
})

test('what proved the client is shown to no rule, wherever it was sent as well', async () => {
  await server.uploadRule({
    source: `module.exports = (client, scope, audience, context, cb) => {
      const { body, query, headers } = context.webtask
      cb(null, { scope, 'https://x.example/seen': { body, query, headers, userAgent: context.userAgent } })
    }`,
  })
  const { id, secret } = server.billing
  const members = {
    grant_type: 'client_credentials',
    audience: invoices,
    client_id: id,
    client_secret: secret,
  }
  const response = await fetch(`${server.url}/oauth/token?key=${secret}&other=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': secret, 'user-agent': `curl ${secret}` },
    body: JSON.stringify({ ...members, password: secret, more: [{ [secret]: `-${btoa(secret)}-` }] }),
  })
  const { access_token: token }: { access_token: string } = Object(await response.json())
  const seen = Object(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
  expect(seen['https://x.example/seen']).toMatchObject({
    body: { password: '[secret]', more: [{ '[secret]': '-[secret]-' }], client_id: id },
    query: { key: '[secret]', other: '1' },
    headers: { 'x-api-key': '[secret]', 'content-type': 'application/json' },
    userAgent: 'curl [secret]',
  })
})
