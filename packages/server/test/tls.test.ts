/** TLS as operator and clients meet it: the real program, real files, real handshakes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { connect } from '@tallystick/management-api/connect'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { revealSecret } from '../src/keys/secret/secret-text.ts'
import { createAuthority, issueServerPair } from '../src/keys/tls/private-authority.ts'
import type { TlsPair } from '../src/keys/tls/tls-pair.ts'
import { startProgram } from './started-program.ts'
import { requestToken } from './test-server.ts'
import { certificateShown, startTlsServer, type TlsServer, trust } from './tls-server.ts'

const dayMs = 86_400_000
let folder: string
let authority: TlsPair
let files: { TALLYSTICK_TLS_CERT: string; TALLYSTICK_TLS_KEY: string }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-tls-test-'))
  files = { TALLYSTICK_TLS_CERT: join(folder, 'cert.pem'), TALLYSTICK_TLS_KEY: join(folder, 'key.pem') }
  authority = await createAuthority(new Date())
  trust(authority.certificate)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function writeNewPair(hosts: readonly string[], at = new Date()): Promise<void> {
  const pair = await issueServerPair(authority, hosts, at)
  writeFileSync(files.TALLYSTICK_TLS_CERT, pair.certificate)
  writeFileSync(files.TALLYSTICK_TLS_KEY, revealSecret(pair.key))
}

async function eventually(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50))
}

async function refusalOf(env: Readonly<Record<string, string>>): Promise<string> {
  const dataDir = join(folder, 'never-made')
  const program = startProgram({ TALLYSTICK_DATA_DIR: dataDir, ...env })
  expect(await program.exited).toBe(1)
  expect(program.tookMs()).toBeLessThan(3000)
  expect(() => readFileSync(dataDir)).toThrow(/ENOENT/)
  return program.errors()
}

test('a certificate without a key, or beside self-signed, is refused in one line', async () => {
  const { TALLYSTICK_TLS_CERT, TALLYSTICK_TLS_KEY } = files
  expect(await refusalOf({ TALLYSTICK_TLS_CERT })).toMatch(/^TALLYSTICK_TLS_KEY is missing: [^\n]*\n$/)
  expect(await refusalOf({ TALLYSTICK_TLS_KEY })).toMatch(/^TALLYSTICK_TLS_CERT is missing: [^\n]*\n$/)
  expect(await refusalOf({ ...files, TALLYSTICK_TLS: 'self-signed' })).toMatch(
    /^TALLYSTICK_TLS cannot be self-signed beside [^\n]*\n$/,
  )
})

test('files that cannot serve are refused in a line each, before anything is made', async () => {
  const none = join(folder, 'none.pem')
  expect(await refusalOf({ TALLYSTICK_TLS_CERT: none, TALLYSTICK_TLS_KEY: none })).toBe(
    'TALLYSTICK_TLS_CERT names a file that cannot be read (ENOENT).\n' +
      'TALLYSTICK_TLS_KEY names a file that cannot be read (ENOENT).\n',
  )
  await writeNewPair(['localhost'], new Date(Date.now() - 400 * dayMs))
  expect(await refusalOf(files)).toMatch(/^TALLYSTICK_TLS_CERT expired on [^\n]*\n$/)
})

describe('a self-signed server', () => {
  let server: TlsServer
  beforeAll(async () => {
    server = await startTlsServer()
  })
  afterAll(() => server.close())

  test('is reached by whoever trusts its authority, and by nobody else', async () => {
    const elsewhere = connectTls({ host: '127.0.0.1', port: server.port, ca: authority.certificate })
    const refusal = await new Promise<Error>((resolve) => elsewhere.once('error', resolve))
    expect(refusal).toMatchObject({ code: 'SELF_SIGNED_CERT_IN_CHAIN' })

    expect(server.origin).toBe(`https://localhost:${server.port}`)
    expect(server.output()).toContain(`export NODE_EXTRA_CA_CERTS=${server.authorityPath}\n`)
    for (const host of ['localhost', '127.0.0.1']) {
      const metadata = await fetch(`https://${host}:${server.port}/.well-known/openid-configuration`)
      expect(await metadata.json()).toMatchObject({
        issuer: `${server.origin}/`,
        token_endpoint: `${server.origin}/oauth/token`,
      })
    }
    const { client_id, client_secret, audience } = server.bootstrap.management
    const answer = await requestToken(server.origin, { client_id, client_secret, audience })
    expect(answer.claims).toMatchObject({ iss: `${server.origin}/`, aud: `${server.origin}/api/v2/` })
  })

  test('is reached at the host of a tenant that is made while it serves', async () => {
    const byAddress = `https://127.0.0.1:${server.port}`
    const { client_id, client_secret, audience } = server.bootstrap.management
    const { body } = await requestToken(server.origin, { client_id, client_secret, audience })
    const { tenants } = connect({ url: server.origin, token: String(body.access_token) })
    await tenants.create({ name: 'elsewhere', origin: 'https://elsewhere.example.com' })
    const acme = await tenants.create({ name: 'acme', origin: byAddress })

    const { management } = acme
    const answer = await requestToken(byAddress, {
      client_id: management.client_id,
      client_secret: management.client_secret,
      audience: management.audience,
    })
    expect(answer.claims).toMatchObject({ iss: `${byAddress}/` })
    const shown = async () =>
      (await certificateShown(server.port, 'elsewhere.example.com')).subjectaltname ?? ''
    await eventually(async () => (await shown()).includes('DNS:elsewhere.example.com'))
  })

  test('is not reached by TLS 1.1, nor by plain HTTP', async () => {
    const old = connectTls({
      host: '127.0.0.1',
      port: server.port,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    expect(await new Promise<Error>((resolve) => old.once('error', resolve))).toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    })
    await expect(fetch(`http://127.0.0.1:${server.port}/readyz`)).rejects.toThrow('fetch failed')
  })

  test('stops beside a silent connection, and has its authority when it starts again for another host', async () => {
    const silent = connectPlain(server.port, '127.0.0.1')
    await new Promise((resolve) => silent.once('connect', resolve))
    silent.on('error', () => undefined)
    const lived = server.tookMs()
    expect(await server.stop()).toBe(0)
    expect(server.tookMs() - lived).toBeLessThan(8000)

    const again = await startTlsServer({
      dataDir: server.dataDir,
      settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_PUBLIC_ORIGIN: 'https://tokens.example.com' },
    })
    onTestFinished(() => again.close())
    const shown = await certificateShown(again.port, 'tokens.example.com')
    expect(shown.subjectaltname).toMatch(
      /^DNS:localhost, .*, DNS:tokens\.example\.com, DNS:elsewhere\.example\.com$/,
    )
    // What trusted the authority before still does.
    expect((await fetch(`https://127.0.0.1:${again.port}/readyz`)).status).toBe(200)
  })
})

test('a certificate that is replaced is shown without a restart, and a broken one never; its end is told', async () => {
  await writeNewPair(['first.example.com', '127.0.0.1'], new Date(Date.now() - 390 * dayMs))
  const server = await startTlsServer({ settings: files })
  onTestFinished(() => server.close())
  const shown = async () => (await certificateShown(server.port)).subjectaltname ?? ''
  expect(await shown()).toContain('first.example.com')
  expect(server.output()).not.toContain('NODE_EXTRA_CA_CERTS')
  expect((await fetch(`https://127.0.0.1:${server.port}/readyz`)).status).toBe(200)

  writeFileSync(files.TALLYSTICK_TLS_KEY, 'half a key')
  await eventually(() => server.errors().includes('the old one stays'))
  expect(server.errors()).toContain('TALLYSTICK_TLS_KEY is no private key in PEM')
  expect(server.errors().match(/TLS: the certificate ends soon/g)).toHaveLength(1)
  expect(await shown()).toContain('first.example.com')

  await writeNewPair(['second.example.com', '127.0.0.1'])
  await eventually(async () => (await shown()).includes('second.example.com'))
  expect((await fetch(`https://127.0.0.1:${server.port}/readyz`)).status).toBe(200)
})
