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
  await here.ok(['tokens', 'revoke', '--jti', String(claims.jti), '--yes'])
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
