/** What is used of a server's metadata when every line of it is used: ways to prove a client, keys, proofs, endpoints. */
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'
import { assertionType } from './assertion-client.ts'
import { createProofPair, makeProof, type ProofKeyKind } from './dpop-proofs.ts'
import { nextRsaPair } from './rsa-pairs.ts'
import type { TestTenant } from './two-tenants.ts'

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

export interface Machine {
  readonly id: string
  readonly secret: string
}

export type Walked = Awaited<ReturnType<typeof openWalked>>

const audience = 'urn:walked'

/**
 * The metadata of a tenant, and a machine of it for each way
 * to prove one. `proves` sends a DPoP proof with each request.
 */
export async function openWalked(tenant: TestTenant, { proves = false } = {}) {
  const metadata: Record<string, unknown> = await read('/.well-known/oauth-authorization-server')
  const { clients, clientGrants, resourceServers } = tenant.connection
  const endpoint = String(metadata.token_endpoint)
  await resourceServers.create({ identifier: audience, scopes: [{ value: 'read' }], signing_alg: 'ES256' })

  async function read(path: string): Promise<Record<string, unknown>> {
    return Object(await (await tenant.fetch(path)).json())
  }

  async function machine(
    settings: Omit<Parameters<typeof clients.create>[0], 'name'> = {},
  ): Promise<Machine> {
    const { client_id: id, client_secret } = await clients.create({
      ...settings,
      name: 'machine',
      resource_server_identifier: audience,
    })
    await clientGrants.create({ client_id: id, audience, scope: ['read'] })
    return { id, secret: client_secret ?? '' }
  }

  async function post(
    url: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers },
      body: new URLSearchParams(fields),
    })
    const text = await response.text()
    return { status: response.status, body: Object(text === '' ? {} : JSON.parse(text)) }
  }

  function askToken(
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const proof = proves && !('dpop' in headers) ? { dpop: proofOf('ES256') } : {}
    return post(endpoint, { grant_type: 'client_credentials', audience, ...fields }, { ...proof, ...headers })
  }

  function proofOf(algorithm: ProofKeyKind): string {
    return makeProof(createProofPair(algorithm), { method: 'POST', uri: endpoint, now: new Date() })
  }

  return {
    metadata,
    read,
    machine,
    post,
    askToken,
    proofOf,
    audience,
    keyMachine: async (alg: KeyAlgorithmName) => {
      const { privateKey, publicKey } = pairFor(alg)
      const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
      const { id } = await machine({
        client_authentication_methods: {
          private_key_jwt: {
            credentials: [{ credential_type: 'public_key', pem, alg: alg === 'Ed25519' ? 'EdDSA' : alg }],
          },
        },
      })
      return { id, privateKey }
    },
    assertion: async (
      id: string,
      key: KeyObject | Uint8Array,
      alg: string,
    ): Promise<Record<string, string>> => {
      const seconds = Math.floor(Date.now() / 1000)
      const issuer = String(metadata.issuer)
      const claims = { iss: id, sub: id, aud: issuer, iat: seconds, exp: seconds + 60, jti: randomUUID() }
      return {
        client_assertion_type: assertionType,
        client_assertion: await new SignJWT(claims).setProtectedHeader({ alg }).sign(key),
      }
    },
    updateApi: (settings: Parameters<typeof resourceServers.update>[1]) =>
      resourceServers.update(audience, settings),
    introspectSigned: async (fields: Readonly<Record<string, string>>): Promise<string> => {
      const headers = { accept: 'application/token-introspection+jwt' }
      const body = new URLSearchParams(fields)
      return (await fetch(String(metadata.introspection_endpoint), { method: 'POST', headers, body })).text()
    },
    /** The claims, by the key set that the metadata names. */
    verify: async (token: unknown): Promise<Record<string, unknown>> => {
      const set: JSONWebKeySet = Object(await (await fetch(String(metadata.jwks_uri))).json())
      const { payload } = await jwtVerify(String(token), createLocalJWKSet(set), {
        issuer: String(metadata.issuer),
      })
      return payload
    },
  }
}

export type KeyAlgorithmName = 'RS256' | 'RS384' | 'PS256' | 'ES256' | 'EdDSA' | 'Ed25519'

/** Also of algorithms that nobody lists. */
export function pairFor(algorithm: string): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm.startsWith('E') && algorithm.endsWith('5519')) return generateKeyPairSync('ed25519')
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (algorithm.startsWith('ES')) {
    return generateKeyPairSync('ec', {
      namedCurve: `P-${algorithm === 'ES512' ? '521' : algorithm.slice(2)}`,
    })
  }
  return nextRsaPair()
}
