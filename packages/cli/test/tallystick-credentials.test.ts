/** `tallystick clients credentials`, and clients that prove themselves with a key. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorityFor, certificateFor } from '../../server/test/certificates.ts'
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
      ['clients', 'credentials', 'create', client, file],
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
  await here.ok(['clients', 'credentials', 'delete', client, first, '--yes'])
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

test('a client is made with a certificate, and another one is added and named', async () => {
  const [own, next] = [await certificateFor('CN=machine'), await certificateFor('CN=machine, OU=next')]
  const file = await here.file('client.pem', own.pem)
  const byCertificate = ['--auth-method', 'self_signed_tls_client_auth']
  const made = await here.ok(['clients', 'create', 'certified', ...byCertificate, '--certificate', file])
  expect(made.output).toMatch(/^authentication +self_signed_tls_client_auth$/m)
  expect(made.messages).toContain('has no secret')
  const client = await here.idOfClient('certified')
  const add = ['clients', 'credentials', 'create', client]
  const added = await here.ok([...add, '--certificate', '-', '--name', 'next', '--json'], { input: next.pem })
  const credential = JSON.parse(added.output)
  expect(credential).toMatchObject({
    credential_type: 'x509_cert',
    name: 'next',
    thumbprint_sha256: next.thumbprint,
  })
  await here.ok(['clients', 'update', client, ...byCertificate, '--credential', credential.id])
  expect(await here.json(['clients', 'show', client])).toMatchObject({
    client_authentication_methods: { self_signed_tls_client_auth: { credentials: [{ id: credential.id }] } },
  })
})

test('a client with a secret goes over to a name of an authority, and a second one is added', async () => {
  const [root, other] = [await authorityFor('CN=Root'), await authorityFor('CN=Other')]
  const ca = await here.file('ca.pem', `of two authorities\n${root.pem}\n${other.pem}\n`)
  await here.ok(['clients', 'create', 'named'])
  const client = await here.idOfClient('named')
  const byName = ['--auth-method', 'tls_client_auth', '--subject-dn', 'CN=machine,O=Example', '--ca', ca]
  const { output } = await here.ok(['clients', 'update', client, ...byName])
  expect(output).toMatch(/^authentication +tls_client_auth$/m)
  const uri = 'spiffe://example.org/machine'
  const added = await here.ok(['clients', 'credentials', 'create', client, '--san-uri', uri, '--ca', ca])
  expect(added.output).toContain(uri)
  expect(await here.json(['clients', 'credentials', 'list', client])).toMatchObject([
    { credential_type: 'cert_subject_dn', subject_dn: 'CN=machine,O=Example' },
    {
      credential_type: 'cert_san_uri',
      san_uri: uri,
      certificate_authorities: [`${root.pem}\n`, `${other.pem}\n`],
    },
  ])
})

test('a certificate or a name that does not fit, and a key beside a certificate, are wrong usage', async () => {
  const own = await certificateFor('CN=machine')
  const file = await here.file('client.pem', own.pem)
  const both = await here.file('both.pem', own.pem + own.key)
  const client = await here.idOfClient('billing')
  const add = ['clients', 'credentials', 'create', client]
  const create = ['clients', 'create', 'unmade', '--auth-method']
  for (const args of [
    add,
    [...add, file, '--certificate', file],
    [...add, '--certificate', both],
    [...add, '--certificate', file, '--ca', file],
    [...add, '--certificate', file, '--alg', 'ES256'],
    [...add, '--subject-dn', 'CN=machine'],
    [...add, '--subject-dn', 'CN=machine', '--san-dns', 'machine.example.com', '--ca', file],
    [...add, '--ca', file],
    [...create, 'self_signed_tls_client_auth'],
    [...create, 'tls_client_auth', '--certificate', file],
    [...create, 'tls_client_auth', '--subject-dn', 'CN=machine'],
    [...create, 'self_signed_tls_client_auth', '--san-dns', 'machine.example.com', '--ca', file],
    [...create, 'private_key_jwt', '--certificate', file],
    [...create, 'self_signed_tls_client_auth', '--public-key', file],
    [...create, 'client_secret_post', '--certificate', file],
    ['clients', 'update', client, '--certificate', file],
  ]) {
    expect([args, (await here.tallystick(args)).exitCode]).toEqual([args, 2])
  }
  expect(await here.idOfClient('unmade')).toBe('')
})

test('a client is shown with all that proves it, and with what does not count', async () => {
  const secretOnly = await here.server.createClient('shown', ['read'])
  const show = async (id: string) => (await here.ok(['clients', 'show', id])).output
  expect(await show(secretOnly.id)).toMatch(/^client_secret +sec_\w+ +yes +never$/m)

  const [own, ca] = await Promise.all([certificateFor('CN=machine'), authorityFor('CN=Own CA,O=Example')])
  const [certificate, authority] = [await here.file('own.pem', own.pem), await here.file('ca.pem', ca.pem)]
  const create = ['clients', 'credentials', 'create', secretOnly.id]
  const self = JSON.parse((await here.ok([...create, '--certificate', certificate, '--json'])).output)
  expect(await show(secretOnly.id)).toMatch(
    new RegExp(`^x509_cert +${self.id} +no +${self.expires_at} +CN=machine$`, 'm'),
  )
  const named = ['--subject-dn', 'CN=billing,O=Example', '--ca', authority]
  const name = JSON.parse((await here.ok([...create, ...named, '--json'])).output)
  const update = ['clients', 'update', secretOnly.id, '--auth-method', 'tls_client_auth']
  await here.ok([...update, '--credential', name.id])
  const end = new X509Certificate(ca.pem).validToDate.toISOString()
  const output = await show(secretOnly.id)
  expect(output).toMatch(/^client_secret +sec_\w+ +no +never$/m)
  expect(output).toMatch(new RegExp(`^cert_subject_dn +${name.id} +yes +${end} +CN=billing,O=Example$`, 'm'))
  const shown = await here.ok(['clients', 'credentials', 'show', secretOnly.id, name.id])
  expect(shown.output).toMatch(new RegExp(`^authorities +O=Example,CN=Own CA, until ${end}$`, 'm'))
  const { output: list } = await here.ok(['clients', 'credentials', 'list', secretOnly.id])
  expect(list).toMatch(new RegExp(`^${name.id} +cert_subject_dn .* ${end} +CN=billing,O=Example`, 'm'))
  const json = await here.json(['clients', 'show', secretOnly.id])
  expect(json).toMatchObject({
    name: 'shown',
    proofs: [
      { type: 'client_secret', counts: false },
      { type: 'x509_cert', id: self.id, counts: false },
      { type: 'cert_subject_dn', id: name.id, of: 'CN=billing,O=Example', counts: true, expires_at: end },
    ],
    missing_scopes: [],
  })
  await here.ok(['clients', 'update', secretOnly.id, '--disable'])
  expect(await show(secretOnly.id)).not.toMatch(/ yes +\S+ +CN=billing/)
})

test('so are its published keys and the matches of trusted issuers; what may not be read is named by its scope', async () => {
  const publishing = await here.ok([
    ...['clients', 'create', 'publishing', '--auth-method', 'private_key_jwt'],
    ...['--jwks-uri', publishedAt, '--json'],
  ])
  const { client_id: publisher } = JSON.parse(publishing.output)
  expect((await here.ok(['clients', 'show', publisher])).output).toContain(publishedAt)
  const made = await here.ok(['clients', 'create', 'deploying', '--auth-method', 'federated_jwt', '--json'])
  const { client_id: id } = JSON.parse(made.output)
  const issuer = 'https://gitlab.example.com'
  const sub = 'project_path:acme/app:*'
  await here.server.management.trustedIssuers.create({
    name: 'gitlab',
    issuer,
    matches: [
      { client_id: id, sub },
      { client_id: publisher, sub: 'project_path:acme/other:*' },
    ],
  })
  expect(await here.json(['clients', 'show', id])).toMatchObject({
    proofs: [{ type: 'trusted_issuer', of: `${issuer} ${sub}`, counts: true }],
  })
  expect(await here.json(['clients', 'show', publisher])).toMatchObject({
    proofs: [
      { type: 'jwks_uri', of: publishedAt, counts: true },
      { type: 'trusted_issuer', counts: false },
    ],
  })
  const reader = await here.server.createClient('reader', undefined)
  const { audience } = here.server.bootstrap.management
  await here.ok(['grants', 'create', '--client', reader.id, '--api', audience, '--scope', 'read:clients'])
  const env = {
    TALLYSTICK_URL: here.server.bootstrap.origin,
    TALLYSTICK_CLIENT_ID: reader.id,
    TALLYSTICK_CLIENT_SECRET: reader.secret ?? '',
  }
  expect((await here.ok(['clients', 'show', id], { env })).output).toMatch(
    /^Not shown, for want of: read:client_keys, read:client_credentials, read:trusted_issuers$/m,
  )
})

test('when a key expires is changed, and a change that names nothing is wrong usage', async () => {
  const { id } = await here.server.createClient('expiring', ['read'])
  const file = await here.file('public.pem', publicPem)
  const add = ['clients', 'credentials', 'create', id, file, '--expires-at', '2098-01-31T00:00:00Z', '--json']
  const { id: key } = JSON.parse((await here.ok(add)).output)
  const update = ['clients', 'credentials', 'update', id, key]
  expect((await here.tallystick(update)).exitCode).toBe(2)
  const later = await here.ok([...update, '--expires-at', '2099-01-31T00:00:00Z'])
  expect(later.output).toMatch(/^expires +2099-01-31T00:00:00.000Z$/m)
  expect((await here.ok([...update, '--never-expires'])).output).toMatch(/^expires +never$/m)
})
