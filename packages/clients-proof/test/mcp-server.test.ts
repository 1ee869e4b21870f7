/** The worked example of docs/mcp-servers.md: a client with a key finds the token endpoint by the MCP server alone. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePort } from '../../server/test/free-port.ts'
import { startTestServer, type TestServer } from '../../server/test/test-server.ts'
import { samplesFolder } from './judged-tokens.ts'

const folder = join(samplesFolder, 'node')
let keys: string
let server: TestServer
let mcpServer: ChildProcess
let issuer: string
let resource: string
let clientId: string

beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), 'tallystick-mcp-'))
  server = await startTestServer()
  issuer = `${server.bootstrap.origin}/`
  mcpServer = spawn(process.execPath, ['mcp-server.js', issuer, String(await findFreePort())], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [printed] = mcpServer.stdout ? await once(mcpServer.stdout, 'data') : []
  resource = String(printed).trim()
  const { resourceServers } = server.management
  await resourceServers.create({
    identifier: resource,
    name: 'Invoices over MCP',
    scopes: [{ value: 'invoices:read' }, { value: 'invoices:write' }],
    signing_alg: 'ES256',
  })
  clientId = await createClient('own.pem', ['invoices:read'])
})
afterAll(async () => {
  mcpServer.kill()
  await server.close()
  await rm(keys, { recursive: true })
})

async function createClient(keyFile: string, scope: string[]): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(join(keys, keyFile), privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const { client_id } = await server.management.clients.create({
    name: keyFile,
    client_authentication_methods: {
      private_key_jwt: { credentials: [{ credential_type: 'public_key', pem, alg: 'ES256' }] },
    },
  })
  await server.management.clientGrants.create({ client_id, audience: resource, scope })
  return client_id
}

function callTool(id: string, keyFile: string) {
  const args = ['mcp-client.js', resource, issuer, id, join(keys, keyFile)]
  return promisify(execFile)(process.execPath, args, { cwd: folder, timeout: 240_000 })
}

test('a client that knows the MCP server, its own id and its key calls a tool', async () => {
  const { stdout } = await callTool(clientId, 'own.pem')
  expect(stdout.trim()).toBe(`42, as far as ${clientId} is concerned`)
})

test('without a token the MCP server says where the metadata is, and that says who issues tokens', async () => {
  const refused = await fetch(resource, { method: 'POST' })
  expect(refused.status).toBe(401)
  const [, place = ''] =
    /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? []
  expect(await (await fetch(place)).json()).toMatchObject({ resource, authorization_servers: [issuer] })
  const token = await server.requestToken({})
  const other = await fetch(resource, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(token.body.access_token)}` },
  })
  expect([other.status, other.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('error="invalid_token"'),
  ])
})

test('another key, and a scope that is not granted, get nothing', async () => {
  await createClient('other.pem', [])
  await expect(callTool(clientId, 'other.pem')).rejects.toThrow('InvalidClientError')
  const writer = await createClient('writer.pem', ['invoices:write'])
  await expect(callTool(writer, 'writer.pem')).rejects.toThrow('InvalidScopeError')
})

test('the page shows both programs as they are run', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/mcp-servers.md'), 'utf8')
  for (const name of ['mcp-server.js', 'mcp-client.js']) {
    expect(page).toContain((await readFile(join(folder, name), 'utf8')).trim())
  }
})
