/** The two servers that get the same requests: node-oidc-provider and ours, with the same clients, API and scopes. */
import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errors, Provider } from 'oidc-provider'
import { startTwoTenants } from '../../../server/test/two-tenants.ts'

export const api = 'https://invoices.example.com/'

export interface SecretClient {
  readonly id: string
  readonly secret: string
}

/** The same on both sides. */
export interface Clients {
  /** Registered for `client_secret_basic`, and for `client_secret_post`. */
  readonly basic: SecretClient
  readonly post: SecretClient
  /** Registered for `private_key_jwt` with ES256. */
  readonly keyed: { readonly id: string; readonly privateKey: KeyObject; readonly publicJwk: JsonWebKey }
}

export interface Side {
  readonly issuer: string
  readonly tokenUrl: string
}

export interface Sides {
  readonly clients: Clients
  readonly theirs: Side
  readonly ours: Side
  readonly close: () => Promise<void>
}

export async function startSides(): Promise<Sides> {
  const world = await startTwoTenants()
  const { clients: calls, clientGrants, resourceServers } = world.mine.connection
  const scopes = [{ value: 'read' }, { value: 'write' }]
  await resourceServers.create({ identifier: api, scopes })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicJwk = publicKey.export({ format: 'jwk' })
  const credential = { credential_type: 'public_key' as const, jwk: { ...publicJwk }, alg: 'ES256' as const }
  const made = {
    basic: await calls.create({ name: 'basic', token_endpoint_auth_method: 'client_secret_basic' }),
    post: await calls.create({ name: 'post', token_endpoint_auth_method: 'client_secret_post' }),
    keyed: await calls.create({
      name: 'keyed',
      client_authentication_methods: { private_key_jwt: { credentials: [credential] } },
    }),
  }
  for (const { client_id } of Object.values(made)) {
    await clientGrants.create({ client_id, audience: api, scope: ['read'] })
  }
  const clients = {
    basic: { id: made.basic.client_id, secret: String(made.basic.client_secret) },
    post: { id: made.post.client_id, secret: String(made.post.client_secret) },
    keyed: { id: made.keyed.client_id, privateKey, publicJwk },
  }
  const provider = await startProvider(clients)
  const { issuer, origin } = world.mine.issuer
  return {
    clients,
    theirs: provider.side,
    ours: { issuer, tokenUrl: `${origin}/oauth/token` },
    close: async () => {
      await provider.close()
      await world.close()
    },
  }
}

/** As its documentation says, with what it offers for machines turned on and everything else left as it comes. */
async function startProvider({ basic, post, keyed }: Clients) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const issuer = `http://localhost:${port}`
  const machine = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }
  const byKey = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' }
  const provider = new Provider(issuer, {
    routes: { token: '/oauth/token' },
    scopes: ['read', 'write'],
    clients: [
      clientOf(machine, basic, 'client_secret_basic'),
      clientOf(machine, post, 'client_secret_post'),
      { ...machine, ...byKey, client_id: keyed.id, jwks: { keys: [keyed.publicJwk] } },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: (_context: unknown, resource: string) => {
          if (resource !== api) throw new errors.InvalidTarget()
          return { scope: 'read', accessTokenFormat: 'jwt' }
        },
      },
    },
  })
  server.on('request', provider.callback())
  return {
    side: { issuer, tokenUrl: `${issuer}/oauth/token` },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

function clientOf(machine: object, { id, secret }: SecretClient, method: string) {
  return { ...machine, client_id: id, client_secret: secret, token_endpoint_auth_method: method }
}
