/** `tallystick clients credentials`, and clients that prove themselves with a key. */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
})
afterAll(() => here.close())

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const privatePem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const otherPem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()

const publishedAt = 'https://billing.example.com/jwks.json'

test('a private key is refused before anything is sent, as PEM and as JWK', async () => {
  const client = await here.idOfClient('billing')
  const jwk = JSON.stringify(pair.privateKey.export({ format: 'jwk' }))
  for (const [name, text] of [
    ['private.pem', privatePem],
    ['private.jwk', jwk],
  ] as const) {
    const file = await here.file(name, text)
    for (const args of [
      ['clients', 'credentials', 'add', client, file],
      ['clients', 'create', 'unmade', '--auth-method', 'private_key_jwt', '--public-key', file],
    ]) {
      const { exitCode, messages } = await here.tallystick(args)
      expect([exitCode, messages]).toEqual([2, expect.stringContaining('was not sent')])
    }
  }
  expect(await here.idOfClient('unmade')).toBe('')
})

test('a key without its method, and the method without a key, are wrong usage', async () => {
  const file = await here.file('public.pem', publicPem)
  const client = await here.idOfClient('billing')
  for (const args of [
    ['clients', 'create', 'unmade', '--public-key', file],
    ['clients', 'create', 'unmade', '--auth-method', 'private_key_jwt'],
    ['clients', 'update', client, '--auth-method', 'private_key_jwt'],
    ['clients', 'update', client, '--credential', 'cred_x'],
    ['clients', 'update', client, '--credential', 'cred_x', '--public-key', file],
    ['clients', 'create', 'unmade', '--jwks-uri', publishedAt],
    ['clients', 'update', client, '--jwks-uri', publishedAt, '--public-key', file],
    ['clients', 'update', client, '--jwks-uri', publishedAt, '--credential', 'cred_x'],
    ['clients', 'update', client, '--compliance-level', 'fapi'],
  ]) {
    expect([args, (await here.tallystick(args)).exitCode]).toEqual([args, 2])
  }
})

test('a client is made with a key and without a secret', async () => {
  const file = await here.file('public.pem', publicPem)
  const made = await here.ok([
    'clients',
    'create',
    'keyed',
    '--auth-method',
    'private_key_jwt',
    '--public-key',
    file,
  ])
  expect(made.output).not.toContain('client_secret')
  expect(made.output).toMatch(/^authentication +private_key_jwt$/m)
  expect(made.messages).toContain('has no secret')
  const client = await here.idOfClient('keyed')
  const { output } = await here.ok(['clients', 'credentials', 'list', client])
  expect(output).toMatch(/^cred_\w+ +public_key +ES256 +\S+ +never/m)
  expect((await here.tallystick(['clients', 'rotate-secret', client, '--yes'])).exitCode).toBe(4)
})

test('a key is added, made to count, and removed once another one counts', async () => {
  const client = await here.idOfClient('keyed')
  const first = (await here.ok(['clients', 'credentials', 'list', client, '--ids'])).output.trim()
  const add = [
    'clients',
    'credentials',
    'add',
    client,
    '-',
    '--name',
    'next',
    '--expires-at',
    '2099-01-31T00:00:00Z',
  ]
  const added = await here.ok([...add, '--json'], { input: otherPem })
  const { id: second } = JSON.parse(added.output)
  expect((await here.tallystick(['clients', 'credentials', 'remove', client, first, '--yes'])).exitCode).toBe(
    5,
  )
  await here.ok(['clients', 'update', client, '--auth-method', 'private_key_jwt', '--credential', second])
  await here.ok(['clients', 'credentials', 'remove', client, first, '--yes'])
  expect(await here.json(['clients', 'credentials', 'list', client])).toMatchObject([
    { id: second, name: 'next', alg: 'EdDSA', expires_at: '2099-01-31T00:00:00.000Z' },
  ])
  const { output } = await here.ok(['clients', 'update', client, '--auth-method', 'client_secret_post'])
  expect(output).toMatch(/^authentication +client_secret_post$/m)
})

test('a client with a secret goes over to a key in one step', async () => {
  const file = await here.file('public.jwk', JSON.stringify(pair.publicKey.export({ format: 'jwk' })))
  const client = await here.idOfClient('billing')
  await here.ok(['clients', 'update', client, '--auth-method', 'private_key_jwt', '--public-key', file])
  expect(await here.json(['clients', 'show', client])).toMatchObject({
    token_endpoint_auth_method: null,
    client_authentication_methods: {
      private_key_jwt: { credentials: [{ id: expect.stringMatching(/^cred_/) }] },
    },
  })
})

test('a client publishes its keys, is held to a level that it can meet, and is let out again', async () => {
  const byKey = ['--auth-method', 'private_key_jwt', '--jwks-uri', publishedAt]
  const made = await here.ok([
    'clients',
    'create',
    'publishing',
    ...byKey,
    '--compliance-level',
    'fapi2_sp_pkj_dpop',
  ])
  expect(made.output).toContain(publishedAt)
  expect(made.output).toMatch(/^compliance level +fapi2_sp_pkj_dpop$/m)
  const client = await here.idOfClient('publishing')
  const toSecret = ['clients', 'update', client, '--auth-method', 'client_secret_post']
  const refused = await here.tallystick(toSecret)
  expect([refused.exitCode, refused.messages]).toEqual([1, expect.stringContaining('fapi2_sp_pkj_dpop')])
  await here.ok([...toSecret, '--compliance-level', 'none'])
  const shown = await here.ok(['clients', 'update', client, ...byKey])
  expect(shown.output).toMatch(/^compliance level +none$/m)
  expect(shown.output).toContain(publishedAt)
})
