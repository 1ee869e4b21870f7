/**
 * What was used up, revoked or handed out is on disk before it is answered: no end of the process makes a proof good again,
 * brings back a token, or gives the place of one in a status list to another.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import type { Connection } from '@tallystick/management-api/connect'
import { decodeJwt } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { byAssertion, createKeyClient, createKeyPair, signAssertion } from './assertion-client.ts'
import { createProofPair, makeProof } from './dpop-proofs.ts'
import { claimsFor } from './federation-door.ts'
import { signForeign, startForeignIssuers } from './foreign-issuers.ts'
import { findFreePort } from './free-port.ts'
import { present } from './presented-tokens.ts'
import { isAlive } from './process-tree.ts'
import { startServerProcess } from './server-process.ts'
import { invoices, operatorConnection, readBootstrap, requestToken, type TokenAnswer } from './test-server.ts'

const opaque = 'urn:opaque'

test('proofs that were used, and tokens that were revoked, before a kill are refused after it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-killed-'))
  const port = await findFreePort()
  const issuers = await startForeignIssuers()
  const settings = { TALLYSTICK_KEYS_PRIVATE: `127.0.0.1/32:${issuers.port}` }
  const start = () => startServerProcess({ dataDir, port, settings })
  let server = await start()
  onTestFinished(() => {
    if (isAlive(server.pid)) server.killGroup()
    issuers.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const { url } = server
  const { origin } = readBootstrap(dataDir)
  const management = await operatorConnection(url, readBootstrap(dataDir))
  const billing = await createApisAndClient(management)
  const apis = {
    [invoices]: await createApi(management, invoices),
    [opaque]: await createApi(management, opaque),
  }

  const pair = createKeyPair('ES256')
  const { id } = await createKeyClient(management, pair)
  const signed = async () =>
    byAssertion(await signAssertion(pair, { clientId: id, issuer: `${origin}/` }, { exp: inSeconds(300) }))
  const issuer = issuers.create('builds')
  await trustBuilds(management, issuer.issuer)
  const vouched = () =>
    byAssertion(signForeign(issuer.key(), { ...claimsFor(issuer), aud: `${origin}/`, exp: inSeconds(300) }))
  const proofPair = createProofPair()
  const possessed = () =>
    makeProof(proofPair, { method: 'POST', uri: `${origin}/oauth/token`, now: new Date() })

  const ask = (fields: Record<string, unknown>) => requestToken(url, { audience: invoices, ...fields })
  const askBound = (dpop: string) =>
    requestToken(
      url,
      { ...billing, audience: invoices },
      { headers: { dpop, 'content-type': 'application/json' } },
    )
  const isActive = async (audience: keyof typeof apis, { body }: TokenAnswer) =>
    (await present(`${url}/oauth/introspect`, { ...apis[audience], token: String(body.access_token) })).body
      .active

  const used = { assertion: await signed(), token: vouched(), proof: possessed() }
  expect((await ask(used.assertion)).status).toBe(200)
  expect((await ask(used.token)).status).toBe(200)
  expect((await askBound(used.proof)).status).toBe(200)
  const [listed, kept, sealed] = [
    await ask(billing),
    await ask(billing),
    await ask({ ...billing, audience: opaque }),
  ]
  for (const { body } of [listed, sealed]) {
    const fields = { ...billing, token: String(body.access_token) }
    expect((await present(`${url}/oauth/revoke`, fields)).status).toBe(200)
  }
  // With requests under way, of which some are answered.
  const under = Array.from({ length: 40 }, () => ask(billing).catch(() => undefined))
  await Promise.race(under)
  server.killGroup()
  const answered = (await Promise.all(under)).filter((answer) => answer !== undefined)
  server = await start()

  const refusals = [await ask(used.assertion), await ask(used.token), await askBound(used.proof)]
  expect(refusals.map(({ status, body }) => [status, body.error])).toEqual([
    [401, 'invalid_client'],
    [401, 'invalid_client'],
    [400, 'invalid_dpop_proof'],
  ])
  expect([await isActive(invoices, listed), await isActive(opaque, sealed)]).toEqual([false, false])
  expect(await bitOf(listed)).toBe(1)

  const fresh = [await ask(await signed()), await ask(vouched()), await askBound(possessed())]
  const valid = [kept, ...answered, ...fresh]
  expect(fresh.map(({ status }) => status)).toEqual([200, 200, 200])
  for (const answer of valid)
    expect([await isActive(invoices, answer), await bitOf(answer)]).toEqual([true, 0])
  const places = [listed, ...valid].map((answer) => JSON.stringify(placeOf(answer)))
  expect(new Set(places).size).toBe(places.length)
  expect(await server.stop()).toBe(0)
})

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

async function createApisAndClient({ resourceServers, clients, clientGrants }: Connection) {
  const common = { scopes: [{ value: 'read' }], signing_alg: 'ES256' as const }
  await resourceServers.create({ ...common, identifier: invoices, token_status_list: true })
  await resourceServers.create({ ...common, identifier: opaque, token_format: 'opaque' })
  const { client_id, client_secret } = await clients.create({ name: 'billing' })
  for (const audience of [invoices, opaque])
    await clientGrants.create({ client_id, audience, scope: ['read'] })
  return { client_id, client_secret: String(client_secret) }
}

/** The client as which the API asks. */
async function createApi({ clients }: Connection, identifier: string) {
  const { client_id, client_secret } = await clients.create({
    name: `of ${identifier}`,
    resource_server_identifier: identifier,
  })
  return { client_id, client_secret: String(client_secret) }
}

async function trustBuilds({ clients, clientGrants, trustedIssuers }: Connection, issuer: string) {
  const { client_id } = await clients.create({ name: 'builds', token_endpoint_auth_method: 'federated_jwt' })
  await clientGrants.create({ client_id, audience: invoices, scope: ['read'] })
  await trustedIssuers.create({ name: 'builds', issuer, matches: [{ client_id, sub: 'repo:acme/app:*' }] })
}

function placeOf({ claims }: TokenAnswer): { idx: number; uri: string } {
  const { idx, uri } = Object(Object(claims.status).status_list)
  return { idx: Number(idx), uri: String(uri) }
}

async function bitOf(answer: TokenAnswer): Promise<number> {
  const { idx, uri } = placeOf(answer)
  const { status_list } = decodeJwt(await (await fetch(uri)).text())
  const bytes = inflateSync(Buffer.from(Object(status_list).lst, 'base64url'))
  return ((bytes[idx >> 3] ?? 255) >> (idx & 7)) & 1
}
