/** What an Action does by `api`, and what comes of it: in the real sandbox. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RuleTrials, startRuleTrials } from '../../test/rule-trials.ts'

let trials: RuleTrials
beforeAll(async () => {
  trials = await startRuleTrials()
})
afterAll(() => trials.close())

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
      const { decision, verdict } = await trials.action(call)
      expect(decision).toMatchObject({ kind: 'ended', error: { code, message: words } })
      expect(verdict.ended).toBe('refused')
    })
  }

  test('by a mark: the function runs on to its end, and the first of several denials counts', async () => {
    const { decision, lines } = await trials.action(`
      api.access.deny('invalid_request', 'first')
      await null
      console.log('still running')
      api.access.deny('server_error', 'second').accessToken.setCustomClaim('plan', 'gold')`)
    expect(lines.map(({ text }) => text)).toContain('still running')
    expect(decision).toMatchObject({ kind: 'ended', error: { code: 'invalid_request', message: 'first' } })
  })

  test('and the values of its secrets stay where they are', async () => {
    const { decision, lines } = await trials.action(
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
      const { decision, verdict } = await trials.action(source)
      expect(decision).toMatchObject({ kind: 'ended', error: { code: 'server_error' } })
      expect(verdict.ended).toBe(ended)
    })
  }

  test('that never ends', async () => {
    const short = await startRuleTrials({ timeoutMs: 300 })
    const { decision, verdict } = await short.action('await new Promise(() => {})')
    await short.close()
    expect(decision).toMatchObject({ kind: 'ended', error: { code: 'server_error' } })
    expect(verdict.ended).toBe('timeout')
  })

  for (const source of [
    '',
    'module.exports = async (event, api) => {}',
    'exports.onExecutePostLogin = () => {}',
  ]) {
    test(`that exports no function of the right name: ${source || 'nothing'}`, async () => {
      const { decision, lines } = await trials.tryOut('action', source)
      expect(decision).toMatchObject({ kind: 'ended', error: { code: 'server_error' } })
      expect(lines[0]?.text).toContain('must export a function onExecuteCredentialsExchange')
    })
  }

  test('that swaps what it is called with, or the classes that everything is made of', async () => {
    const { decision } = await trials.action(`
      event.accessToken = undefined
      JSON.stringify = () => { throw new Error('stolen') }
      Object.prototype.denial = { code: 'stolen' }
      api.accessToken.setCustomClaim('plan', { a: [1] })`)
    expect(decision).toMatchObject({ kind: 'shaped', claims: { plan: { a: [1] } } })
  })
})

describe('an Action shapes the token', () => {
  test('with claims of any name that is free, and a line for each that is not', async () => {
    const { decision, verdict } = await trials.action(`
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
    const { decision } = await trials.action(
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
      const { decision, verdict } = await trials.action(`api.transaction${calls}`, {
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
    expect((await trials.action('', { event, granted: ['read'] })).decision).toMatchObject({
      scopes: ['read', 'beyond'],
    })
  })
})
