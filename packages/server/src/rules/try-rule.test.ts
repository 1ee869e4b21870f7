/** Rules of both models, each tried by itself: what they see of the event that was given. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RuleTrials, startRuleTrials } from '../../test/rule-trials.ts'
import { TrialEventError } from './trial-event.ts'

let trials: RuleTrials
beforeAll(async () => {
  trials = await startRuleTrials()
})
afterAll(() => trials.close())

describe('an Action sees', () => {
  test('the whole event, with what is given laid over a sample', async () => {
    const event = {
      client: { metadata: { tier: 'gold' } },
      accessToken: { customClaims: { plan: 'free' } },
      transaction: { requested_scopes: ['read'] },
    }
    expect(await trials.seen('event', { event, secrets: { KEY: 'value' } })).toEqual({
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
      await expect(trials.action('', { event })).rejects.toThrow(new TrialEventError(words))
    })
  }
})

describe('a callback rule is tried', () => {
  const rule = `module.exports = function (client, scope, audience, context, cb) {
    cb(null, { scope: scope.concat('extra'), 'https://foo.com/seen': [client.id, audience, context.webtask.data.KEY], plan: 1 })
  }`

  test('with the event of an Action', async () => {
    const { decision, verdict } = await trials.tryOut('callback', rule, {
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
    const { decision } = await trials.tryOut('callback', rule, {
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
    await expect(trials.tryOut('callback', rule, { event: { scope: 'read' } })).rejects.toThrow(
      TrialEventError,
    )
    await expect(trials.tryOut('callback', rule, { event: { context: null } })).rejects.toThrow(
      TrialEventError,
    )
  })
})

test('a lifetime beyond what any API may have is cut, and the author is told', async () => {
  const { decision, lines } = await trials.action('api.accessToken.setExpiresIn(2592001)')
  expect(decision).toMatchObject({ kind: 'shaped', lifetimeSeconds: 2_592_000 })
  expect(lines.map(({ text }) => text).join()).toContain('asked for a token of 2592001 s')
})
