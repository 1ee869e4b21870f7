/** What an API is told of a token (RFC 7662). */
import { generateKeyPairSync } from 'node:crypto'
import type { ClientChange } from '@tallystick/management-api/contract/clients'
import { compactDecrypt, createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProofPair, makeProof } from './dpop-proofs.ts'
import {
  createApiClient,
  credentials,
  introspectAt,
  present,
  revokeAt,
  startWithApi,
  tokenOf,
} from './presented-tokens.ts'
import type { TestClient, TestServer } from './test-server.ts'

let server: TestServer
let api: TestClient
beforeAll(async () => {
  ;({ server, api } = await startWithApi())
})
afterAll(() => server.close())

const inactive = { active: false }

const revoke = (fields: Record<string, string>) => revokeAt(server, fields)
const introspect = (token: string, as = api) => introspectAt(server, as, token)

async function isActive(token: string): Promise<unknown> {
  return (await introspect(token)).body.active
}

test('all that the token says, and whose it is', async () => {
  const { body, claims } = await server.requestToken()
  const answer = await introspect(String(body.access_token))
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.body).toEqual({
    ...claims,
    active: true,
    client_id: server.billing.id,
    token_type: 'Bearer',
    'https://acme.example/plan': 'gold',
  })
})

test('signed, if it asks for that by name', async () => {
  const asked = { accept: 'application/json;q=0.5, Application/Token-Introspection+JWT ; q=0.9' }
  const fields = { ...credentials(api), token: await tokenOf(server) }
  const plain = await introspect(fields.token)
  const url = `${server.url}/oauth/introspect`
  const ask = (token: string, headers: Record<string, string> = asked) =>
    fetch(url, { method: 'POST', headers, body: new URLSearchParams({ ...fields, token }) })
  const response = await ask(fields.token)
  expect([response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
    'application/token-introspection+jwt',
    'no-store',
  ])
  const jwt = await response.text()
  const jwks = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
  const wanted = { typ: 'token-introspection+jwt', algorithms: ['ES256'], audience: api.id }
  const { payload } = await jwtVerify(jwt, jwks, wanted)
  expect(payload).toEqual({
    iss: server.bootstrap.origin.concat('/'),
    aud: api.id,
    iat: payload.iat,
    token_introspection: plain.body,
  })
  const none = await jwtVerify(await (await ask('of nobody')).text(), jwks, wanted)
  expect(none.payload.token_introspection).toEqual(inactive)

  // It is no token itself, and a refusal is no answer.
  expect((await introspect(jwt)).body).toEqual(inactive)
  const bearer = { headers: { authorization: `Bearer ${jwt}` } }
  expect((await fetch(`${server.url}/api/v2/clients`, bearer)).status).toBe(401)
  const refused = await present(url, { ...fields, client_secret: 'wrong' }, asked)
  expect([refused.status, refused.body.error]).toEqual([401, 'invalid_client'])
  for (const accept of [
    '*/*',
    'application/*',
    'application/token-introspection+jwt;q=0',
    'application/jwt',
  ]) {
    expect(await (await ask(fields.token, { accept })).json()).toEqual(plain.body)
  }
})

test('of a token signed with a secret', async () => {
  const shared = 'https://shared.example.com/'
  await server.management.resourceServers.create({ identifier: shared, signing_alg: 'HS256' })
  await server.management.clientGrants.create({
    client_id: server.billing.id,
    audience: shared,
    scope: [],
  })
  const asker = await createApiClient(server, shared)
  const token = await tokenOf(server, { audience: shared })
  expect((await introspect(token, asker)).body).toMatchObject({ active: true, aud: shared })
  expect((await revoke({ ...credentials(server.billing), token })).status).toBe(200)
  expect((await introspect(token, asker)).body).toEqual(inactive)
})

test('which key a token is bound to', async () => {
  const metadata: unknown = await (await fetch(`${server.url}/.well-known/oauth-authorization-server`)).json()
  const uri = String(Object(metadata).token_endpoint)
  const dpop = makeProof(createProofPair(), { method: 'POST', uri, now: new Date() })
  const { body, claims } = await server.requestToken(
    {},
    {
      headers: { dpop, 'content-type': 'application/json' },
    },
  )
  const told = await introspect(String(body.access_token))
  expect(told.body).toMatchObject({ active: true, token_type: 'DPoP', cnf: claims.cnf })
  expect(claims.cnf).toHaveProperty('jkt')
})

test('of an encrypted token only what is inside, which the API alone can show', async () => {
  const sealed = 'https://sealed.example.com/'
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  await server.management.resourceServers.create({
    identifier: sealed,
    signing_alg: 'ES256',
    token_encryption: { format: 'compact-nested-jwe', encryption_key: { alg: 'ECDH-ES+A256KW', pem } },
  })
  await server.management.clientGrants.create({
    client_id: server.billing.id,
    audience: sealed,
    scope: [],
  })
  const asker = await createApiClient(server, sealed)
  const { client_id, client_secret } = credentials(server.billing)
  const response = await present(`${server.url}/oauth/token`, {
    client_id,
    client_secret,
    audience: sealed,
    grant_type: 'client_credentials',
  })
  const token = String(response.body.access_token)
  expect((await introspect(token, asker)).body).toEqual(inactive)
  const refused = await revoke({ client_id, client_secret, token })
  expect([refused.status, refused.body.error]).toEqual([400, 'unsupported_token_type'])

  const { plaintext } = await compactDecrypt(token, privateKey)
  const inside = Buffer.from(plaintext).toString()
  const { body } = await introspect(inside, asker)
  expect(body).toMatchObject({ active: true, aud: sealed })
  await server.management.revocations.create({ jti: String(body.jti) })
  expect((await introspect(inside, asker)).body).toEqual(inactive)
})

const shutOut: [how: string, change: ClientChange][] = [
  ['was disabled', { enabled: false }],
  ['lost the grant type', { grant_types: ['implicit'] }],
  ['lost its way of authenticating', { token_endpoint_auth_method: 'none' }],
]
test.each(shutOut)('nothing of a token whose client %s', async (_how, change) => {
  const client = await server.createClient('brief', ['read'])
  const token = await tokenOf(server, credentials(client))
  expect(await isActive(token)).toBe(true)
  await server.management.clients.update(client.id, change)
  expect((await introspect(token)).body).toEqual(inactive)
})

test('nothing of a token whose client lost its client grant', async () => {
  const client = await server.createClient('granted', ['read'])
  const token = await tokenOf(server, credentials(client))
  const { client_grants } = await server.management.clientGrants.list({ client_id: client.id })
  for (const { id } of client_grants) await server.management.clientGrants.delete(id)
  expect((await introspect(token)).body).toEqual(inactive)
})
