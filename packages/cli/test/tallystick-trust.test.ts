/** `tallystick trust` against a started server. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createForeignKey, signForeign } from '../../server/test/foreign-issuers.ts'
import { invoices } from '../../server/test/test-server.ts'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
})
afterAll(() => here.close())

const issuer = 'https://builds.example.com'
const key = createForeignKey('ES256')

function tokenFor(claims: Record<string, unknown> = {}): string {
  const exp = Math.floor(Date.now() / 1000) + 300
  const aud = `${here.server.bootstrap.origin}/`
  return signForeign(key, { iss: issuer, aud, sub: 'repo:acme/app:pull_request', exp, ...claims })
}

test('an issuer is trusted for a client, explains its tokens by file and standard input, and is changed and deleted', async () => {
  const jwks = await here.file('keys.json', JSON.stringify({ keys: [key.jwk] }))
  await here.ok(['clients', 'create', 'deploy', '--auth-method', 'federated_jwt'])
  const client = await here.idOfClient('deploy')
  await here.ok(['grants', 'create', '--client', client, '--api', invoices, '--scope', 'read'])
  const match = ['--client', client, '--sub', 'repo:acme/app:*']
  const { output, messages } = await here.ok(['trust', 'create', 'builds', issuer, '--jwks', jwks, ...match])
  expect([output, messages]).toEqual([expect.stringMatching(/^keys +1 given$/m), ''])
  const id = (await here.ok(['trust', 'list', '--ids'])).output.trim()
  const { id: billing } = here.server.billing
  const other = await here.ok(['trust', 'create', 'x', `${issuer}/x`, '--client', billing, '--sub', 'a:b'])
  expect(other.messages).toContain(`tallystick clients update ${billing} --auth-method federated_jwt`)
  await here.ok(['trust', 'delete', String(/tri_\S+/.exec(other.output)?.[0]), '--yes'])
  expect((await here.ok(['trust', 'list'])).output).toContain(issuer)

  const token = tokenFor()
  const file = await here.file('token', `${token}\n`)
  const explained = await here.ok(['trust', 'explain', file])
  expect(explained.output).toContain(`This token is the client ${client}.`)
  expect(explained.messages).toContain('a line break or a space around the token')
  expect((await here.ok(['trust', 'explain', '-'], { input: `${token}\n` })).output).toBe(explained.output)
  const argument = await here.ok(['trust', 'explain', token])
  expect(argument.output).toBe(explained.output)
  expect(argument.messages).toContain('standard input')
  expect(await here.json(['trust', 'explain', file, '--client', 'another'])).toMatchObject({
    client_id: null,
  })

  const elsewhere = await here.file(
    'other',
    tokenFor({ sub: 'repo:acme/app-evil:pull_request', ref: 'main' }),
  )
  const refused = await here.ok(['trust', 'explain', elsewhere])
  expect(refused.output).toContain('This token proves no client.')
  expect(refused.output).toMatch(/^client +failed +Nothing gives the sub repo:acme\/app-evil:pull_request/m)
  await here.ok(['trust', 'update', id, '--client', client, '--claim', 'ref=main', '--reuse', 'until_expiry'])
  expect((await here.ok(['trust', 'show', id])).output).toMatch(/^reuse +until_expiry$/m)
  expect((await here.ok(['trust', 'explain', elsewhere])).output).toContain(`is the client ${client}`)

  expect((await here.tallystick(['trust', 'update', id])).exitCode).toBe(2)
  const rule = await here.file('rule.js', 'module.exports = () => {')
  const broken = await here.tallystick(['trust', 'update', id, '--rule', rule])
  expect([broken.exitCode === 0, broken.messages.includes('line 1')]).toEqual([false, true])
  await here.ok(['trust', 'delete', id, '--yes'])
  expect((await here.ok(['trust', 'explain', file])).output).toContain('No trusted issuer has the issuer')
})

test('a match without a client, and a file that is none, are told before anything is sent', async () => {
  const list = await here.file('list.json', '{}')
  for (const [options, words] of [
    [['--sub', 'repo:acme/app:*'], '--client CLIENT_ID'],
    [['--matches', list], 'no JSON list'],
    [['--jwks', list], 'no JSON Web Key Set'],
  ] as const) {
    const { exitCode, messages } = await here.tallystick(['trust', 'create', 'x', issuer, ...options])
    expect([exitCode === 0, messages.includes(words)], messages).toEqual([false, true])
  }
})
