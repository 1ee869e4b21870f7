/** A server beside token services of others, and what tests send to it; each test begins a minute later. */
import type { TrustedIssuerToCreate } from '@tallystick/management-api/contract/trusted-issuers'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { assertionType } from './assertion-client.ts'
import {
  type ForeignIssuer,
  type ForeignIssuers,
  type Json,
  signForeign,
  startForeignIssuers,
} from './foreign-issuers.ts'
import { invoices, startTestServer, type TestServer, type TokenAnswer } from './test-server.ts'

export const ownIssuer = 'https://tokens.example.com/'

let clock = new Date()
export const seconds = () => Math.floor(clock.getTime() / 1000)

/** As the contract says; written out, because the linter loses its way in the schema it is made from. */
export interface Explained {
  readonly client_id: string | null
  readonly steps: readonly { readonly step: string; readonly outcome: string; readonly detail: string }[]
}

export interface FederationDoor {
  readonly server: TestServer
  readonly issuers: ForeignIssuers
  /** A client that only another issuer's tokens prove; it may read invoices. */
  createClient(name: string): Promise<string>
  trust(issuer: ForeignIssuer, settings: Partial<TrustedIssuerToCreate>): Promise<string>
  present(jwt: string, fields?: Json): Promise<TokenAnswer>
  explain(jwt: string, fields?: { client_id?: string; audience?: string }): Promise<Explained>
}

let door: FederationDoor

export function useFederationDoor(): () => FederationDoor {
  beforeAll(async () => {
    const issuers = await startForeignIssuers()
    const server = await startTestServer({
      settings: {
        TALLYSTICK_PUBLIC_ORIGIN: ownIssuer.slice(0, -1),
        TALLYSTICK_KEYS_PRIVATE: `127.0.0.1/32:${issuers.port}`,
      },
      now: () => clock,
    })
    door = Object.assign({ server, issuers }, callsOn(server))
  })
  afterAll(async () => {
    await door.server.close()
    door.issuers.close()
  })
  // What is refused is counted for a minute; each test has one of its own.
  beforeEach(() => {
    clock = new Date(clock.getTime() + 61_000)
  })
  return () => door
}

function callsOn(server: TestServer): Omit<FederationDoor, 'server' | 'issuers'> {
  const { management } = server
  return {
    async createClient(name) {
      const { client_id } = await management.clients.create({
        name,
        token_endpoint_auth_method: 'federated_jwt',
      })
      await management.clientGrants.create({ client_id, audience: invoices, scope: ['read'] })
      return client_id
    },
    async trust({ issuer }, settings) {
      return (await management.trustedIssuers.create({ name: issuer, issuer, ...settings })).id
    },
    present: (jwt, fields = {}) =>
      server.requestToken({
        client_id: undefined,
        client_secret: undefined,
        client_assertion_type: assertionType,
        client_assertion: jwt,
        ...fields,
      }),
    explain: (token, fields = {}) => management.trustedIssuers.explain({ token, ...fields }),
  }
}

/** The claims that every token needs, and those that are given. */
export function claimsFor({ issuer }: Pick<ForeignIssuer, 'issuer'>, claims: Json = {}): Json {
  return {
    iss: issuer,
    aud: ownIssuer,
    sub: 'repo:acme/app:ref:refs/heads/main',
    exp: seconds() + 300,
    ...claims,
  }
}

export function signFor(issuer: ForeignIssuer, claims: Json = {}, header: Json = {}): string {
  return signForeign(issuer.key(), claimsFor(issuer, claims), header)
}

/** The one answer to every fault, and the step at which an explanation says that it fails. */
export async function expectRefused(jwt: string, step: string, fields: Json = {}): Promise<void> {
  const { client_id } = fields
  const explained: Explained = await door.explain(jwt, typeof client_id === 'string' ? { client_id } : {})
  expect(explained.client_id, JSON.stringify(explained.steps)).toBeNull()
  expect(explained.steps.find(({ outcome }) => outcome === 'failed')?.step).toBe(step)
  const { status, body, headers } = await door.present(jwt, fields)
  expect([status, body]).toEqual([
    401,
    {
      error: 'invalid_client',
      error_description: 'Client authentication failed. Check the client id and its assertion.',
    },
  ])
  expect(headers.get('www-authenticate')).toBeNull()
}
