/** A server with clients that prove themselves with keys, and what tests send to it; each test begins a minute later. */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import {
  byAssertion,
  type ClaimChanges,
  createKeyClient,
  createKeyPair,
  type KeyPair,
  signAssertion,
} from './assertion-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

export const issuer = 'https://tokens.example.com/'
export const pair = createKeyPair('RS256')
export const ecPair = createKeyPair('ES256')

export interface AssertionDoor {
  readonly server: TestServer
  /** Of `pair`. */
  readonly clientId: string
  /** Of `ecPair`. */
  readonly ecClientId: string
}

let clock = new Date()
let door: AssertionDoor

export const now = () => clock
export const seconds = () => Math.floor(clock.getTime() / 1000)

/** Opens it before the tests of the file that calls this, and closes it behind them. */
export function useAssertionDoor(
  settings: () => Promise<Record<string, string>> = async () => ({}),
): () => AssertionDoor {
  beforeAll(async () => {
    const server = await startTestServer({
      settings: { TALLYSTICK_PUBLIC_ORIGIN: issuer.slice(0, -1), ...(await settings()) },
      now,
    })
    const { id: clientId } = await createKeyClient(server.management, pair)
    const { id: ecClientId } = await createKeyClient(server.management, ecPair)
    door = { server, clientId, ecClientId }
  })
  afterAll(() => door.server.close())
  // What is refused is counted for a minute; each test has one of its own.
  beforeEach(() => {
    clock = new Date(clock.getTime() + 61_000)
  })
  return () => door
}

/** Time goes by without a test that ends. */
export function pass(secondsThatPass: number): void {
  clock = new Date(clock.getTime() + secondsThatPass * 1000)
}

/** By the client of `pair`, unless `claims` or `key` say otherwise. */
export function sign(
  claims: ClaimChanges = {},
  header: Record<string, unknown> = {},
  key: KeyPair = pair,
): Promise<string> {
  return signAssertion(key, { clientId: door.clientId, issuer, now: clock }, claims, header)
}

export function present(jwt: string, fields: Record<string, unknown> = {}) {
  return door.server.requestToken({ ...byAssertion(jwt), ...fields })
}

/** The one answer to every fault. */
export async function expectRefusal(jwt: string, fields: Record<string, unknown> = {}): Promise<void> {
  const { status, body, headers } = await present(jwt, fields)
  expect([status, body]).toEqual([
    401,
    {
      error: 'invalid_client',
      error_description: 'Client authentication failed. Check the client id and its assertion.',
    },
  ])
  expect(headers.get('www-authenticate')).toBeNull()
}
