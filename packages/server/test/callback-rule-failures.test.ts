/** How a rule of the callback model refuses and fails, and when it is refused itself, case by case. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exchangeUnderModule, exchangeUnderRule } from './callback-exchange.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const exchangeUnder = (body: string, secrets?: Record<string, string>) =>
  exchangeUnderRule(server, body, secrets)
const exchangeUnderSource = (source: string) => exchangeUnderModule(server, source)

describe('a rule refuses', () => {
  for (const [error, status, code] of [
    ['InvalidRequestError', 400, 'invalid_request'],
    ['InvalidScopeError', 400, 'invalid_scope'],
    ['ServerError', 500, 'server_error'],
  ] as const) {
    test(`${error} answers ${status} ${code} with its message`, async () => {
      const answer = await exchangeUnder(`cb(new ${error}('not today'))`)
      expect([answer.status, answer.body]).toEqual([status, { error: code, error_description: 'not today' }])
    })

    test(`${error} that is thrown is a failure like any other`, async () => {
      const answer = await exchangeUnder(`throw new ${error}('not today')`)
      expect([answer.status, answer.body.error_description]).toEqual([500, 'A rule failed; see the log.'])
    })
  }

  for (const error of [
    "new Error('vanilla error')",
    "new TypeError('boom')",
    "Object.assign(new Error('boom'), { secret: 'own property', statusCode: 200 })",
    "'boom'",
    '42',
    'true',
    "{ message: 'm', code: 42 }",
    '{ a: 1 }',
    "{ name: 'InvalidScopeError', message: 'no Error at all' }",
    'function () {}',
    'new ExtensibilityUserError("base")',
  ]) {
    test(`cb(${error}) is a refusal whose words stay in the log`, async () => {
      const answer = await exchangeUnder(`cb(${error}, { scope: scope })`)
      expect(answer.status).toBe(403)
      expect(answer.body).toEqual({
        error: 'access_denied',
        error_description: 'A rule refused this request; see the log.',
      })
    })
  }

  test('a message outside the characters of an OAuth description is made to fit', async () => {
    const answer = await exchangeUnder(`cb(new InvalidRequestError('say "hi" \\\\ é\\n now'))`)
    expect(answer.body.error_description).toBe("say 'hi' ? ?? now")
  })

  test("a refusal's reason is in the log entry", async () => {
    const answer = await exchangeUnder(`cb(new Error('the reason is 7'))`)
    const entry = await server.management.logs.get(String(answer.headers.get('x-request-id')))
    expect(entry.description).toContain('the reason is 7')
  })
})

describe('a rule fails', () => {
  for (const [name, body] of [
    ['throws', "throw new Error('boom')"],
    ['throws a string', "throw 'boom'"],
    ['throws null', 'throw null'],
    ['reads what is not there', 'client.nothing.at.all'],
    ['throws in a timer', "setTimeout(function () { throw new Error('late') }, 5)"],
    ['returns a promise that rejects', "return Promise.reject(new Error('boom'))"],
    ['refers to a class that does not exist', "cb(new UnauthorizedError('x'))"],
    ['returns a circular result', 'var a = {}; a.a = a; cb(null, a)'],
    ['returns a BigInt', "cb(null, { 'https://foo.com/a': 1n })"],
    ['returns a scope that is a string', "cb(null, { scope: 'read' })"],
    ['returns a scope that holds a number', 'cb(null, { scope: [1] })'],
    [
      'returns 1,001 scopes',
      "cb(null, { scope: Array.from({ length: 1001 }, function (_, i) { return 's' + i }) })",
    ],
    ['returns claims over 100 kB', "cb(null, { scope: scope, 'https://foo.com/a': 'x'.repeat(100001) })"],
    ['asks for storage', 'context.webtask.storage.get(cb)'],
    ['asks for its token', 'cb(null, { x: context.webtask.token })'],
    ['asks for another token', 'context.webtask.create_token({}, cb)'],
  ] as const) {
    test(`a rule that ${name} gives no token and no details`, async () => {
      const answer = await exchangeUnder(body)
      expect([answer.status, answer.body]).toEqual([
        500,
        { error: 'server_error', error_description: 'A rule failed; see the log.' },
      ])
    })
  }

  for (const [name, source] of [
    ['an object', 'module.exports = {}'],
    ['a string', "module.exports = 'x'"],
    ['nothing', 'var x = 1'],
    ['exports.default', 'exports.default = function (a, b, c, d, cb) { cb() }'],
    ['a class', 'module.exports = class { }'],
    ['nothing before it throws', "throw new Error('top level')"],
    ['what require does not have, asked by a name that is computed', "require('lod' + 'ash')"],
  ] as const) {
    test(`a rule that exports ${name} gives no token`, async () => {
      expect((await exchangeUnderSource(source)).status).toBe(500)
    })
  }
})

describe('a rule is refused when it is uploaded', () => {
  for (const [name, source, words] of [
    ['does not parse', 'module.exports = function ( {', /line 1, column \d+/],
    ['does not parse on its third line', 'var a = 1\nvar b = 2\nvar c = = 3', /line 3, column \d+/],
    ['imports fs', "import fs from 'fs'\nexport default fs.readFile", /fs/],
    ['requires an unknown module', "var a = 1\nvar _ = require('lodash')", /lodash.*line 2/],
    ['requires fs', "require('fs')", /fs/],
    ['declares an error class again', 'class InvalidScopeError extends Error {}', /InvalidScopeError/],
    ['tries to leave its function', '}); (function () {', /line 1/],
  ] as const) {
    test(`a rule that ${name}`, async () => {
      await server.uploadRule({ source: 'module.exports = (a, scope, c, d, cb) => cb(null, { scope })' })
      await expect(server.uploadRule({ source })).rejects.toThrow(words)
      expect((await server.requestToken()).status).toBe(200)
    })
  }

  test('a rule over 100 kB is refused and one of exactly 100 kB is not', async () => {
    const rule = 'module.exports = (a, scope, c, d, cb) => cb(null, { scope }) //'
    await expect(server.uploadRule({ source: rule.padEnd(100_001, 'x') })).rejects.toThrow(/100000/)
    await server.uploadRule({ source: rule.padEnd(100_000, 'x') })
    expect((await server.requestToken()).status).toBe(200)
  })
})
