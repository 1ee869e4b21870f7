/** A tenant that is removed while a request to it is under way is answered like one that never was, and never as a fault. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { fastify } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProofPair, hashOf, makeProof } from '../../test/dpop-proofs.ts'
import { startTwoTenants, type TwoTenants } from '../../test/two-tenants.ts'
import { createDpopNonces } from '../keys/public-key/dpop-nonce.ts'
import { createProofKeys } from '../keys/public-key/proof-key.ts'
import { createProvePossession } from '../token/proof-of-possession/prove-possession.ts'
import { createConfirmPossession } from './management/access/confirm-possession.ts'
import { sendError } from './respond.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

/** Headers alone: by then the tenant is found. The body comes when it is gone. */
async function begin(path: string): Promise<ClientRequest> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', expect: '100-continue' }
  const sent = httpRequest(`${world.theirs.issuer.origin}${path}`, { method: 'POST', agent: false, headers })
  sent.flushHeaders()
  await new Promise((resolve) => sent.once('continue', resolve))
  return sent
}

async function finish(sent: ClientRequest, body: URLSearchParams) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  sent.once('response', resolve).once('error', reject).end(body.toString())
  const response = await promise
  return [response.statusCode, Object(JSON.parse(await text(response))).error]
}

test('a request that the removal of its tenant overtakes is refused', async () => {
  const { theirs, rooms } = world
  const pair = createProofPair()
  const token = await theirs.token()
  const uri = `${theirs.issuer.origin}/`
  const dpop = makeProof(pair, { method: 'GET', uri, now: new Date(), claims: { ath: hashOf(token) } })
  const { thumbprint: jkt = '' } = createProofKeys()('ES256', { ...pair.publicJwk }) ?? {}
  const nonces = createDpopNonces(rooms.masterKey)
  const { spentProofs } = rooms.storage
  const confirmPossession = createConfirmPossession({
    provePossession: createProvePossession({ nonces, spentProofs, now: () => new Date() }),
    issueDpopNonce: (id) => nonces.issue(id, new Date()),
    spendProof: (proof) => rooms.recorder.keep([spentProofs.insert(proof)]),
  })
  const app = fastify()
  app.setErrorHandler(sendError)
  app.get('/', async (request, reply) => {
    request.tenant = theirs.tenant
    request.issuer = theirs.issuer
    const presented = { scheme: 'DPoP', token } as const
    const spendProof = await confirmPossession(request, reply, presented, { kind: 'dpop', jkt })
    await world.mine.connection.tenants.delete(theirs.tenant.name)
    await rooms.tenantRemoval.finish()
    await spendProof()
    return 'done'
  })
  app.get('/signed', () => rooms.ring.sign(theirs.tenant.id, 'ES256', { typ: 'statuslist+jwt' }, {}))
  const [asked, introspected] = [await begin('/oauth/token'), await begin('/oauth/introspect')]

  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const path of ['/', '/signed']) {
    const managed = await fetch(`${url}${path}`, { headers: { dpop } })
    expect([path, managed.status, Object(await managed.json()).errorCode]).toEqual([path, 404, 'not_found'])
  }
  await app.close()
  const client = { client_id: theirs.operatorId, client_secret: 'x' }
  const request = { grant_type: 'client_credentials', audience: 'urn:a', ...client }
  expect(await finish(asked, new URLSearchParams(request))).toEqual([404, 'invalid_request'])
  const about = new URLSearchParams({ token: 'x', ...client })
  expect(await finish(introspected, about)).toEqual([401, 'access_denied'])
})
