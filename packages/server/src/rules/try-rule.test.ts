/** Rules of both models in the real sandbox, each tried by itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestSandbox, type TestSandbox } from '../../test/sandbox/start-test-sandbox.ts'
import { parseScope, type Scope } from '../domain/resource-server.ts'
import type { RuleModel } from '../domain/rule.ts'
import type { MaskedLine } from './invoke-rule.ts'
import { ruleProgram } from './rule-program.ts'
import { TrialEventError } from './trial-event.ts'
import { createTryRule } from './try-rule.ts'

let box: TestSandbox
beforeAll(async () => {
  box = await startTestSandbox()
})
afterAll(() => box[Symbol.asyncDispose]())

interface Given {
  readonly event?: unknown
  readonly secrets?: Record<string, string>
  readonly granted?: string[]
  readonly now?: () => Date
}

let programs = 0
async function tryOut(model: RuleModel, source: string, given: Given = {}) {
  const tryRule = createTryRule({ sandbox: box.sandbox, now: given.now ?? (() => new Date()) })
  const lines: MaskedLine[] = []
  const run = await tryRule({
    name: 'tried',
    model,
    program: {
      id: `tried-${++programs}`,
      owner: 'tests',
      load: async () => ruleProgram(model, { source, program: undefined, modules: undefined }),
    },
    rawEvent: given.event ?? {},
    secrets: given.secrets ?? {},
    granted: given.granted?.map(parseScope).filter((scope): scope is Scope => scope !== undefined),
    egressAllow: [],
    seed: Buffer.alloc(32, 1).toString('base64url'),
    onLine: (line) => lines.push(line),
  })
  return { ...run, decision: run.verdict.decision, lines }
}

const action = (body: string, given: Given = {}) =>
  tryOut('action', `exports.onExecuteCredentialsExchange = async (event, api) => {${body}\n}`, given)

/** What an Action saw, which it hands out as a claim. */
async function seen(expression: string, given: Given = {}): Promise<unknown> {
  const { decision } = await action(`api.accessToken.setCustomClaim('seen', ${expression})`, given)
  expect(decision.kind).toBe('shaped')
  return decision.kind === 'shaped' && decision.claims.seen
}

describe('an Action denies', () => {
  for (const [call, code, words] of [
    ["api.access.deny('invalid_request', 'not today')", 'invalid_request', 'not today'],
    ["api.access.deny('invalid_scope', 'not these')", 'invalid_scope', 'not these'],
    ["api.access.deny('server_error', 'broken')", 'server_error', 'broken'],
    ["api.access.deny('invalid_request')", 'invalid_request', 'An Action denied this request.'],
    ["api.access.deny('Only on weekdays')", 'access_denied', 'Only on weekdays'],
    ["api.access.deny('odd_code', 'why not')", 'access_denied', 'why not'],
  ] as const) {
    test(`${call} ends with ${code}`, async () => {
      const { decision, verdict } = await action(call)
      expect(decision).toMatchObject({ kind: 'ended', error: { code, message: words } })
      expect(verdict.ended).toBe('refused')
    })
  }

  test('by a mark: the function runs on to its end, and the first of several denials counts', async () => {
    const { decision, lines } = await action(`
      api.access.deny('invalid_request', 'first')
      await null
      console.log('still running')
      api.access.deny('server_error', 'second').accessToken.setCustomClaim('plan', 'gold')`)
    expect(lines.map(({ text }) => text)).toContain('still running')
    expect(decision).toMatchObject({ kind: 'ended', error: { code: 'invalid_request', message: 'first' } })
  })

  test('and the values of its secrets stay where they are', async () => {
    const { decision, lines } = await action(
      "api.access.deny('invalid_request', 'no ' + event.secrets.KEY)",
      {
        secrets: { KEY: 'hunter2hunter2' },
      },
    )
    expect(decision).toMatchObject({ error: { message: 'no [secret]' } })
    expect(JSON.stringify(lines)).not.toContain('hunter2')
  })
})

describe('an Action fails', () => {
  for (const [name, source, ended] of [
    ['that throws', 'throw new Error("boom")', 'threw'],
    ['that rejects later', 'await null; throw new Error("boom")', 'threw'],
    ['that throws after a denial', "api.access.deny('invalid_request'); throw new Error('boom')", 'threw'],
    ['that never ends', 'await new Promise(() => {})', 'timeout'],
    ['that sets scopes which are none', "api.transaction.setTargetScopes(['a b'])", 'bad_result'],
    ['that adds a scope which is no text', 'api.transaction.addTargetScope(1)', 'bad_result'],
    ['that sets no array of scopes', "api.transaction.setTargetScopes('read')", 'threw'],
    ['with too large claims', "api.accessToken.setCustomClaim('a', 'x'.repeat(100_000))", 'bad_result'],
    [
      'with a claim that goes round',
      'const a = {}; a.a = a; api.accessToken.setCustomClaim("a", a)',
      'threw',
    ],
  ] as const) {
    test(name, async () => {
      const { decision, verdict } = await action(source)
      expect(decision).toMatchObject({ kind: 'ended', error: { code: 'server_error' } })
      expect(verdict.ended).toBe(ended)
    })
  }

  for (const source of [
    '',
    'module.exports = async (event, api) => {}',
    'exports.onExecutePostLogin = () => {}',
  ]) {
    test(`that exports no function of the right name: ${source || 'nothing'}`, async () => {
      const { decision, lines } = await tryOut('action', source)
      expect(decision).toMatchObject({ kind: 'ended', error: { code: 'server_error' } })
      expect(lines[0]?.text).toContain('must export a function onExecuteCredentialsExchange')
    })
  }

  test('that swaps what it is called with, or the classes that everything is made of', async () => {
    const { decision } = await action(`
      event.accessToken = undefined
      JSON.stringify = () => { throw new Error('stolen') }
      Object.prototype.denial = { code: 'stolen' }
      api.accessToken.setCustomClaim('plan', { a: [1] })`)
    expect(decision).toMatchObject({ kind: 'shaped', claims: { plan: { a: [1] } } })
  })
})

describe('an Action shapes the token', () => {
  test('with claims of any name that is free, and a line for each that is not', async () => {
    const { decision, verdict } = await action(`
      api.accessToken.setCustomClaim('plan', 'free')
        .accessToken.setCustomClaim('plan', 'gold')
        .accessToken.setCustomClaim('https://foo.com/a', [1, { b: null }])
        .accessToken.setCustomClaim('sub', 'admin')
        .accessToken.setCustomClaim('none', undefined)`)
    expect(decision).toEqual({
      kind: 'shaped',
      scopes: ['read', 'write'],
      claims: { plan: 'gold', 'https://foo.com/a': [1, { b: null }] },
    })
    expect(verdict.droppedClaims).toEqual(['sub', 'none'])
    expect(verdict.remarks).toEqual([
      'A claim that the rule tried set was dropped: sub (the name is reserved).',
      'A claim that the rule tried set was dropped: none (its value is undefined).',
    ])
  })

  test('with a claim as it was when it was set', async () => {
    const { decision } = await action(
      "const a = { n: 1 }; api.accessToken.setCustomClaim('a', a); a.n = 2; a.self = a",
    )
    expect(decision).toMatchObject({ claims: { a: { n: 1 } } })
  })

  for (const [calls, scopes] of [
    ['', ['read', 'write']],
    [".removeTargetScope('read')", ['write']],
    ['.clearTargetScopes()', []],
    [".setTargetScopes(['write', 'write'])", ['write']],
    [".clearTargetScopes().transaction.addTargetScope('admin')", ['admin']],
    [".addTargetScope('foreign')", ['read', 'write']],
    [".setTargetScopes(['foreign', 'admin'])", ['admin']],
  ] as const) {
    test(`with scopes within the client grant: ${calls || 'none touched'}`, async () => {
      const { decision, verdict } = await action(`api.transaction${calls}`, {
        granted: ['read', 'write', 'admin'],
      })
      expect(decision).toMatchObject({ kind: 'shaped', scopes })
      expect(verdict.remarks.some((remark) => remark.includes('were cut: foreign'))).toBe(
        calls.includes('foreign'),
      )
    })
  }

  test('and leaves alone what a rule before it added, unless it touches the scopes', async () => {
    const event = { accessToken: { scope: ['read', 'beyond'] } }
    expect((await action('', { event, granted: ['read'] })).decision).toMatchObject({
      scopes: ['read', 'beyond'],
    })
  })
})

describe('an Action sees', () => {
  test('the whole event, with what is given laid over a sample', async () => {
    const event = {
      client: { metadata: { tier: 'gold' } },
      accessToken: { customClaims: { plan: 'free' } },
      transaction: { requested_scopes: ['read'] },
    }
    expect(await seen('event', { event, secrets: { KEY: 'value' } })).toEqual({
      accessToken: { customClaims: { plan: 'free' }, scope: ['read', 'write'] },
      client: { client_id: 'sampleClientId', name: 'Sample client', metadata: { tier: 'gold' } },
      request: {
        body: { grant_type: 'client_credentials', audience: 'https://api.example.com/' },
        geoip: {},
        hostname: 'tokens.example.com',
        ip: '192.0.2.1',
        method: 'POST',
        user_agent: 'sample/1.0',
      },
      resource_server: { identifier: 'https://api.example.com/' },
      secrets: { KEY: 'value' },
      tenant: { id: 'sample' },
      transaction: {
        correlation_id: '00000000-0000-7000-8000-000000000000',
        requested_scopes: ['read'],
        target_scopes: ['read', 'write'],
      },
    })
  })

  for (const [event, words] of [
    [[], 'The event must be an object.'],
    [{ accessToken: { scope: 'read' } }, 'accessToken.scope must be an array of scopes.'],
    [{ accessToken: null }, 'accessToken must be an object.'],
    [{ secrets: { KEY: 1 } }, 'secrets must have texts as its values.'],
    [
      { transaction: { requested_scopes: ['a b'] } },
      'transaction.requested_scopes must be an array of scopes.',
    ],
  ] as const) {
    test(`no event that cannot be one: ${JSON.stringify(event)}`, async () => {
      await expect(action('', { event })).rejects.toThrow(new TrialEventError(words))
    })
  }
})

describe('the cache of Actions', () => {
  const day = 24 * 60 * 60_000

  for (const [call, code] of [
    ["api.cache.set('k'.repeat(65), 'v')", 'CacheKeySizeExceeded'],
    ["api.cache.set('é'.repeat(33), 'v')", 'CacheKeySizeExceeded'],
    ["api.cache.set('k', 'v'.repeat(4097))", 'CacheValueSizeExceeded'],
    ["api.cache.set('k', '\u{1f600}'.repeat(1025))", 'CacheValueSizeExceeded'],
    ["api.cache.set('k', 'v', { ttl: 'soon' })", 'InvalidExpiry'],
    ["api.cache.set('k', 'v', { expires_at: NaN })", 'InvalidExpiry'],
    ["api.cache.set('k', 'v', { ttl: 0 })", 'ItemAlreadyExpired'],
    ["api.cache.set('k', 'v', { ttl: 1000, expires_at: 1 })", 'ItemAlreadyExpired'],
    ["api.cache.set('k', { an: 'object' })", 'FailedToSetCacheRecord'],
    ["api.cache.set(1, 'v')", 'FailedToSetCacheRecord'],
    ["api.cache.delete('k')", 'CacheKeyDoesNotExist'],
    ['api.cache.delete(1)', 'FailedToDeleteCacheRecord'],
  ] as const) {
    test(`${call} says ${code} and changes nothing`, async () => {
      expect(await seen(`[${call}, api.cache.get('k') === undefined]`)).toEqual([
        { type: 'error', code },
        true,
      ])
      expect((await action(call)).verdict.cacheChanges).toEqual([])
    })
  }

  test('the 21st change, the 21st record and the 8,193rd byte are refused', async () => {
    expect(await seen(`[...Array(21)].map((_, n) => api.cache.set('k', String(n))).at(-1)`)).toEqual({
      type: 'error',
      code: 'MaxSideEffectsExceeded',
    })
    expect(await seen(`['a', 'b'].map((key) => api.cache.set(key, 'v'.repeat(4095)).type)`)).toEqual([
      'success',
      'success',
    ])
    expect(await seen(`['a', 'b'].map((key) => api.cache.set(key, 'v'.repeat(4096)).code)`)).toEqual([
      null,
      'CacheSizeExceeded',
    ])
  })

  test('a record lasts 15 minutes unless told otherwise, and a day at most', async () => {
    const now = Date.now()
    const ends = await seen(`[{}, { ttl: 60_000 }, { expires_at: ${now + 120_000} }, { ttl: 1e12 }]
      .map((options, n) => api.cache.set('k' + n, 'v', options).record.expires_at)`)
    const lasting = Array.isArray(ends) ? ends.map((end) => Math.round((end - now) / 60_000)) : []
    expect(lasting).toEqual([15, 1, 2, day / 60_000])
  })

  test('an Action sees its own changes at once, and they come out in order', async () => {
    const { verdict, decision } = await action(`
      api.cache.set('a', '1'); api.cache.set('b', '2'); api.cache.delete('a')
      api.accessToken.setCustomClaim('seen', [api.cache.get('a') === undefined, api.cache.get('b').value])`)
    expect(decision).toMatchObject({ claims: { seen: [true, '2'] } })
    expect(verdict.cacheChanges).toMatchObject([
      { kind: 'set', key: 'a', value: '1' },
      { kind: 'set', key: 'b', value: '2' },
      { kind: 'deleted', key: 'a' },
    ])
  })
})

describe('a callback rule is tried', () => {
  const rule = `module.exports = function (client, scope, audience, context, cb) {
    cb(null, { scope: scope.concat('extra'), 'https://foo.com/seen': [client.id, audience, context.webtask.data.KEY], plan: 1 })
  }`

  test('with the event of an Action', async () => {
    const { decision, verdict } = await tryOut('callback', rule, {
      event: { client: { client_id: 'billing' } },
      secrets: { KEY: 'value' },
    })
    expect(decision).toEqual({
      kind: 'shaped',
      scopes: ['read', 'write', 'extra'],
      claims: { 'https://foo.com/seen': ['billing', 'https://api.example.com/', 'value'] },
    })
    expect(verdict.droppedClaims).toEqual(['plan'])
  })

  test('with its own arguments by name', async () => {
    const { decision } = await tryOut('callback', rule, {
      event: {
        client: { id: 'other' },
        scope: [],
        audience: 'urn:a',
        context: { webtask: { data: { KEY: 'd' } } },
      },
    })
    expect(decision).toEqual({
      kind: 'shaped',
      scopes: ['extra'],
      claims: { 'https://foo.com/seen': ['other', 'urn:a', 'd'] },
    })
  })

  test('with arguments that cannot be some', async () => {
    await expect(tryOut('callback', rule, { event: { scope: 'read' } })).rejects.toThrow(TrialEventError)
    await expect(tryOut('callback', rule, { event: { context: null } })).rejects.toThrow(TrialEventError)
  })
})
