/** `tallystick` without a shared secret: signed in with a key of its own, or with the token of the platform it runs on. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createForeignKey, signForeign } from '../../server/test/foreign-issuers.ts'
import { nextRsaPair } from '../../server/test/rsa-pairs.ts'
import { invoices } from '../../server/test/test-server.ts'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
let origin: string
let client: string
beforeAll(async () => {
  here = await startBesideServer()
  origin = here.server.bootstrap.origin
  client = await createOperator('ci')
})
afterAll(() => here.close())

async function createOperator(name: string): Promise<string> {
  const { management } = here.server
  const { client_id } = await management.clients.create({ name })
  const audience = `${origin}/api/v2/`
  await management.clientGrants.create({ client_id, audience, scope: ['read:clients'] })
  await management.clientGrants.create({ client_id, audience: invoices, scope: ['read'] })
  return client_id
}

/** Without the server's folder and without a profile: what the environment says, and nothing else. */
function run(args: readonly string[], env: Record<string, string> = {}, now?: () => Date) {
  const nowhere = { TALLYSTICK_DATA_DIR: '/nonexistent', TALLYSTICK_URL: origin }
  return here.tallystick(args, { env: { ...nowhere, ...env }, ...(now && { now }) })
}

const list = ['clients', 'list']

async function privateFile(name: string, text: string): Promise<string> {
  const path = await here.file(name, text)
  await chmod(path, 0o600)
  return path
}

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const rsa = nextRsaPair()
const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

let registered: KeyObject | undefined

/** The client proves itself with this key, and with no other. */
async function register(publicKey: KeyObject, alg?: 'PS256'): Promise<void> {
  if (registered === publicKey) return
  registered = publicKey
  const { clients, clientCredentials } = here.server.management
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const { id } = await clientCredentials.create(client, {
    credential_type: 'public_key',
    pem,
    ...(alg && { alg }),
  })
  const before = await clientCredentials.list(client)
  await clients.update(client, {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { credentials: [{ id }] } },
  })
  for (const other of before.filter((credential) => credential.id !== id)) {
    await clientCredentials.delete(client, other.id)
  }
}

describe('with a key', () => {
  test.each([
    ['nothing', () => '', 'neither a PEM nor a JWK'],
    ['a public key', () => ec.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'public half'],
    ['a public JWK', () => JSON.stringify(ec.publicKey.export({ format: 'jwk' })), 'no private half'],
    ['half a JWK', () => '{"kty":"EC","crv":"P-256","d":"AQAB"}', 'not whole'],
    ['a locked key', () => locked(), 'passphrase'],
    [
      'a key of another curve',
      () => pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey),
      'kind',
    ],
    ['a short key', () => pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), 'too short'],
  ])('a file that holds %s ends with 2, and nothing of it is told', async (_, text, why) => {
    const file = await privateFile('unfit.pem', text())
    const { exitCode, messages } = await run(list, byKey(file))
    expect([exitCode, messages]).toEqual([2, expect.stringContaining(why)])
    for (const line of text()
      .split('\n')
      .filter((one) => one.length > 20))
      expect(messages).not.toContain(line)
  })

  test('a file that others may read is not used, and one that is not there is named', async () => {
    const file = await privateFile('open.pem', pemOf(ec.privateKey))
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(file, mode)
      const { exitCode, messages } = await run(list, byKey(file))
      expect([exitCode, messages]).toEqual([2, expect.stringContaining(`chmod 600 ${file}`)])
    }
    const missing = await run(list, byKey('/nonexistent/key.pem'))
    expect([missing.exitCode, missing.messages]).toEqual([2, expect.stringContaining('/nonexistent/key.pem')])
  })

  test('half of what is needed, and more than one way, are wrong usage before anything is sent', async () => {
    const file = await privateFile('key.pem', pemOf(ec.privateKey))
    for (const env of [
      { TALLYSTICK_CLIENT_KEY_FILE: file },
      { ...byKey(file), TALLYSTICK_CLIENT_SECRET: 'secret' },
      { ...byKey(file), TALLYSTICK_WORKLOAD_TOKEN: 'a.b.c' },
      { ...byKey(file), TALLYSTICK_CLIENT_KEY_ALG: 'HS256' },
      { ...byKey(file), TALLYSTICK_CLIENT_KEY_ALG: 'PS256' },
      { TALLYSTICK_CLIENT_ID: client, TALLYSTICK_WORKLOAD_TOKEN_FROM: 'elsewhere' },
    ]) {
      expect([env, (await run(list, env)).exitCode]).toEqual([env, 2])
    }
    const get = ['token', 'get', '--client', client, '--api', invoices]
    for (const flags of [
      ['--key-file', file, '--secret-file', file],
      ['--key-alg', 'PS256'],
    ]) {
      expect([flags, (await run([...get, ...flags])).exitCode]).toEqual([flags, 2])
    }
  })

  test('a key that the client does not have, and a clock that is wrong, end with 4', async () => {
    await register(ed.publicKey)
    const file = await privateFile('other.pem', pemOf(ec.privateKey))
    const other = await run(list, byKey(file))
    expect([other.exitCode, other.messages]).toEqual([4, expect.stringContaining('public half of this key')])
    const own = await privateFile('own.pem', pemOf(ed.privateKey))
    const late = await run(list, byKey(own), () => new Date(Date.now() - 3_600_000))
    expect([late.exitCode, late.messages]).toEqual([4, expect.stringContaining('Let both clocks agree')])
  })

  test.each([
    ['an EC key as PEM', ec, 'pem', undefined],
    ['an Ed25519 key as JWK', ed, 'jwk', undefined],
    ['an RSA key for PS256', rsa, 'pem', 'PS256'],
  ] as const)('%s signs in, and the token is bound to a key of the command', async (_, pair, form, alg) => {
    await register(pair.publicKey, alg)
    const text =
      form === 'pem' ? pemOf(pair.privateKey) : JSON.stringify(pair.privateKey.export({ format: 'jwk' }))
    const file = await privateFile(`own.${form}`, text)
    const env = { ...byKey(file), ...(alg && { TALLYSTICK_CLIENT_KEY_ALG: alg }) }
    const { exitCode, output, messages } = await run([...list, '--debug'], env)
    expect([exitCode, messages]).toEqual([0, expect.stringContaining('"token_type":"DPoP"')])
    expect(output).toContain('ci')
    expect(messages).toContain('"client_assertion":"[secret]"')
    expect(messages).not.toMatch(/eyJ|PRIVATE/)
  })

  test('held to FAPI 2.0, and where the server asks for nonces, each command goes on', async () => {
    await register(ec.publicKey)
    const file = await privateFile('own.pem', pemOf(ec.privateKey))
    const level = (text: string) => ['clients', 'update', client, '--compliance-level', text]
    await here.ok(level('fapi2_sp_pkj_dpop'))
    expect(await run(list, byKey(file))).toMatchObject({ exitCode: 0 })
    await here.ok(['settings', 'update', '--dpop-nonce', 'required'])
    expect(await run(list, byKey(file))).toMatchObject({ exitCode: 0 })
    await here.ok(['settings', 'update', '--dpop-nonce', 'optional'])
    await here.ok(level('none'))
  })

  test('by another address, assertions and proofs are for the issuer that is named, and for no other', async () => {
    await register(ec.publicKey)
    const env = byKey(await privateFile('own.pem', pemOf(ec.privateKey)))
    const tunnel = { ...env, TALLYSTICK_URL: origin.replace('localhost', '127.0.0.1') }
    expect(await run(list, tunnel)).toMatchObject({ exitCode: 4 })
    const named = { TALLYSTICK_ISSUER: origin, TALLYSTICK_AUDIENCE: `${origin}/api/v2/` }
    expect(await run(list, { ...tunnel, ...named })).toMatchObject({ exitCode: 0 })
  })

  test('login remembers where the key is, and nothing of it', async () => {
    await register(ec.publicKey)
    const file = await privateFile('own.pem', pemOf(ec.privateKey))
    const env = { XDG_CONFIG_HOME: join(here.folder, 'by-key') }
    const login = ['login', '--client-id', client, '--key-file', file]
    expect(await run(login, env)).toMatchObject({ exitCode: 0, output: '' })
    const profile = await readFile(join(here.folder, 'by-key/tallystick/profile.json'), 'utf8')
    expect(JSON.parse(profile)).toEqual({
      origin,
      audience: `${origin}/api/v2/`,
      client_id: client,
      client_key_file: file,
    })
    expect(await run(list, { ...env, TALLYSTICK_URL: '' })).toMatchObject({ exitCode: 0 })
  })

  test('token get asks with a key for any API, and binds the token only when it is told to', async () => {
    await register(ec.publicKey)
    const file = await privateFile('own.pem', pemOf(ec.privateKey))
    const get = ['token', 'get', '--client', client, '--api', invoices, '--key-file', file, '--json']
    for (const [flags, type] of [
      [[], 'Bearer'],
      [['--dpop'], 'DPoP'],
    ] as const) {
      const { output } = await run([...get, ...flags])
      expect(JSON.parse(output)).toMatchObject({ token_type: type, claims: { aud: invoices } })
    }
  })

  function byKey(file: string): Record<string, string> {
    return { TALLYSTICK_CLIENT_ID: client, TALLYSTICK_CLIENT_KEY_FILE: file }
  }

  function locked(): string {
    const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' } as const
    return ec.privateKey.export(options).toString()
  }
})

test('a secret goes on working where bound tokens are demanded, and login remembers that they are', async () => {
  const demanding = await createOperator('demanding')
  const { clients } = here.server.management
  const { client_secret } = await clients.rotateSecret(demanding)
  await clients.update(demanding, { require_proof_of_possession: true })
  const env = { TALLYSTICK_CLIENT_ID: demanding, TALLYSTICK_CLIENT_SECRET: client_secret ?? '' }
  expect(await run(list, env)).toMatchObject({ exitCode: 0 })
  const home = { XDG_CONFIG_HOME: join(here.folder, 'demanding') }
  const secret = await privateFile('demanding.secret', client_secret ?? '')
  await run(['login', '--client-id', demanding, '--secret-file', secret], home)
  const profile = await readFile(join(here.folder, 'demanding/tallystick/profile.json'), 'utf8')
  expect(JSON.parse(profile)).toMatchObject({ client_id: demanding, dpop: true })
  const { messages } = await run([...list, '--debug'], { ...home, TALLYSTICK_URL: '' })
  expect(messages.match(/oauth\/token$/gm)).toHaveLength(1)
})

describe('with a token of the platform', () => {
  const key = createForeignKey('ES256')
  const issuer = 'https://builds.example.com'
  let workload: string
  let trusted: string
  beforeAll(async () => {
    const { management } = here.server
    workload = await createOperator('deploy')
    await management.clients.update(workload, { token_endpoint_auth_method: 'federated_jwt' })
    const { id } = await management.trustedIssuers.create({
      name: 'builds',
      issuer,
      jwks: { keys: [{ ...key.jwk, kty: 'EC' }] },
      matches: [{ client_id: workload, sub: 'repo:acme/app:*' }],
    })
    trusted = id
  })

  function platformToken(audience = `${origin}/`): string {
    const exp = Math.floor(Date.now() / 1000) + 300
    const jti = crypto.randomUUID()
    return signForeign(key, { iss: issuer, aud: audience, sub: 'repo:acme/app:environment:x', exp, jti })
  }

  const by = (source: Record<string, string>) => ({ TALLYSTICK_CLIENT_ID: workload, ...source })

  test('where there is none, nothing is sent; and one for others ends with 4', async () => {
    const file = await here.file('no-token', 'not a token\n')
    for (const source of [
      { TALLYSTICK_WORKLOAD_TOKEN: 'not a token' },
      { TALLYSTICK_WORKLOAD_TOKEN_FILE: file },
      { TALLYSTICK_WORKLOAD_TOKEN_FILE: '/nonexistent/token' },
      { TALLYSTICK_WORKLOAD_TOKEN_FROM: 'github-actions' },
    ]) {
      const { exitCode, messages } = await run([...list, '--debug'], by(source))
      expect([exitCode, messages]).toEqual([2, expect.not.stringContaining('> POST')])
      expect(messages).not.toContain('not a token')
    }
    const other = await run(list, by({ TALLYSTICK_WORKLOAD_TOKEN: platformToken('https://other.example/') }))
    expect([other.exitCode, other.messages]).toEqual([4, expect.stringContaining('tallystick trust explain')])
  })

  test('one that counts once signs in once, and one that counts until it expires as often as you like', async () => {
    const once = by({ TALLYSTICK_WORKLOAD_TOKEN: platformToken() })
    const { exitCode, messages } = await run([...list, '--debug'], once)
    expect([exitCode, messages]).toEqual([0, expect.stringContaining('"token_type":"DPoP"')])
    expect(messages).not.toContain('eyJ')
    expect(await run(list, once)).toMatchObject({ exitCode: 4 })
    await here.server.management.trustedIssuers.update(trusted, { token_reuse: 'until_expiry' })
    const file = await here.file('token', `${platformToken()}\n`)
    for (const _ of [1, 2]) {
      expect(await run(list, by({ TALLYSTICK_WORKLOAD_TOKEN_FILE: file }))).toMatchObject({ exitCode: 0 })
    }
    await here.server.management.trustedIssuers.update(trusted, { token_reuse: 'once' })
  })

  test('login remembers the name of the variable or file, and token get takes either', async () => {
    const home = { XDG_CONFIG_HOME: join(here.folder, 'workload') }
    const login = ['login', '--client-id', workload, '--workload-token-env', 'JOB_TOKEN']
    expect(await run(login, { ...home, JOB_TOKEN: platformToken() })).toMatchObject({ exitCode: 0 })
    const profile = await readFile(join(here.folder, 'workload/tallystick/profile.json'), 'utf8')
    expect(JSON.parse(profile)).toMatchObject({ workload_token: { variable: 'JOB_TOKEN' } })
    expect(profile).not.toContain('eyJ')
    const later = { ...home, TALLYSTICK_URL: '', JOB_TOKEN: platformToken() }
    expect(await run(list, later)).toMatchObject({ exitCode: 0 })
    await writeFile(join(here.folder, 'token'), platformToken())
    const get = ['token', 'get', '--client', workload, '--api', invoices, '--raw']
    const { output } = await run([...get, '--workload-token-file', join(here.folder, 'token')])
    expect(output).toMatch(/^eyJ/)
  })

  test('a job of GitHub is asked for a token for each sign-in, by an address that nobody listens to alone', async () => {
    const github = await startGithub((request, response) => {
      const audience = new URL(request.url ?? '', 'http://x').searchParams.get('audience') ?? ''
      response.end(JSON.stringify({ count: 1, value: platformToken(audience) }))
    })
    const job = by({ ...github.env, TALLYSTICK_WORKLOAD_TOKEN_FROM: 'github-actions' })
    for (const _ of [1, 2]) {
      const { exitCode, messages } = await run([...list, '--debug'], job)
      expect([exitCode, messages]).toEqual([0, expect.not.stringMatching(/eyJ|job's own/)])
    }
    expect(github.requests).toEqual([
      `GET /token?api-version=2.0&audience=${encodeURIComponent(`${origin}/`)} Bearer job's own`,
      `GET /token?api-version=2.0&audience=${encodeURIComponent(`${origin}/`)} Bearer job's own`,
    ])
    const open = { ...job, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://runner.example.com/token' }
    expect(await run(list, open)).toMatchObject({ exitCode: 2, messages: expect.stringContaining('https') })
    github.close()
  })

  test('GitHub’s refusal ends with 4, and its redirect is not followed', async () => {
    const elsewhere = await startGithub((_, response) => response.end('{}'))
    for (const [status, headers] of [
      [403, {}],
      [302, { location: elsewhere.env.ACTIONS_ID_TOKEN_REQUEST_URL }],
    ] as const) {
      const github = await startGithub((_, response) => response.writeHead(status, headers).end('{}'))
      const job = by({ ...github.env, TALLYSTICK_WORKLOAD_TOKEN_FROM: 'github-actions' })
      const { exitCode, messages } = await run(list, job)
      expect([exitCode, messages]).toEqual([4, expect.stringContaining(`status ${status}`)])
      github.close()
    }
    expect(elsewhere.requests).toEqual([])
    elsewhere.close()
  })
})

async function startGithub(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: string[] = []
  const listener = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  return {
    requests,
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job's own",
    },
    close: () => {
      listener.closeAllConnections()
      listener.close()
    },
  }
}
