/** Nothing is listed that does not work, and nothing works that is not listed. Each line of the metadata is used. */
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from './two-tenants.ts'
import { type KeyAlgorithmName, openWalked, pairFor, type Walked } from './walked-metadata.ts'

/** How a member is used: throws where what it says does not work. */
type Use = (walked: Walked, value: unknown) => Promise<void>

const assertionAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

function list(value: unknown): string[] {
  expect(value).toBeInstanceOf(Array)
  return [...Object(value)].map(String)
}

async function expectToken(answer: Promise<{ status: number; body: Record<string, unknown> }>, what: string) {
  const { status, body } = await answer
  expect([what, status, body.error]).toEqual([what, 200, undefined])
  return body
}

interface Credentials {
  readonly fields: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** Of a new client that is registered for it. */
const credentialsBy: Record<string, (walked: Walked) => Promise<Credentials>> = {
  async client_secret_basic(walked) {
    const { id, secret } = await walked.machine({ token_endpoint_auth_method: 'client_secret_basic' })
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
    return { fields: {}, headers: { authorization } }
  },
  async client_secret_post(walked) {
    const { id, secret } = await walked.machine({ token_endpoint_auth_method: 'client_secret_post' })
    return { fields: { client_id: id, client_secret: secret } }
  },
  private_key_jwt: (walked) => credentialsByKey(walked),
}

async function credentialsByKey(walked: Walked, alg: string = 'ES256'): Promise<Credentials> {
  const { id, privateKey } = await walked.keyMachine(alg as KeyAlgorithmName)
  return { fields: await walked.assertion(id, privateKey, alg) }
}

/** Every way that is listed for the endpoint proves a client there. */
function provesAt(endpoint: string): Use {
  return async (walked, value) => {
    for (const method of list(value)) {
      expect(Object.keys(credentialsBy)).toContain(method)
      const credentials = await credentialsBy[method]?.(walked)
      if (credentials) await useAt(walked, endpoint, credentials, method)
    }
  }
}

function signsAt(endpoint: string): Use {
  return async (walked, value) => {
    for (const alg of list(value)) await useAt(walked, endpoint, await credentialsByKey(walked, alg), alg)
  }
}

async function useAt(walked: Walked, endpoint: string, { fields, headers }: Credentials, what: string) {
  if (endpoint === 'token') return expectToken(walked.askToken(fields, headers), what)
  const url = String(walked.metadata[`${endpoint}_endpoint`])
  const { status } = await walked.post(url, { ...fields, token: 'of nobody' }, headers)
  return expect([endpoint, what, status]).toEqual([endpoint, what, 200])
}

/** Proves nothing without credentials, and answers with them. */
function answersAt(endpoint: string): Use {
  return async (walked, value) => {
    expect((await walked.post(String(value), { token: 'x' })).status).toBe(401)
    await useAt(walked, endpoint, await credentialsByKey(walked), 'an answer')
  }
}

const uses: Record<string, Use> = {
  async issuer(walked, value) {
    const { access_token } = await tokenByKey(walked)
    expect(await walked.verify(access_token)).toMatchObject({ iss: value })
  },
  async token_endpoint(walked) {
    await tokenByKey(walked)
  },
  async jwks_uri(_walked, value) {
    expect((await fetch(String(value))).status).toBe(200)
  },
  async protected_resources(walked, value) {
    for (const resource of list(value)) {
      const { origin, pathname } = new URL(resource)
      const document = await walked.read(`/.well-known/oauth-protected-resource${pathname}`)
      expect(document).toMatchObject({ resource, authorization_servers: [walked.metadata.issuer] })
      expect((await fetch(`${origin}${pathname}clients`)).headers.get('www-authenticate')).toContain(
        'resource_metadata',
      )
    }
  },
  async grant_types_supported(walked, value) {
    for (const grant_type of list(value)) {
      const { fields } = await credentialsByKey(walked)
      await expectToken(walked.askToken({ ...fields, grant_type }), grant_type)
    }
  },
  async response_types_supported(_walked, value) {
    // There is no authorization endpoint to ask for any.
    expect(value).toEqual([])
  },
  token_endpoint_auth_methods_supported: provesAt('token'),
  token_endpoint_auth_signing_alg_values_supported: signsAt('token'),
  introspection_endpoint: answersAt('introspection'),
  introspection_endpoint_auth_methods_supported: provesAt('introspection'),
  introspection_endpoint_auth_signing_alg_values_supported: signsAt('introspection'),
  async introspection_signing_alg_values_supported(walked, value) {
    for (const alg of list(value) as 'ES256'[]) {
      await walked.updateApi({ signing_alg: alg })
      const { fields } = await credentialsByKey(walked)
      const jwt = await walked.introspectSigned({ ...fields, token: 'of nobody' })
      expect(decodeProtectedHeader(jwt)).toMatchObject({ alg, typ: 'token-introspection+jwt' })
      expect(await walked.verify(jwt)).toMatchObject({ token_introspection: { active: false } })
    }
    await walked.updateApi({ signing_alg: 'ES256' })
  },
  revocation_endpoint: answersAt('revocation'),
  revocation_endpoint_auth_methods_supported: provesAt('revocation'),
  revocation_endpoint_auth_signing_alg_values_supported: signsAt('revocation'),
  async dpop_signing_alg_values_supported(walked, value) {
    for (const alg of list(value)) {
      const { fields } = await credentialsByKey(walked)
      const dpop = walked.proofOf(alg as 'ES256')
      expect(await expectToken(walked.askToken(fields, { dpop }), alg)).toMatchObject({ token_type: 'DPoP' })
    }
  },
}

async function tokenByKey(walked: Walked): Promise<Record<string, unknown>> {
  return expectToken(walked.askToken((await credentialsByKey(walked)).fields), 'a token')
}

describe.each([
  ['of profile rfc', 'mine', 'none'],
  ['of profile auth0', 'theirs', 'none'],
  ['held to FAPI 2.0', 'mine', 'fapi2'],
] as const)('in a tenant %s', (_, name, security_profile) => {
  let world: TwoTenants
  let walked: Walked
  beforeAll(async () => {
    world = await startTwoTenants()
    await world[name].connection.tenantSettings.update({ security_profile })
    walked = await openWalked(world[name], { proves: security_profile === 'fapi2' })
  })
  afterAll(() => world.close())

  test('everything that is listed works', async () => {
    for (const [member, value] of Object.entries(walked.metadata)) {
      expect(Object.keys(uses)).toContain(member)
      await uses[member]?.(walked, value)
    }
  })

  test('what libraries for OpenID Connect read is the same, and the algorithms are those that tokens have', async () => {
    const { id_token_signing_alg_values_supported: algorithms, ...rest } = await walked.read(
      '/.well-known/openid-configuration',
    )
    expect(rest).toMatchObject(walked.metadata)
    const { resourceServers } = world[name].connection
    for (const signing_alg of list(algorithms) as 'ES256'[]) {
      await resourceServers.update(walked.audience, { signing_alg })
      const { access_token } = await tokenByKey(walked)
      await walked.verify(access_token)
      expect(decodeProtectedHeader(String(access_token)).alg).toBe(signing_alg)
    }
    await resourceServers.update(walked.audience, { signing_alg: 'ES256' })
  })

  test('what is not listed does not work: ways to prove a client', async () => {
    const listed = list(walked.metadata.token_endpoint_auth_methods_supported)
    const unlisted = Object.entries(credentialsBy).filter(([method]) => !listed.includes(method))
    expect(unlisted.length > 0).toBe(security_profile === 'fapi2')
    for (const [method, make] of unlisted) {
      const { fields, headers } = await make(walked)
      expect([method, (await walked.askToken(fields, headers)).status]).toEqual([method, 401])
    }
    const { id } = await walked.machine({ token_endpoint_auth_method: 'none' })
    expect((await walked.askToken({ client_id: id })).status).toBe(401)
  })

  test('what is not listed does not work: algorithms of assertions', async () => {
    const listed = list(walked.metadata.token_endpoint_auth_signing_alg_values_supported)
    for (const alg of assertionAlgorithms.filter((one) => !listed.includes(one))) {
      const family = alg.startsWith('ES') ? 'ES256' : 'PS256'
      const { id, privateKey } = await walked.keyMachine(family)
      const key = alg.startsWith('ES') ? pairFor(alg).privateKey : privateKey
      expect([alg, (await walked.askToken(await walked.assertion(id, key, alg))).status]).toEqual([alg, 401])
    }
    const { id, secret } = await walked.machine()
    const byHmac = await walked.assertion(id, Buffer.from(secret), 'HS256')
    expect((await walked.askToken(byHmac)).status).toBe(401)
  })

  test('what is not listed does not work: grants, and proofs of other algorithms', async () => {
    const { id, privateKey } = await walked.keyMachine('ES256')
    for (const grant_type of [
      'password',
      'authorization_code',
      'refresh_token',
      'implicit',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ]) {
      const fields = await walked.assertion(id, privateKey, 'ES256')
      const { body } = await walked.askToken({ ...fields, grant_type })
      expect([grant_type, body.error]).toEqual([grant_type, 'unsupported_grant_type'])
    }
    const dpop = walked.proofOf('PS256').replace(/^[^.]+/, (header) => {
      const parsed: object = JSON.parse(Buffer.from(header, 'base64url').toString())
      return Buffer.from(JSON.stringify({ ...parsed, alg: 'RS256' })).toString('base64url')
    })
    const { body } = await walked.askToken(await walked.assertion(id, privateKey, 'ES256'), { dpop })
    expect(body.error).toBe('invalid_dpop_proof')
  })
})
