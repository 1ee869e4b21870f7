/** Tokens of an API that a tenant has, and the keys they are signed with, as a verifier sees them. */
import { randomUUID } from 'node:crypto'
import type { SigningKey } from '@tallystick/management-api/contract/signing-keys'
import { createRemoteJWKSet, type JWTVerifyResult, jwtVerify } from 'jose'
import type { TestTenant } from './two-tenants.ts'

/** Makes an API and a client that may use it; gets tokens one by one. */
export async function issueTokens(
  { connection, fetch: ask }: TestTenant,
  signing_alg: 'RS256' | 'ES256',
): Promise<() => Promise<string>> {
  const audience = `urn:${randomUUID()}`
  const { clients, clientGrants, resourceServers } = connection
  await resourceServers.create({ identifier: audience, signing_alg })
  const { client_id, client_secret } = await clients.create({ name: 'machine' })
  await clientGrants.create({ client_id, audience, scope: [] })
  return async () => {
    const response = await ask('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials', client_id, client_secret, audience }),
    })
    const answer: { access_token: string } = JSON.parse(await response.text())
    return answer.access_token
  }
}

/** With the key set as it is now. */
export function verifiesByKeySet({ issuer }: TestTenant, token: string, at: Date): Promise<JWTVerifyResult> {
  const keys = createRemoteJWKSet(new URL(`${issuer.origin}/.well-known/jwks.json`))
  return jwtVerify(token, keys, { issuer: issuer.issuer, currentDate: at })
}

export async function keysOfAlgorithm({ connection }: TestTenant, alg: string): Promise<SigningKey[]> {
  return (await connection.signingKeys.list()).filter((key) => key.alg === alg)
}
