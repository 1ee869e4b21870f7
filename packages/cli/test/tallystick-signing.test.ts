/** How tokens are signed, by the command line: `tallystick apis`, `grants` and `keys` against a started server. */
import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
})
afterAll(() => here.close())

const audience = 'https://shared.example.com/'

test('only a previous key is revoked, and not without being asked', async () => {
  const kid = await kidOf('current')
  expect((await here.tallystick(['keys', 'revoke', kid])).exitCode).toBe(2)
  expect((await here.tallystick(['keys', 'revoke', kid, '--yes'])).exitCode).toBe(5)
  const unknown = await here.tallystick(['keys', 'show', 'k'.repeat(43)])
  expect([unknown.exitCode, unknown.messages]).toEqual([3, expect.stringContaining('tallystick keys list')])
})

test('the next key begins to sign, and the one before can be revoked', async () => {
  const [before, next] = [await kidOf('current'), await kidOf('next')]
  expect((await here.ok(['keys', 'rotate', '--alg', 'EdDSA'])).output).toContain(next)
  expect([await kidOf('previous'), await kidOf('current')]).toEqual([before, next])
  await here.ok(['keys', 'revoke', before, '--yes'])
  const { output } = await here.ok(['keys', 'show', before])
  expect(output).toMatch(/^state +revoked$/m)
  expect(output).toContain('BEGIN CERTIFICATE')
})

test('a rotation right after another says from when the key signs, and in an emergency that key signs at once', async () => {
  const { output, messages } = await here.ok(['keys', 'rotate', '--alg', 'EdDSA'])
  const [, due = ''] = /^id +(\S+)$/m.exec(output) ?? []
  const [, since = ''] = /^signs from +(\S+)$/m.exec(output) ?? []
  expect(Date.parse(since) - Date.now()).toBeGreaterThan(200_000)
  expect(messages).toContain(`The key signs from ${since} on`)
  const leaked = await kidOf('current')
  const revoked = await here.json(['keys', 'revoke', leaked, '--emergency', '--yes'])
  expect(revoked).toMatchObject({ kid: leaked, successor: due })
  expect(await kidOf('current')).toBe(due)
})

test('a secret that was made for an API is in the file of --out alone', async () => {
  const file = join(here.folder, 'api.secret')
  const create = ['apis', 'create', audience, '--alg', 'HS256', '--out', file, '--scope', 'read']
  const { output, messages } = await here.ok(create)
  const secret = (await readFile(file, 'utf8')).trim()
  expect(secret).toMatch(/^tsk_api_/)
  expect(output + messages).not.toContain(secret)
})

test('a secret of the operator comes from a file or standard input, and is not shown again', async () => {
  const chosen = 'chosen and long enough'
  const change = ['apis', 'update', audience, '--signing-secret-file', '-', '--debug']
  const { output, messages } = await here.ok(change, { input: `${chosen}\n` })
  expect(output + messages).not.toContain(chosen)
  const short = await here.tallystick(change.slice(0, -1), { input: 'short' })
  expect([short.exitCode, short.messages]).toEqual([1, expect.stringContaining('signing_secret')])
})

test('an API with permissions in its tokens, and one that takes no clients', async () => {
  const dialect = ['--dialect', 'access_token_authz', '--enforce-policies', '--client-policy', 'deny_all']
  await here.ok(['apis', 'update', audience, ...dialect])
  expect(await here.json(['apis', 'show', audience])).toMatchObject({
    token_dialect: 'access_token_authz',
    enforce_policies: true,
    subject_type_authorization: { client: { policy: 'deny_all' } },
  })
  await here.ok(['apis', 'update', audience, '--no-enforce-policies'])
  expect(await here.json(['apis', 'show', audience])).toMatchObject({ enforce_policies: false })
})

test('an API whose tokens are encrypted: the public half of a key is sent, a private one is not', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const change = ['apis', 'update', audience]
  const withKey = [...change, '--token-encryption-key', '-']
  const refused = await here.tallystick(withKey, { input: secret })
  expect([refused.exitCode, refused.messages]).toEqual([2, expect.stringContaining('was not sent')])
  expect((await here.tallystick([...withKey, '--no-token-encryption'], { input: '' })).exitCode).toBe(2)
  expect((await here.tallystick([...change, '--token-encryption-kid', 'k1'])).exitCode).toBe(2)
  expect((await here.tallystick(withKey, { input: 'no key' })).exitCode).toBe(2)

  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  const jwk = JSON.stringify(publicKey.export({ format: 'jwk' }))
  for (const input of [pem, jwk]) {
    await here.ok([...withKey, '--token-encryption-kid', 'k1'], { input })
    expect(await here.json(['apis', 'show', audience])).toMatchObject({
      token_encryption: { encryption_key: { alg: 'ECDH-ES+A256KW', kid: 'k1', pem } },
    })
  }
  await here.ok([...change, '--no-token-encryption'])
  expect(await here.json(['apis', 'show', audience])).not.toHaveProperty('token_encryption')
})

test('a client has shorter tokens, and as long ones as its APIs allow again', async () => {
  const client = await here.idOfClient('billing')
  await here.ok(['clients', 'update', client, '--token-lifetime', '60'])
  expect((await here.ok(['clients', 'show', client])).output).toMatch(/^token lifetime +60 s$/m)
  await here.ok(['clients', 'update', client, '--no-token-lifetime'])
  expect(await here.json(['clients', 'show', client])).not.toHaveProperty('token_lifetime')
})

test('a grant names its scopes or has them all, and not both', async () => {
  const client = await here.idOfClient('billing')
  const create = ['grants', 'create', '--client', client, '--api', audience]
  expect((await here.tallystick([...create, '--all-scopes', '--scope', 'read'])).exitCode).toBe(2)
  await here.ok([...create, '--all-scopes'])
  const listed = await here.ok(['grants', 'list', '--api', audience])
  expect(listed.output).toContain('(all of the API)')
  const { output: id } = await here.ok(['grants', 'list', '--api', audience, '--ids'])
  expect((await here.tallystick(['grants', 'update', id.trim()])).exitCode).toBe(2)
  await here.ok(['grants', 'update', id.trim(), '--scope', 'read'])
  const named = await here.json(['grants', 'show', id.trim()])
  expect(named).toMatchObject({ scope: ['read'] })
  expect(named).not.toHaveProperty('allow_all_scopes')
})

async function kidOf(state: 'current' | 'next' | 'previous'): Promise<string> {
  const { output } = await here.ok(['keys', 'list'])
  const row = output.split('\n').find((line) => line.startsWith('EdDSA') && line.includes(` ${state} `))
  return row?.trim().split(/ +/).at(-1) ?? ''
}
