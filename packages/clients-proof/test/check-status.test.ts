import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/test-server.ts'
import { samplesFolder } from './judged-tokens.ts'

const path = join(samplesFolder, 'node/check-status.js')
const audience = 'https://listed.example.com/'

type CheckStatus = (claims: unknown) => Promise<void>
let createCheckStatus: (settings: { issuer: string; algorithm: string }) => CheckStatus
let server: TestServer
beforeAll(async () => {
  createCheckStatus = Object(await import(path)).createCheckStatus
  server = await startTestServer()
  const { resourceServers, clientGrants } = server.management
  await resourceServers.create({ identifier: audience, signing_alg: 'ES256', token_status_list: true })
  await clientGrants.create({ client_id: server.billing.id, audience, scope: [] })
})
afterAll(() => server.close())

const invalidToken = { status: 401, code: 'invalid_token' }

test('the sample refuses a revoked token once the list that it holds is older than its ttl', async () => {
  const settings = { issuer: `${server.bootstrap.origin}/`, algorithm: 'ES256' }
  const checkStatus = createCheckStatus(settings)
  const [revoked, other] = [await server.requestToken({ audience }), await server.requestToken({ audience })]
  await checkStatus(revoked.claims)
  await checkStatus(other.claims)
  await server.management.revocations.create({ jti: String(revoked.claims.jti) })
  await expect(createCheckStatus(settings)(revoked.claims)).rejects.toMatchObject(invalidToken)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30_000 })
  try {
    await expect(checkStatus(revoked.claims)).rejects.toMatchObject(invalidToken)
    await checkStatus(other.claims)
  } finally {
    vi.useRealTimers()
  }
})

test('the sample believes no list but the issuer’s, and none that is wrong in anything', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const stranger = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }
  const asked: string[] = []
  const lists = new Map<string, string>()
  const http = createServer(({ url = '' }, response) => {
    asked.push(url)
    if (url === '/.well-known/jwks.json') return response.end(JSON.stringify({ keys: [jwk] }))
    if (url.endsWith('/moved')) return response.writeHead(302, { location: '/oauth/status-lists/good' }).end()
    const list = lists.get(url)
    return list === undefined ? response.writeHead(404).end() : response.end(list)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}/`
  const checkStatus = createCheckStatus({ issuer, algorithm: 'ES256' })
  const uriOf = (name: string) => `${issuer}oauth/status-lists/${name}`
  const at = (uri: unknown, idx: unknown = 3) => checkStatus({ status: { status_list: { idx, uri } } })

  interface Wrong {
    readonly claims?: Record<string, unknown>
    readonly typ?: string
    readonly key?: typeof privateKey
    readonly bytes?: Buffer
    readonly bits?: number
  }
  async function publish(
    name: string,
    { claims, typ = 'statuslist+jwt', key = privateKey, bytes, bits = 1 }: Wrong,
  ) {
    const seconds = Math.floor(Date.now() / 1000)
    const lst = deflateSync(bytes ?? Buffer.alloc(8192)).toString('base64url')
    const right = { sub: uriOf(name), iat: seconds, exp: seconds + 600, ttl: 30, status_list: { bits, lst } }
    const jwt = await new SignJWT({ ...right, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ, kid: 'k' })
      .sign(key)
    lists.set(`/oauth/status-lists/${name}`, jwt)
  }

  try {
    await publish('good', {})
    await at(uriOf('good'))
    const wrong: Record<string, Wrong> = {
      other: { claims: { sub: uriOf('good') } },
      token: { typ: 'at+jwt' },
      forged: { key: stranger.privateKey },
      expired: { claims: { exp: Math.floor(Date.now() / 1000) - 60 } },
      endless: { claims: { exp: undefined } },
      bomb: { bytes: Buffer.alloc(1_000_000) },
      wide: { bits: 2 },
    }
    for (const [name, list] of Object.entries(wrong)) {
      await publish(name, list)
      await expect(at(uriOf(name)), name).rejects.toThrow()
    }
    await expect(at(uriOf('moved'))).rejects.toThrow()
    await expect(at(uriOf('gone'))).rejects.toMatchObject(invalidToken)

    const before = asked.length
    for (const uri of [
      undefined,
      7,
      `${issuer}other/good`,
      `http://127.0.0.1:${port}.example/x`,
      'https://evil.example/oauth/status-lists/x',
    ]) {
      await expect(at(uri)).rejects.toMatchObject(invalidToken)
    }
    for (const idx of [null, '3', 1.5, -1, 65_536, 2 ** 40]) {
      await expect(at(uriOf('good'), idx), String(idx)).rejects.toMatchObject(invalidToken)
    }
    await expect(checkStatus({})).rejects.toMatchObject(invalidToken)
    expect(asked.length).toBe(before)
  } finally {
    http.close()
  }
})

test('the page shows the sample as it is run', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/revocation.md'), 'utf8')
  expect(page).toContain(`\`\`\`js\n${await readFile(path, 'utf8')}\`\`\``)
})
