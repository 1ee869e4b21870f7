/** `tallystick tokens` against a started server. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
})
afterAll(() => here.close())

test('nothing is ended without a yes, and without being told what', async () => {
  const { id } = here.server.billing
  expect((await here.tallystick(['tokens', 'revoke', '--client', id])).exitCode).toBe(2)
  const nothing = await here.tallystick(['tokens', 'revoke', '--yes'])
  expect([nothing.exitCode, nothing.messages]).toEqual([2, expect.stringContaining('--rule-version')])
  expect((await here.tallystick(['tokens', 'revoke', '--client', id, '--jti', 'x', '--yes'])).exitCode).toBe(
    2,
  )
  expect((await here.tallystick(['tokens', 'revoke', '--client', 'nobody', '--yes'])).exitCode).toBe(3)
  expect((await here.ok(['tokens', 'revoked'])).messages).toContain('Nothing is revoked.')
})

test('one token, and those of a client, are ended and listed; an API is set to tell of it', async () => {
  const { claims } = await here.server.requestToken()
  const one = await here.ok(['tokens', 'revoke', '--jti', String(claims.jti), '--yes'])
  expect(one.messages).toBe('')
  const revoked = await here.json(['tokens', 'revoke', '--client', here.server.billing.id, '--yes'])
  expect(revoked).toMatchObject({ client_id: here.server.billing.id })
  const { output } = await here.ok(['tokens', 'revoked', '--ids'])
  expect(output.trim().split('\n')).toEqual([here.server.billing.id, claims.jti])

  const listed = await here.json(['apis', 'update', here.server.api.identifier, '--status-list'])
  expect(listed).toMatchObject({ token_status_list: true })
  const change = [
    'apis',
    'update',
    here.server.api.identifier,
    '--no-status-list',
    '--token-format',
    'opaque',
  ]
  expect(await here.json(change)).toMatchObject({ token_format: 'opaque', token_status_list: false })
})

test('a token that somebody found is ended, however it came in, and is not said again', async () => {
  const { body } = await here.server.requestToken()
  const token = String(body.access_token)
  const revoke = ['tokens', 'revoke', '--token-file', '-', '--yes']
  const { output, messages } = await here.ok(revoke, { input: `${token}\n` })
  expect(output).toMatch(/^revoked +the token [0-9a-f-]{36}$/m)
  expect(output + messages).not.toContain(token.slice(-40))
  const unknown = await here.tallystick(revoke, { input: `${token}x` })
  expect([unknown.exitCode, unknown.messages]).toEqual([
    3,
    expect.stringContaining('no token of this tenant'),
  ])
  const both = await here.tallystick([...revoke, '--client', here.server.billing.id], { input: token })
  expect(both.exitCode).toBe(2)
})

test('a token of which the log knows nothing is ended all the same, with a word about it', async () => {
  const { messages, output } = await here.ok(['tokens', 'revoke', '--jti', 'misspelt', '--yes'])
  expect(messages).toContain('The log knows of no token with the jti misspelt')
  expect(output).toContain('the token misspelt')
})

test('a token that its API alone can read is shown as it is, and how long it lives', async () => {
  const { id, secret } = here.server.billing
  const get = ['token', 'get', '--client', id, '--api', here.server.api.identifier, '--secret-file', '-']
  const { output } = await here.ok(get, { input: secret })
  expect(output).toMatch(/^tsk_at_\S+$/m)
  expect(output).toContain('It is opaque: only its API can learn what is in it.')
  expect(output).toMatch(/^ends in \d+ s$/m)
  expect(output).not.toContain('claims')
})

test('an API is told to bind its tokens, and who asks without a key is told how to bring one', async () => {
  const { id, secret } = here.server.billing
  const api = here.server.api.identifier
  const bound = await here.ok(['apis', 'update', api, '--proof-of-possession', 'dpop'])
  expect(bound.output).toMatch(/^proof of possession +required, by DPoP$/m)
  const get = ['token', 'get', '--client', id, '--api', api, '--secret-file', '-']
  const refused = await here.tallystick(get, { input: secret })
  expect([refused.exitCode, refused.messages]).toEqual([4, expect.stringContaining('add --dpop')])
  await here.ok([...get, '--dpop'], { input: secret })
  const shown = await here.json(['apis', 'update', api, '--proof-of-possession', 'mtls-if-shown'])
  expect(shown).toMatchObject({ proof_of_possession: { mechanism: 'mtls', required: false } })
  const none = await here.json(['apis', 'update', api, '--proof-of-possession', 'none'])
  expect(none).toEqual(expect.not.objectContaining({ proof_of_possession: expect.anything() }))
})

test('a client that is an API itself asks what a token means', async () => {
  const api = here.server.api.identifier
  const itself = await here.json(['clients', 'create', 'itself', '--resource-server-identifier', api])
  expect(itself).toMatchObject({ resource_server_identifier: api })
  const { client_id, client_secret } = Object(itself)
  const body = new URLSearchParams({ token: 'x', client_id, client_secret })
  const answer = await fetch(`${here.server.bootstrap.origin}/oauth/introspect`, { method: 'POST', body })
  expect([answer.status, await answer.json()]).toEqual([200, { active: false }])
})
