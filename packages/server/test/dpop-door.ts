/** Two tenants, the first with an API and a client of it, and what tests of DPoP send to the first. */
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll } from 'vitest'
import { createProofPair, hashOf, type Members, makeProof, type ProofPair } from './dpop-proofs.ts'
import { startTwoTenants, type TwoTenants } from './two-tenants.ts'

export const invoices = 'https://invoices.example.com/'
export const pair = createProofPair()

export interface DpopDoor {
  readonly world: TwoTenants
  readonly client: { readonly client_id: string; readonly client_secret: string }
}

export interface DpopAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
  /** Of the access token. */
  readonly claims: Record<string, unknown>
}

let clock = new Date()
let door: DpopDoor

export const now = () => clock
/** Every clock of the server goes on, or back. */
export function passSeconds(seconds: number): void {
  clock = new Date(clock.getTime() + 1000 * seconds)
}

/** Opens it before the tests of the file that calls this, and closes it behind them. */
export function useDpopDoor(): () => DpopDoor {
  beforeAll(async () => {
    const world = await startTwoTenants({ now })
    const { connection } = world.mine
    await connection.resourceServers.create({
      identifier: invoices,
      scopes: [{ value: 'read' }],
      signing_alg: 'ES256',
    })
    const client = await connection.clients.create({ name: 'billing' })
    await connection.clientGrants.create({ client_id: client.client_id, audience: invoices, scope: ['read'] })
    door = { world, client: { client_id: client.client_id, client_secret: client.client_secret ?? '' } }
  })
  afterAll(() => door.world.close())
  return () => door
}

/** Of a request to the token endpoint, unless `claims` or `header` say otherwise. */
export function tokenProof(claims: Members = {}, header: Members = {}, key: ProofPair = pair): string {
  const uri = `${door.world.mine.issuer.origin}/oauth/token`
  return makeProof(key, { method: 'POST', uri, now: clock, claims, header })
}

export async function askToken(
  proof: string | undefined,
  fields: Members = {},
  headers: Record<string, string> = {},
): Promise<DpopAnswer> {
  const response = await door.world.mine.fetch('/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(proof !== undefined && { dpop: proof }), ...headers },
    body: JSON.stringify({ grant_type: 'client_credentials', audience: invoices, ...door.client, ...fields }),
  })
  const body: Record<string, unknown> = JSON.parse(await response.text())
  const part = String(body.access_token ?? '').split('.')[1]
  const claims = part ? JSON.parse(Buffer.from(part, 'base64url').toString()) : {}
  return { status: response.status, headers: response.headers, body, claims }
}

/** Of this request to the management API with this token, unless `claims` or `header` say otherwise. */
export function callProof(
  method: string,
  path: string,
  accessToken: string,
  { claims = {}, header = {}, key = pair }: { claims?: Members; header?: Members; key?: ProofPair } = {},
): string {
  const uri = `${door.world.mine.issuer.origin}/api/v2${path}`
  return makeProof(key, { method, uri, now: clock, claims: { ath: hashOf(accessToken), ...claims }, header })
}

export async function call(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<{ status: number; challenge: string; nonce: string | null; body: Record<string, unknown> }> {
  const answer = await door.world.mine.fetch(`/api/v2${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate') ?? '',
    nonce: answer.headers.get('dpop-nonce'),
    body: JSON.parse((await answer.text()) || '{}'),
  }
}

/** With as many header lines as there are proofs, which `fetch` would put into one. */
export function askTokenWithLines(proofs: readonly string[]): Promise<number> {
  const { origin } = door.world.mine.issuer
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      `${origin}/oauth/token`,
      { method: 'POST', headers: { 'content-type': 'application/json', dpop: [...proofs] } },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify({ grant_type: 'client_credentials', audience: invoices, ...door.client }))
  })
}
