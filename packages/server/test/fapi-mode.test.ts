/** Clients that are held to the FAPI 2.0 Security Profile, by their own level or by their tenant's profile. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Algorithm,
  byAssertion,
  type ClaimChanges,
  createKeyPair,
  type KeyPair,
  signAssertion,
} from './assertion-client.ts'
import { issuer, now, useAssertionDoor } from './assertion-door.ts'
import { createProofPair, makeProof } from './dpop-proofs.ts'
import { invoices } from './test-server.ts'

const door = useAssertionDoor()
const proofPair = createProofPair()
const rsa = createKeyPair('RS256')
const keys: Record<Algorithm, KeyPair> = {
  RS256: rsa,
  RS384: { ...rsa, algorithm: 'RS384' },
  PS256: { ...rsa, algorithm: 'PS256' },
  ES256: createKeyPair('ES256'),
  EdDSA: createKeyPair('EdDSA'),
}

type Level = 'none' | 'fapi2_sp_pkj_dpop' | 'fapi2_sp_pkj_mtls'

/** A client that may read invoices, with keys for these algorithms. */
async function createFapiClient(level: Level, ...algorithms: Algorithm[]): Promise<string> {
  const { clients, clientGrants } = door().server.management
  const credentials = algorithms.map((alg) => ({
    credential_type: 'public_key' as const,
    pem: keys[alg].pem,
    alg,
    kid: alg,
  }))
  const { client_id } = await clients.create({
    name: `${level} with ${algorithms}`,
    client_authentication_methods: { private_key_jwt: { credentials } },
    compliance_level: level,
  })
  await clientGrants.create({ client_id, audience: invoices, scope: ['read'] })
  return client_id
}

interface Asked {
  readonly clientId: string
  readonly algorithm?: Algorithm
  readonly claims?: ClaimChanges
  readonly fields?: Record<string, unknown>
  /** False: without a DPoP proof. */
  readonly proves?: boolean
}

async function ask({ clientId, algorithm = 'ES256', claims = {}, fields = {}, proves = true }: Asked) {
  const jwt = await signAssertion(keys[algorithm], { clientId, issuer, now: now() }, claims)
  return send({ ...byAssertion(jwt), ...fields }, proves)
}

function send(fields: Record<string, unknown>, proves: boolean) {
  const proof = makeProof(proofPair, { method: 'POST', uri: `${issuer}oauth/token`, now: now() })
  const body = { grant_type: 'client_credentials', audience: invoices, ...fields }
  return door().server.requestToken(
    {},
    {
      headers: { 'content-type': 'application/json', ...(proves && { dpop: proof }) },
      body: JSON.stringify(body),
    },
  )
}

const granted = { status: 200, body: { token_type: 'DPoP' }, claims: { cnf: { jkt: expect.any(String) } } }
const refused = (error: string, words = '') => ({
  status: error === 'invalid_client' ? 401 : 400,
  body: { error, error_description: expect.stringContaining(words) },
})

describe('a client at a level of FAPI 2.0', () => {
  test.each<Algorithm>(['PS256', 'ES256', 'EdDSA'])(
    'gets a token that is bound to its key, with %s',
    async (alg) => {
      const clientId = await createFapiClient('fapi2_sp_pkj_dpop', alg)
      expect(await ask({ clientId, algorithm: alg })).toMatchObject(granted)
    },
  )

  test.each<Algorithm>(['RS256', 'RS384'])(
    'is refused with %s, which proves it once it is let out',
    async (alg) => {
      const clientId = await createFapiClient('fapi2_sp_pkj_dpop', 'ES256', alg)
      const answer = await ask({ clientId, algorithm: alg })
      expect(answer).toMatchObject(refused('invalid_client'))
      expect(await reasonOf(answer)).toContain(
        `fapi2_sp_pkj_dpop asks for. The assertion is signed with ${alg}`,
      )
      await door().server.management.clients.update(clientId, { compliance_level: 'none' })
      expect(await ask({ clientId, algorithm: alg })).toMatchObject(granted)
    },
  )

  test('is refused without a proof of its key', async () => {
    const clientId = await createFapiClient('fapi2_sp_pkj_dpop', 'ES256')
    expect(await ask({ clientId, proves: false })).toMatchObject(
      refused('invalid_dpop_proof', 'send a DPoP proof'),
    )
    expect(await ask({ clientId })).toMatchObject(granted)
  })

  test('is refused with a DPoP proof where its level binds tokens to certificates', async () => {
    const clientId = await createFapiClient('fapi2_sp_pkj_mtls', 'ES256')
    expect(await ask({ clientId })).toMatchObject(refused('invalid_request', 'client certificate'))
    expect(await ask({ clientId, proves: false })).toMatchObject(
      refused('invalid_request', 'client certificate'),
    )
  })

  test('names the issuer as its audience, as a string', async () => {
    const clientId = await createFapiClient('fapi2_sp_pkj_dpop', 'ES256')
    const list = await ask({ clientId, claims: { aud: [issuer] } })
    expect(list).toMatchObject(refused('invalid_client'))
    expect(await reasonOf(list)).toContain('the issuer, as a string')
    const { tenantSettings } = door().server.management
    await tenantSettings.update({ allow_token_endpoint_audience: true })
    const endpoint = await ask({ clientId, claims: { aud: `${issuer}oauth/token` } })
    await tenantSettings.update({ allow_token_endpoint_audience: null })
    expect(endpoint).toMatchObject(refused('invalid_client'))
    expect(await ask({ clientId })).toMatchObject(granted)
  })

  test('may administer its tenant, with a token that is bound and not signed with RS256', async () => {
    const { audience } = door().server.bootstrap.management
    const clientId = await createFapiClient('fapi2_sp_pkj_dpop', 'ES256')
    await door().server.management.clientGrants.create({
      client_id: clientId,
      audience,
      scope: ['read:clients'],
    })
    expect(await ask({ clientId, fields: { audience }, proves: false })).toMatchObject(
      refused('invalid_dpop_proof'),
    )
    const { status, header } = await ask({ clientId, fields: { audience } })
    expect([status, header.alg]).toEqual([200, 'ES256'])
  })

  test('gets no token of an API that signs with RS256 or a shared secret, and is told what to do', async () => {
    const { resourceServers, clientGrants } = door().server.management
    const clientId = await createFapiClient('fapi2_sp_pkj_dpop', 'ES256')
    for (const signing_alg of ['RS256', 'HS256', 'PS256'] as const) {
      const audience = `https://${signing_alg}.example.com/`
      await resourceServers.create({ identifier: audience, scopes: [{ value: 'read' }], signing_alg })
      await clientGrants.create({ client_id: clientId, audience, scope: ['read'] })
      expect(await ask({ clientId, fields: { audience } })).toMatchObject(
        signing_alg === 'PS256'
          ? granted
          : refused('invalid_target', 'its signing_alg must be PS256, ES256 or EdDSA'),
      )
    }
  })
})

describe('in a tenant of profile fapi2', () => {
  afterEach(() => door().server.management.tenantSettings.update({ security_profile: 'none' }))
  const begin = () => door().server.management.tenantSettings.update({ security_profile: 'fapi2' })

  test('a secret is refused like a wrong one, and works again when the profile ends', async () => {
    const { id: client_id, secret: client_secret } = door().server.billing
    await begin()
    const right = await send({ client_id, client_secret }, true)
    const wrong = await send({ client_id, client_secret: 'wrong' }, true)
    expect([right.status, right.body]).toEqual([wrong.status, wrong.body])
    expect(right).toMatchObject(refused('invalid_client'))
    expect(await reasonOf(right)).toContain(
      'fapi2 asks for. A client may not authenticate with client_secret_post',
    )
    await door().server.management.tenantSettings.update({ security_profile: 'none' })
    expect(await send({ client_id, client_secret }, true)).toMatchObject(granted)
  })

  test('every client signs with PS256, ES256 or EdDSA and proves its key', async () => {
    const clientId = await createFapiClient('none', 'ES256', 'RS256')
    expect(await ask({ clientId, proves: false })).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer' },
    })
    await begin()
    expect(await ask({ clientId })).toMatchObject(granted)
    expect(await ask({ clientId, proves: false })).toMatchObject(
      refused('invalid_dpop_proof', 'send a DPoP proof, or come with a client certificate'),
    )
    expect(await ask({ clientId, algorithm: 'RS256' })).toMatchObject(refused('invalid_client'))
    expect(await ask({ clientId, claims: { aud: [issuer] } })).toMatchObject(refused('invalid_client'))
  })

  test('an API that names no algorithm is signed with one that its clients may have', async () => {
    await begin()
    const { resourceServers } = door().server.management
    expect(await resourceServers.create({ identifier: 'https://new.example.com/' })).toMatchObject({
      signing_alg: 'ES256',
    })
  })

  test('who administers it comes in as before', async () => {
    const { client_id, client_secret, audience } = door().server.bootstrap.management
    await begin()
    const answer = await door().server.requestToken({ client_id, client_secret, audience })
    expect([answer.status, answer.body.token_type]).toEqual([200, 'Bearer'])
  })

  test('metadata lists what works there', async () => {
    const methods = ['client_secret_basic', 'private_key_jwt']
    const algorithms = ['RS256', 'ES256']
    expect(await listed()).toMatchObject({
      methods: expect.arrayContaining(methods),
      algorithms: expect.arrayContaining(algorithms),
    })
    await begin()
    const strict = await listed()
    expect(strict.methods).toContain('private_key_jwt')
    expect(strict.methods.filter((method) => method.includes('secret'))).toEqual([])
    expect(strict.algorithms).toEqual(['PS256', 'ES256', 'EdDSA', 'Ed25519'])
  })
})

async function listed(): Promise<{ methods: string[]; algorithms: string[] }> {
  const response = await fetch(`${door().server.url}/.well-known/oauth-authorization-server`)
  const document = Object(await response.json())
  return {
    methods: document.token_endpoint_auth_methods_supported,
    algorithms: document.token_endpoint_auth_signing_alg_values_supported,
  }
}

async function reasonOf({ headers }: { headers: Headers }): Promise<string> {
  return (await door().server.management.logs.get(String(headers.get('x-request-id')))).description ?? ''
}
