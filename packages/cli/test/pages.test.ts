/** The pages are followed as they are written, one behind the other, as by somebody who has only them. */
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorityFor } from '../../server/test/certificates.ts'
import { createForeignKey, signForeign } from '../../server/test/foreign-issuers.ts'
import { type BesideServer, startBesideServer } from './beside-server.ts'
import { createReader, type Reader, readPage } from './page-walk.ts'

const invoices = 'https://invoices.example.com/'
let here: BesideServer
let reader: Reader
beforeAll(async () => {
  here = await startBesideServer()
  await here.ok(['apis', 'delete', here.server.api.identifier, '--yes'])
  await here.ok(['apis', 'create', 'https://api.example.com/', '--scope', 'test'])
  reader = createReader(here)
})
afterAll(async () => {
  reader.leave()
  await here.close()
})

test('the README: an API, a client, a grant, a token', async () => {
  const printed = await reader.follow('README.md', '## Manage it')
  expect(printed).toContain('"scope": "read"')
})

test('a secret is changed, at once and without a gap', async () => {
  const TOKEN = await managementToken()
  const printed = await reader.follow('docs/client-secrets.md', '## Change a secret', { $TOKEN: TOKEN })
  expect(printed.match(/^20\d \{.*"client_secret":/gm)).toHaveLength(2)
  expect(await reader.follow('docs/client-secrets.md', '## See which can go')).toContain('never used')
})

test('a client is registered with a key, and one that publishes its keys', async () => {
  const page = 'docs/private-key-jwt.md'
  expect(await reader.follow(page, '## Register the key')).toContain('private_key_jwt')
  expect(await reader.follow(page, '## Or let the client publish its keys')).toContain('jwks.json')
  expect(await reader.follow(page, '## The audience')).toContain('the issuer or the token endpoint')
})

test('the command line signs in with a key', async () => {
  const printed = await reader.follow('docs/signing-in.md', '## With a key')
  expect(printed).toMatch(/^Signed in to /m)
  expect(printed).toContain('scope: read:clients')
})

test('a client is held to FAPI 2.0, and then the tenant', async () => {
  await reader.follow('docs/private-key-jwt.md', '## Register the key')
  const held = await reader.follow('docs/fapi.md', '## Hold a client to it')
  expect(held).toMatch(/^compliance level +fapi2_sp_pkj_dpop$/m)
  expect(await reader.follow('docs/fapi.md', '## Hold a tenant to it')).toMatch(/^security profile +fapi2$/m)
  await here.ok(['settings', 'update', '--security-profile', 'none'])
})

test('a client is registered with a certificate, and one by a name', async () => {
  writeFileSync('ca.pem', (await authorityFor('CN=Example CA')).pem)
  const printed = await reader.follow('docs/mtls.md', '## Register it')
  expect(printed).toContain('self_signed_tls_client_auth')
  expect(printed).toMatch(/^authentication +tls_client_auth$/m)
})

test('a proof of possession is asked of a client, an API, and everybody', async () => {
  const heading = '## Ask it of a client, an API, or everybody'
  const printed = await reader.follow('docs/dpop.md', heading)
  expect(printed).toMatch(/^tokens +bound to/m)
  expect(printed).toMatch(/^proof of possession +required, by DPoP$/m)
  expect(printed).toMatch(/^DPoP nonce +required$/m)
  await here.ok(['apis', 'update', invoices, '--proof-of-possession', 'none'])
})

test('a workload gets a token with the one of its platform, and why it gets no second one is explained', async () => {
  const github = 'https://token.actions.githubusercontent.com'
  const key = createForeignKey('ES256')
  writeFileSync('keys.json', JSON.stringify({ keys: [key.jwk] }))
  const now = Math.floor(Date.now() / 1000)
  const [step = ''] = readPage('docs/federation.md').match(/trust create github[\s\S]*?```/) ?? []
  const named = [...step.matchAll(/--claim (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value])
  const sub = /--sub '([^'*]+)'/.exec(step)?.[1]
  const claims = { ...Object.fromEntries(named), sub, jti: 'one' }
  const times = { iat: now, exp: now + 300, aud: `${here.server.bootstrap.origin}/` }
  const token = signForeign(key, { iss: github, ...claims, ...times })
  writeFileSync('token', token)
  // The keys are given, so that nothing outside is asked.
  const values = { [github]: `${github} --jwks keys.json` }
  const printed = await reader.follow('docs/federation.md', '## Set one up', values, token)
  expect(printed).toMatch(/^200 \{"access_token"/m)
  expect(printed).toMatch(/^reuse +failed +It was used before/m)
  for (const platform of ['GitLab', 'Kubernetes', 'SPIFFE', 'AWS, Google Cloud, Entra ID']) {
    expect(await reader.follow('docs/federation.md', `### ${platform}`)).toMatch(/^matches /m)
  }
})

test('a token is revoked by its client, and the API hears of it', async () => {
  const made = Object(await here.json(['clients', 'create', 'revoker']))
  await here.ok(['grants', 'create', '--client', made.client_id, '--api', invoices, '--scope', 'read'])
  const get = ['token', 'get', '--client', made.client_id, '--api', invoices, '--secret-file', '-', '--raw']
  const token = (await here.ok(get, { input: made.client_secret })).output.trim()
  const client = { $CLIENT_ID: made.client_id, $CLIENT_SECRET: made.client_secret }
  const api = { $API_CLIENT_ID: '$CLIENT_ID', $API_CLIENT_SECRET: '$CLIENT_SECRET', $TOKEN: token }
  expect(await reader.follow('docs/revocation.md', '## Introspection', api)).toContain('"active":true')
  const heading = '### `POST /oauth/revoke` (RFC 7009)'
  expect(await reader.follow('docs/revocation.md', heading, { ...client, $TOKEN: token })).toBe('200 \n')
  expect(await reader.follow('docs/revocation.md', '## Introspection', api)).toContain('{"active":false}')
})

test('tokens are encrypted for an API', async () => {
  expect(await reader.follow('docs/access-tokens.md', '## Encrypt it')).toContain('RSA-OAEP-256, key 2026-11')
})

test('an MCP server and its client are registered', async () => {
  const printed = await reader.follow('docs/mcp-servers.md', '## Make the API and the client')
  expect(printed).toMatch(/^scopes +invoices:read$/m)
})

async function managementToken(): Promise<string> {
  const { client_id, audience } = here.server.bootstrap.management
  const { output } = await here.ok(['token', 'get', '--client', client_id, '--api', audience, '--raw'])
  return output.trim()
}
